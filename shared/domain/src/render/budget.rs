//! How much one rendering may do. What a template may take at most is looked at when it is written, for lists as long as a receiver's may be;
//! what it takes is counted when it is rendered, because the values decide.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use handlebars::{
    BlockContext, BlockParams, Context, Handlebars, Helper, HelperDef, Output, RenderContext,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use super::template::{STEPS, steps_of};

/// The steps that a rendering has left.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(STEPS)))
    }

    /// Whether more was asked for than there was.
    pub(super) fn is_used_up(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    fn take(&self, steps: usize) -> Result<(), handlebars::RenderError> {
        let left = self.0.load(Ordering::Relaxed).saturating_sub(steps);
        self.0.store(left, Ordering::Relaxed);
        match left {
            0 => Err(RenderErrorReason::Other(format!("more than {STEPS} steps")).into()),
            _ => Ok(()),
        }
    }

    /// Lets the loops of a rendering take from this budget.
    pub(super) fn watch(&self, rendering: &mut RenderContext<'_, '_>) {
        rendering.register_local_helper("each", Box::new(Each(self.clone())));
    }
}

/// `{{#each}}` as the engine has it, which takes what a round costs from the budget before it goes round.
struct Each(Budget);

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
            self.0.take(round)?;
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
