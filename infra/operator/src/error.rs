//! Why a command could not do its work, and what to do about it.

use std::{path::PathBuf, time::Duration};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::{error::SdkError, operation::describe_stacks::DescribeStacksError};
use aws_sdk_secretsmanager::operation::{
    create_secret::CreateSecretError, put_secret_value::PutSecretValueError,
};
use carillon_domain::id::{KeyId, TenantId};

use crate::doctor::{self, CredentialsRefused};

/// How long the places where credentials may be are searched.
pub(crate) const SEARCH: Duration = Duration::from_secs(30);

/// An error of a command. What it prints does not repeat its source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing says which region.
    #[error("no region is set; name one with --region, or in AWS_REGION")]
    NoRegion,
    /// There are no credentials.
    #[error(
        "no AWS credentials were found in the environment or in a profile with keys; for any other kind of profile run: \
         eval \"$(aws configure export-credentials --format env)\""
    )]
    NoCredentials(#[source] CredentialsError),
    /// A place where credentials may be does not answer.
    #[error("no AWS credentials were found within {} seconds", SEARCH.as_secs())]
    SearchTooLong,
    /// AWS does not take the credentials.
    #[error(
        "AWS does not take these credentials; renew them, for example with: \
         eval \"$(aws configure export-credentials --format env)\""
    )]
    Credentials(#[source] CredentialsRefused),
    /// The doctor could not begin.
    #[error("the doctor could not begin")]
    Doctor(#[source] doctor::Error),
    /// There is no record of a local stack.
    #[error(
        "no local stack is running in this checkout; start it with: cargo local up (or name the checkout in CARILLON_WORKSPACE)"
    )]
    NoLocalStack,
    /// The record of the local stack cannot be used.
    #[error("cannot read {}; write it again with: cargo local up", path.display())]
    LocalStack {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Nothing answers where the stack should be.
    #[error("{place} does not answer; {remedy}")]
    NoAnswer {
        /// Where it was looked for.
        place: String,
        /// What to do about it.
        remedy: &'static str,
        /// Why it failed.
        #[source]
        source: Box<SdkError<DescribeStacksError>>,
    },
    /// No such stack is deployed.
    #[error(
        "there is no stack {stack} in {place}; name the stack with --stack and its region with --region, or say --local"
    )]
    NoStack {
        /// Its name.
        stack: String,
        /// Where it was looked for.
        place: String,
    },
    /// CloudFormation did not say what the stack is.
    #[error(
        "the stack {stack} could not be read; the credentials need cloudformation:DescribeStacks"
    )]
    Stack {
        /// Its name.
        stack: String,
        /// Why it failed.
        #[source]
        source: Box<SdkError<DescribeStacksError>>,
    },
    /// The stack is another version's, or something else.
    #[error(
        "the stack {stack} has no output {output}; is it one of Carillon, and of this version?"
    )]
    NoOutput {
        /// Its name.
        stack: String,
        /// What was looked for.
        output: &'static str,
    },
    /// DynamoDB did not do it.
    #[error(
        "the tables of the stack did not do it; docs/operator.md lists the permissions that a command needs"
    )]
    Catalog(#[source] carillon_store::Error),
    /// The command is about a tenant, and none was named.
    #[error("name the tenant with --tenant; these exist: carillon tenant list")]
    TenantNotNamed,
    /// Nobody has this id.
    #[error("there is no tenant {0}; these exist: carillon tenant list")]
    NoTenant(TenantId),
    /// It is no key, or another tenant's.
    #[error("the tenant has no key {key}; it has these: carillon keys --tenant {tenant}")]
    NoKey {
        /// The tenant.
        tenant: TenantId,
        /// What was asked for.
        key: KeyId,
    },
    /// The token of BulkSMS was not kept, for the first time.
    #[error(
        "the secret {name} could not be made; the credentials need secretsmanager:CreateSecret"
    )]
    NewSecret {
        /// What it is called.
        name: String,
        /// Why it failed.
        #[source]
        source: Box<SdkError<CreateSecretError>>,
    },
    /// The token of BulkSMS was not replaced.
    #[error(
        "the secret {name} could not be replaced; the credentials need secretsmanager:PutSecretValue"
    )]
    Secret {
        /// What it is called.
        name: String,
        /// Why it failed.
        #[source]
        source: Box<SdkError<PutSecretValueError>>,
    },
    /// Nothing says for whom the API is asked.
    #[error(
        "name the tenant with --tenant (a key is made for this one command and revoked), or put an API key of it into \
         CARILLON_API_KEY"
    )]
    NoApiKey,
    /// The API cannot be asked.
    #[error(
        "the API at {url} does not answer; is that its address? Another one goes into --api-url"
    )]
    Http {
        /// Its address.
        url: String,
        /// Why it failed.
        #[source]
        source: reqwest::Error,
    },
    /// The key lets nobody in.
    #[error(
        "the API does not take the key: it is of another deployment, or was revoked. Name the tenant with --tenant instead, or \
         make another key with: carillon keys create --tenant TENANT"
    )]
    KeyRefused,
    /// The API has nothing there.
    #[error("{what}; name its tenant with --tenant, or use a key of it")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The API refused.
    #[error("the API answered {status}: {said}")]
    Refused {
        /// The status.
        status: u16,
        /// Its words.
        said: String,
    },
    /// The answer is no JSON.
    #[error("the API answered something else than its description says; is {url} its address?")]
    Unreadable {
        /// Its address.
        url: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}
