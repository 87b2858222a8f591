//! How much one rendering may do. What a template may take at most is looked at when it is written, for lists as long as a receiver's may be;
//! what it takes is counted when it is rendered, because the values decide.

use std::cell::Cell;

use handlebars::{
    BlockContext, BlockParams, Context, Handlebars, Helper, HelperDef, Output, RenderContext,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use super::template::{STEPS, steps_of};

/// What a helper reads and writes counts a step for so many bytes.
const BYTES: usize = 128;

thread_local! {
    /// The steps that the rendering under way on this thread has left. A rendering never waits, so there is one at a time.
    static LEFT: Cell<usize> = const { Cell::new(STEPS) };
    /// Whether it has written an object, which has no form that anybody would want to read.
    static HAS_OBJECT: Cell<bool> = const { Cell::new(false) };
}

/// What the engine writes for an object.
const OBJECT: &str = "[object]";

/// Begins a rendering.
pub(super) fn begin() {
    LEFT.set(STEPS);
    HAS_OBJECT.set(false);
}

/// Looks at what is written for a placeholder.
pub(super) fn look_at(text: &str) {
    if text.starts_with('[') && text.contains(OBJECT) {
        HAS_OBJECT.set(true);
    }
}

/// Whether the rendering has written an object, or a list with one.
pub(super) fn has_object() -> bool {
    HAS_OBJECT.get()
}

/// Whether more was asked for than there was.
pub(super) fn is_used_up() -> bool {
    LEFT.get() == 0
}

/// Takes steps for what the rendering does.
pub(super) fn take(steps: usize) -> Result<(), handlebars::RenderError> {
    let left = LEFT.get().saturating_sub(steps);
    LEFT.set(left);
    match left {
        0 => Err(RenderErrorReason::Other(format!("more than {STEPS} steps")).into()),
        _ => Ok(()),
    }
}

/// Takes steps for a value that a helper reads, copies or writes.
pub(super) fn take_for(value: &Value) -> Result<(), handlebars::RenderError> {
    take(size_of(value) / BYTES)
}

/// About how many bytes a value is.
fn size_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len(),
        // Each entry is an allocation by itself.
        Value::Array(list) => list.iter().map(|entry| 64 + size_of(entry)).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(name, entry)| 64 + name.len() + size_of(entry))
            .sum(),
    }
}

/// Lets the loops of a rendering take from its budget.
pub(super) fn watch(rendering: &mut RenderContext<'_, '_>) {
    rendering.register_local_helper("each", Box::new(Each));
}

/// `{{#each}}` as the engine has it, which takes what a round costs from the budget before it goes round.
struct Each;

impl HelperDef for Each {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        rendering: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> Result<(), handlebars::RenderError> {
        let value = helper
            .param(0)
            .ok_or(RenderErrorReason::ParamNotFoundForIndex("each", 0))?;
        let Some(template) = helper.template() else {
            return Ok(());
        };
        let entries: Vec<(Option<&String>, &Value)> = match value.value() {
            Value::Array(list) => list.iter().map(|entry| (None, entry)).collect(),
            Value::Object(object) => object
                .iter()
                .map(|(name, entry)| (Some(name), entry))
                .collect(),
            _ if helper.inverse().is_some() => Vec::new(),
            _ => {
                let path = value.relative_path().cloned();
                return Err(RenderErrorReason::MissingVariable(path).into());
            }
        };
        if entries.is_empty() {
            return match helper.inverse() {
                Some(inverse) => inverse.render(registry, context, rendering, out),
                None => Ok(()),
            };
        }
        // Loops inside take for themselves.
        let round = 1 + steps_of(template, 0);
        rendering.push_block(BlockContext::new());
        let path = value.context_path();
        for (index, (name, entry)) in entries.iter().enumerate() {
            take(round)?;
            if let Some(block) = rendering.block_mut() {
                block.set_local_var("first", Value::Bool(index == 0));
                block.set_local_var("last", Value::Bool(index + 1 == entries.len()));
                block.set_local_var("index", index.into());
                let key = match name {
                    Some(name) => {
                        block.set_local_var("key", Value::String((*name).clone()));
                        Value::String((*name).clone())
                    }
                    None => index.into(),
                };
                let mut named = BlockParams::new();
                let mut name_entry = |name| match path {
                    Some(_) => named.add_path(name, Vec::new()),
                    None => named.add_value(name, (*entry).clone()),
                };
                if let Some(name) = helper.block_param() {
                    name_entry(name)?;
                } else if let Some((name, key_name)) = helper.block_param_pair() {
                    name_entry(name)?;
                    named.add_value(key_name, key)?;
                }
                block.set_block_params(named);
                match path {
                    Some(path) => {
                        let own = name.map_or_else(|| index.to_string(), |name| (*name).clone());
                        let base = block.base_path_mut();
                        base.clone_from(path);
                        base.push(own);
                    }
                    None => block.set_base_value((*entry).clone()),
                }
            }
            template.render(registry, context, rendering, out)?;
        }
        rendering.pop_block();
        Ok(())
    }
}
