//! Permissions of services and functions, and forbidden calls.

use super::template;
use crate::{
    forbidden,
    policy::{Request, Verdict},
    roles::Roles,
    services,
};

#[test]
fn services_have_the_permissions_that_the_template_needs() {
    let template = template();
    let roles = Roles::read(&template);
    let needed = services::needed(&template, &roles);
    assert!(needed.len() > 100, "{}", needed.len());
    let missing: Vec<String> = needed
        .iter()
        .filter(|it| it.verdict(&roles) != Verdict::Allowed)
        .map(|it| format!("{} needs {:?}", it.by, it.request))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn forbidden_calls_stay_forbidden() {
    let roles = Roles::read(&template());
    let allowed: Vec<String> = forbidden::requests()
        .into_iter()
        .filter(|(role, _, request)| roles.verdict(role, request) == Verdict::Allowed)
        .map(|(role, why, request)| format!("{role} allows {request:?}: {why}"))
        .collect();
    assert!(allowed.is_empty(), "{allowed:#?}");
}

#[test]
fn every_forbidden_call_is_allowed_to_some_function() {
    // Otherwise a misspelt action or resource would always count as forbidden. Only the sweep may be changed by nobody.
    let is_sweep = |request: &Request| {
        request
            .resource
            .ends_with("schedule/default/carillon-sweep")
    };
    let roles = Roles::read(&template());
    let statements = || roles.roles.values().flat_map(|role| &role.statements);
    let nobody: Vec<String> = forbidden::requests()
        .into_iter()
        .filter(|(_, _, request)| !is_sweep(request))
        .filter(|(_, _, request)| !statements().any(|it| !it.denies && it.names(request)))
        .map(|(_, why, request)| format!("{request:?}: {why}"))
        .collect();
    assert!(nobody.is_empty(), "{nobody:#?}");
}
