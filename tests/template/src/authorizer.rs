//! Denies calls that the calling function's role does not allow, and records every kind of call.

use std::{collections::BTreeMap, fmt, sync::Mutex};

use crate::{
    call::{Call, Names},
    policy::{Request, Verdict},
    recording::{Kind, Recording},
    resolve::Template,
    roles::Roles,
};

/// A denied call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The function that made it.
    pub function: String,
    /// Its role.
    pub role: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The reason, as IAM would word it.
    pub why: String,
    /// The tenants in the call.
    pub tenants: Vec<String>,
}

impl fmt::Display for Denial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the function {} is not authorized to perform {} on {}: {} ({})",
            self.function, self.action, self.resource, self.why, self.role
        )
    }
}

/// Authorises the calls of functions to AWS.
pub struct Authorizer {
    roles: Roles,
    references: BTreeMap<String, String>,
    names: Mutex<Names>,
    recording: Recording,
    denials: Mutex<Vec<Denial>>,
    tests: Mutex<BTreeMap<String, String>>,
}

impl Authorizer {
    /// For the repository's template; `recording` is the name under which calls are recorded.
    pub fn new(recording: &str) -> Self {
        let template = Template::read(&[]);
        Self {
            roles: Roles::read(&template),
            references: template.references(),
            names: Mutex::default(),
            recording: Recording::begin(recording),
            denials: Mutex::default(),
            tests: Mutex::default(),
        }
    }

    /// Sets the deployed name (`Ref`) of a resource that has another name in the resolved template.
    pub fn know(&self, name: &str, id: &str) {
        let known = self.references[id].clone();
        self.names.lock().unwrap().0.insert(name.to_owned(), known);
    }

    /// Sets the test of a tenant.
    pub fn know_tenant(&self, tenant: &str, test: &str) {
        let mut tests = self.tests.lock().unwrap();
        tests.insert(tenant.to_owned(), test.to_owned());
    }

    /// Whether a function may make a call.
    ///
    /// # Errors
    /// If its role does not allow all of it, or the needs of such a call are unknown.
    pub fn check(&self, function: &str, call: &Call<'_>) -> Result<(), Box<Denial>> {
        let role = self.roles.of_function(function).to_owned();
        let requests = self.names.lock().unwrap().requests(call);
        let denial = |request: &Request, why: String| Denial {
            function: function.to_owned(),
            role: role.clone(),
            action: request.action.clone(),
            resource: request.resource.clone(),
            why,
            tenants: self.tenants(call.body),
        };
        let refused = match requests {
            Err(unknown) => {
                let request = Request::new(call.target.unwrap_or(call.path), call.service);
                Some(denial(&request, unknown.to_string()))
            }
            Ok(requests) => {
                for request in &requests {
                    let kind = Kind::of(function, request, |key| self.is_asked_for(&role, key));
                    self.recording.keep(kind, || {
                        let tests = self.tests.lock().unwrap();
                        let tenants = self.tenants_of(call.body, &tests);
                        tenants.first().map(|tenant| tests[tenant].clone())
                    });
                }
                requests
                    .iter()
                    .find_map(|request| match self.roles.verdict(&role, request) {
                        Verdict::Allowed => None,
                        Verdict::NotAllowed => {
                            let why = format!(
                                "no identity-based policy allows it; {:?}",
                                request.context
                            );
                            Some(denial(request, why))
                        }
                        Verdict::Denied => Some(denial(request, "an explicit deny".to_owned())),
                    })
            }
        };
        match refused {
            None => Ok(()),
            Some(denial) => {
                self.denials.lock().unwrap().push(denial.clone());
                Err(Box::new(denial))
            }
        }
    }

    /// The denials so far for a tenant, and those without a tenant.
    pub fn denials(&self, tenant: &str) -> Vec<Denial> {
        let denials = self.denials.lock().unwrap();
        let is_ours = |denial: &&Denial| {
            denial.tenants.is_empty() || denial.tenants.iter().any(|it| it == tenant)
        };
        denials.iter().filter(is_ours).cloned().collect()
    }

    /// All denials so far.
    pub fn all_denials(&self) -> Vec<Denial> {
        self.denials.lock().unwrap().clone()
    }

    fn is_asked_for(&self, role: &str, key: &str) -> bool {
        let statements = &self.roles.roles[role].statements;
        statements
            .iter()
            .any(|it| it.condition_keys().any(|it| it == key))
    }

    fn tenants(&self, body: &[u8]) -> Vec<String> {
        self.tenants_of(body, &self.tests.lock().unwrap())
    }

    fn tenants_of(&self, body: &[u8], tests: &BTreeMap<String, String>) -> Vec<String> {
        let text = String::from_utf8_lossy(body);
        tests
            .keys()
            .filter(|tenant| text.contains(tenant.as_str()))
            .cloned()
            .collect()
    }
}
