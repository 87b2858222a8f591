//! Removes one action from one role at a time, and checks that it is detected.

use std::{collections::BTreeSet, fmt};

use carillon_template::{
    forbidden,
    policy::{Request, Verdict},
    recording::Recorded,
    roles::{Role, Roles},
    services::{Grant, Needed},
};

/// Actions that no call needs, and why they stay.
const EXPLAINED: [(&str, &str, &str); 0] = [];

/// A role without one of its actions, in what it allows or in what it denies.
#[derive(Debug, Clone)]
pub(crate) struct Mutation {
    pub(crate) role: String,
    pub(crate) action: String,
    pub(crate) denies: bool,
    /// What detects it: a test, a service, or a rule about forbidden calls.
    pub(crate) noticed_by: Option<String>,
    pub(crate) explained: Option<&'static str>,
}

impl Mutation {
    pub(crate) fn is_a_problem(&self) -> bool {
        self.noticed_by.is_none() && self.explained.is_none()
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "removing {}{} from {} is not detected",
            if self.denies { "the denial of " } else { "" },
            self.action,
            self.role
        )
    }
}

/// Every mutation with what detects it.
pub(crate) fn all(roles: &Roles, calls: &[Recorded], needed: &[Needed]) -> Vec<Mutation> {
    let mut mutations = Vec::new();
    for (id, role) in &roles.roles {
        let actions: BTreeSet<(&String, bool)> = role
            .statements
            .iter()
            .flat_map(|it| it.actions.iter().map(|action| (action, it.denies)))
            .collect();
        for (action, denies) in actions {
            if denies && !is_needed(role, action) {
                continue;
            }
            let mut without = roles.clone();
            let statements = &mut without.roles.get_mut(id).unwrap().statements;
            for statement in statements.iter_mut().filter(|it| it.denies == denies) {
                statement.actions.retain(|it| it != action);
            }
            let explained = EXPLAINED
                .iter()
                .find(|(role, it, _)| role == id && it == action);
            let noticed_by = match denies {
                false => lost_call(id, &without, calls, needed),
                true => allowed_call(id, &without),
            };
            mutations.push(Mutation {
                role: id.clone(),
                action: action.clone(),
                denies,
                noticed_by,
                explained: explained.map(|(_, _, why)| *why),
            });
        }
    }
    mutations
}

/// Whether denying an action makes a difference. Every role has the same denials, most of which it needs only if it is granted
/// more: without a statement that allows the action on the resource for any key, removing the denial changes nothing.
fn is_needed(role: &Role, action: &str) -> bool {
    let denied = role
        .statements
        .iter()
        .filter(|it| it.denies && it.actions.iter().any(|it| it == action))
        .flat_map(|it| &it.resources);
    let is_allowed = |resource: &String| {
        let request = Request::new(action, resource);
        role.statements.iter().any(|it| {
            !it.denies
                && it.names(&request)
                && it.condition_keys().all(|key| key != "dynamodb:LeadingKeys")
        })
    };
    denied.into_iter().any(is_allowed)
}

/// What no longer works without the permission.
fn lost_call(id: &str, without: &Roles, calls: &[Recorded], needed: &[Needed]) -> Option<String> {
    let is_lost = |call: &&Recorded| {
        without.of_function(&call.kind.function) == id
            && without.verdict(id, &call.kind.request()) != Verdict::Allowed
    };
    let lost: Vec<&Recorded> = calls.iter().filter(is_lost).collect();
    if let Some(named) = lost.iter().find_map(|call| call.test.clone()) {
        return Some(named);
    }
    if !lost.is_empty() {
        return Some("the test suite".to_owned());
    }
    let is_of = |it: &&Needed| it.grant == Grant::Role(id.to_owned());
    needed
        .iter()
        .filter(is_of)
        .find(|it| it.verdict(without) != Verdict::Allowed)
        .map(|it| it.by.clone())
}

/// The rule that is broken without the denial.
fn allowed_call(id: &str, without: &Roles) -> Option<String> {
    forbidden::requests()
        .into_iter()
        .find(|(role, _, request)| {
            *role == id && without.verdict(role, request) == Verdict::Allowed
        })
        .map(|(_, why, _)| format!("the rule: {why}"))
}

pub(crate) fn summary(mutations: &[Mutation]) -> String {
    let noticed = mutations
        .iter()
        .filter(|it| it.noticed_by.is_some())
        .count();
    let explained = mutations
        .iter()
        .filter(|it| it.noticed_by.is_none() && it.explained.is_some())
        .count();
    let all = mutations.len();
    format!(
        "{all} mutations: {noticed} detected, {explained} explained, {} not detected",
        all - noticed - explained
    )
}
