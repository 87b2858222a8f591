//! Statements, the calls that use them, and unused permissions.

use std::collections::BTreeMap;

use carillon_local::stack::workspace;
use carillon_template::{
    policy::{Request, Statement},
    recording::Recorded,
    roles::Roles,
    services::{Grant, Needed},
};

use crate::mutate::{self, Mutation};

/// A statement, with the number of kinds of calls that use each of its actions and resources.
struct Use {
    role: String,
    sid: String,
    denies: bool,
    actions: BTreeMap<String, usize>,
    resources: BTreeMap<String, usize>,
}

/// What the statements are for.
pub(crate) struct Report {
    uses: Vec<Use>,
    calls: usize,
}

impl Report {
    pub(crate) fn new(roles: &Roles, calls: &[Recorded], needed: &[Needed]) -> Self {
        let mut uses = Vec::new();
        for (id, role) in &roles.roles {
            let ours = calls
                .iter()
                .filter(|call| roles.of_function(&call.kind.function) == id);
            let theirs = needed
                .iter()
                .filter(|it| it.grant == Grant::Role(id.clone()));
            let requests: Vec<Request> = ours
                .map(|call| call.kind.request())
                .chain(theirs.map(|it| it.request.clone()))
                .collect();
            uses.extend(
                role.statements
                    .iter()
                    .map(|statement| Use::of(id, statement, &requests)),
            );
        }
        Self {
            uses,
            calls: calls.len(),
        }
    }

    pub(crate) fn statements(&self) -> String {
        let mut text = String::new();
        for it in &self.uses {
            text.push_str(&format!(
                "{} {}{}\n",
                it.role,
                it.sid,
                if it.denies { " (denies)" } else { "" }
            ));
            for (action, count) in &it.actions {
                text.push_str(&format!("    {count:>4} {action}\n"));
            }
            for (resource, count) in &it.resources {
                text.push_str(&format!("    {count:>4} on {resource}\n"));
            }
        }
        text
    }

    pub(crate) fn summary(&self) -> String {
        format!(
            "{} statements in the roles, {} kinds of calls; {} actions are used by nothing",
            self.uses.len(),
            self.calls,
            self.unexplained().len()
        )
    }

    /// Unused permissions: actions that no call needs on any resource of their statement. Unused resources are in the list of
    /// statements.
    pub(crate) fn unexplained(&self) -> Vec<String> {
        let allowing = self.uses.iter().filter(|it| !it.denies);
        allowing
            .flat_map(|it| {
                let unused = it.actions.iter().filter(|(_, count)| **count == 0);
                unused.map(|(name, _)| format!("{} {}: nothing uses {name}", it.role, it.sid))
            })
            .collect()
    }

    /// Writes `docs/policies.md`.
    pub(crate) fn write(&self, mutations: &[Mutation]) {
        let mut text = String::from(
            "# Permissions\n\nWritten by `cargo policies --mutate --report`. Every call that the tests make is checked against the role of its function\n(`tests/template`): what the role does not allow is refused as AWS refuses it, and the test fails. Each row is a role\nwithout one of its actions, and what noticed.\n\n",
        );
        text.push_str(&mutate::summary(mutations));
        text.push_str(&format!(
            ", against {} kinds of calls.\n\n| role | without | noticed by |\n|---|---|---|\n",
            self.calls
        ));
        for it in mutations {
            let noticed = match (&it.noticed_by, it.explained) {
                (Some(by), _) => by.clone(),
                (None, Some(why)) => format!("nothing: {why}"),
                (None, None) => "**nothing**".to_owned(),
            };
            text.push_str(&format!("| {} | `{}` | {noticed} |\n", it.role, it.action));
        }
        std::fs::write(workspace::root().join("docs/policies.md"), text).unwrap();
    }
}

impl Use {
    fn of(role: &str, statement: &Statement, requests: &[Request]) -> Self {
        let only = |actions: Vec<String>, resources: Vec<String>| {
            let mut one = statement.clone();
            one.actions = actions;
            one.resources = resources;
            requests.iter().filter(|request| one.fits(request)).count()
        };
        let actions = statement.actions.iter().map(|action| {
            let count = only(vec![action.clone()], statement.resources.clone());
            (action.clone(), count)
        });
        let resources = statement.resources.iter().map(|resource| {
            let count = only(statement.actions.clone(), vec![resource.clone()]);
            (resource.clone(), count)
        });
        Self {
            role: role.to_owned(),
            sid: statement.sid.clone(),
            denies: statement.denies,
            actions: actions.collect(),
            resources: resources.collect(),
        }
    }
}
