//! Refuses what the role of the calling function does not allow, and records every kind of call.

use std::{collections::BTreeMap, fmt, sync::Mutex};

use crate::{
    call::{Call, Names},
    policy::{Request, Verdict},
    recording::{Kind, Recording},
    resolve::Template,
    roles::Roles,
};

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The function that made it.
    pub function: String,
    /// Its role.
    pub role: String,
    /// What it asked for.
    pub action: String,
    /// Of what.
    pub resource: String,
    /// Why, in the words of IAM.
    pub why: String,
    /// The tenants that the call names.
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

/// Stands between functions and AWS.
pub struct Authorizer {
    roles: Roles,
    references: BTreeMap<String, String>,
    names: Mutex<Names>,
    recording: Recording,
    denials: Mutex<Vec<Denial>>,
    tests: Mutex<BTreeMap<String, String>>,
}

impl Authorizer {
    /// For the template of the repository; `recording` is the name under which calls are kept.
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

    /// Tells how something is called that the resolved template has under another name: what `Ref` gives for it.
    pub fn know(&self, name: &str, id: &str) {
        let known = self.references[id].clone();
        self.names.lock().unwrap().0.insert(name.to_owned(), known);
    }

    /// Tells which test a tenant belongs to.
    pub fn know_tenant(&self, tenant: &str, test: &str) {
        let mut tests = self.tests.lock().unwrap();
        tests.insert(tenant.to_owned(), test.to_owned());
    }

    /// Whether a function may make a call.
    ///
    /// # Errors
    /// If its role does not allow all of it, or nobody has said what such a call needs.
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

    /// What was refused so far for a tenant, and for nobody in particular.
    pub fn denials(&self, tenant: &str) -> Vec<Denial> {
        let denials = self.denials.lock().unwrap();
        let is_ours = |denial: &&Denial| {
            denial.tenants.is_empty() || denial.tenants.iter().any(|it| it == tenant)
        };
        denials.iter().filter(is_ours).cloned().collect()
    }

    /// Everything that was refused so far.
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
