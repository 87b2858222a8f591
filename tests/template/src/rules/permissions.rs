//! What services and functions may do, and what they may not.

use super::template;
use crate::{forbidden, policy::Verdict, roles::Roles, services};

#[test]
fn services_may_do_what_the_template_asks_of_them() {
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
fn what_is_forbidden_stays_so() {
    let roles = Roles::read(&template());
    let allowed: Vec<String> = forbidden::requests()
        .into_iter()
        .filter(|(role, _, request)| roles.verdict(role, request) == Verdict::Allowed)
        .map(|(role, why, request)| format!("{role} allows {request:?}: {why}"))
        .collect();
    assert!(allowed.is_empty(), "{allowed:#?}");
}
