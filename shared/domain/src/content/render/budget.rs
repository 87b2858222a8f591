//! Bounds the work of one rendering. A template's maximum is checked when it is saved, for lists of the maximum length; the actual work is
//! counted while rendering, because it depends on the values.

use std::cell::Cell;

use handlebars::{
    BlockContext, BlockParams, Context, Handlebars, Helper, HelperDef, Output, RenderContext,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use super::template::{STEPS, steps_of};

/// A helper's input and output count one step per this many bytes.
const BYTES: usize = 128;

thread_local! {
    /// The steps left for the current rendering on this thread. A rendering never awaits, so there is one at a time.
    static LEFT: Cell<usize> = const { Cell::new(STEPS) };
    /// Whether it has written an object, which has no readable form.
    static HAS_OBJECT: Cell<bool> = const { Cell::new(false) };
}

/// The engine's output for an object.
const OBJECT: &str = "[object]";

/// Starts a rendering.
pub(super) fn begin() {
    LEFT.set(STEPS);
    HAS_OBJECT.set(false);
}

/// Checks the output of a placeholder.
pub(super) fn look_at(text: &str) {
    if text.starts_with('[') && text.contains(OBJECT) {
        HAS_OBJECT.set(true);
    }
}

/// Whether the rendering has written an object, or a list containing one.
pub(super) fn has_object() -> bool {
    HAS_OBJECT.get()
}

/// Whether the budget was exceeded.
pub(super) fn is_used_up() -> bool {
    LEFT.get() == 0
}

/// Takes steps from the budget.
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

/// The approximate size of a value in bytes.
fn size_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len(),
        // Each entry is a separate allocation.
        Value::Array(list) => list.iter().map(|entry| 64 + size_of(entry)).sum(),
        Value::Object(object) => object
            .iter()
            .map(|(name, entry)| 64 + name.len() + size_of(entry))
            .sum(),
    }
}

/// Makes the loops of a rendering use its budget.
pub(super) fn watch(rendering: &mut RenderContext<'_, '_>) {
    rendering.register_local_helper("each", Box::new(Each));
}

/// The engine's `{{#each}}`, which takes the cost of each iteration from the budget first.
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
        // Inner loops take their own steps.
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
