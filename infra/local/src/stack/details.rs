//! The addresses and settings of a running stack.

use serde::{Deserialize, Serialize};

use crate::{
    aws,
    stack::{
        console,
        deploy::{CONCURRENCY, Deployment},
        outputs::Outputs,
        services::{self, SmtpPorts},
        tenant::DemoTenant,
    },
};

/// The addresses and outputs of a running stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Details {
    pub(crate) port: u16,
    pub(crate) simulator_url: String,
    pub(crate) smtp: SmtpPorts,
    pub(crate) deployment: Deployment,
}

impl Details {
    /// The address of the local AWS.
    #[must_use]
    pub fn endpoint(&self) -> String {
        services::endpoint(self.port)
    }

    /// The address of the provider simulator: its page, its JSON API and the simulated providers.
    #[must_use]
    pub fn simulator_url(&self) -> &str {
        &self.simulator_url
    }

    /// The outputs of the template.
    #[must_use]
    pub fn outputs(&self) -> &Outputs {
        &self.deployment.outputs
    }

    /// The address of the HTTP API. It uses a path, because not every client resolves names under `localhost`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!(
            "{}/_aws/execute-api/{}/$default",
            self.endpoint(),
            self.outputs().api_id
        )
    }

    /// The address of the console, signed in with an API key. The key is in the fragment, which a browser sends nowhere.
    #[must_use]
    pub fn console_url(&self, api_key: &str) -> String {
        format!("{}/#key={api_key}", self.api_url())
    }

    /// The configuration for SDK clients that call the local AWS.
    #[must_use]
    pub fn sdk_config(&self) -> aws_config::SdkConfig {
        aws::sdk_config(&self.endpoint())
    }

    /// The environment that a function or an API client needs to work with this stack.
    #[must_use]
    pub fn environment(&self, tenant: Option<&DemoTenant>) -> Vec<(&'static str, String)> {
        let outputs = self.outputs();
        let mut variables = vec![
            ("CARILLON_API_URL", self.api_url()),
            ("CARILLON_SIMULATOR_URL", self.simulator_url.clone()),
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ENDPOINT_URL_SESV2", self.simulator_url.clone()),
            ("AWS_ENDPOINT_URL_SNS", self.simulator_url.clone()),
            (
                "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2",
                self.simulator_url.clone(),
            ),
            ("PROVIDER_SIMULATOR_URL", self.simulator_url.clone()),
            ("SECRETS_PREFIX", outputs.secrets_prefix.clone()),
            ("PUBLIC_URL", self.api_url()),
            ("LINKS_URL", self.api_url()),
            ("LINK_KEY", outputs.link_key.clone()),
            ("AWS_ACCESS_KEY_ID", aws::ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", aws::ACCESS_KEY.to_owned()),
            ("AWS_REGION", aws::REGION.to_owned()),
            ("AWS_DEFAULT_REGION", aws::REGION.to_owned()),
            ("CATALOG_TABLE", outputs.catalog_table.clone()),
            ("DIRECTORY_TABLE", outputs.directory_table.clone()),
            ("LEDGER_TABLE", outputs.ledger_table.clone()),
            ("EMAIL_CONCURRENCY", CONCURRENCY.to_owned()),
            ("SMS_CONCURRENCY", CONCURRENCY.to_owned()),
            ("WHATSAPP_CONCURRENCY", CONCURRENCY.to_owned()),
            ("PUSH_CONCURRENCY", CONCURRENCY.to_owned()),
            ("FANOUT_QUEUE_URL", outputs.fanout_queue_url.clone()),
            (
                "FANOUT_URGENT_QUEUE_URL",
                outputs.fanout_urgent_queue_url.clone(),
            ),
            (
                "JOBS_INTERACTIVE_QUEUE_URL",
                outputs.jobs_interactive_queue_url.clone(),
            ),
            ("JOBS_BULK_QUEUE_URL", outputs.jobs_bulk_queue_url.clone()),
            ("EMAIL_QUEUE_URL", outputs.email_queue_url.clone()),
            (
                "EMAIL_URGENT_QUEUE_URL",
                outputs.email_urgent_queue_url.clone(),
            ),
            ("EMAIL_BULK_QUEUE_URL", outputs.email_bulk_queue_url.clone()),
            ("SMS_QUEUE_URL", outputs.sms_queue_url.clone()),
            ("SMS_URGENT_QUEUE_URL", outputs.sms_urgent_queue_url.clone()),
            ("SMS_BULK_QUEUE_URL", outputs.sms_bulk_queue_url.clone()),
            ("WHATSAPP_QUEUE_URL", outputs.whatsapp_queue_url.clone()),
            (
                "WHATSAPP_URGENT_QUEUE_URL",
                outputs.whatsapp_urgent_queue_url.clone(),
            ),
            (
                "WHATSAPP_BULK_QUEUE_URL",
                outputs.whatsapp_bulk_queue_url.clone(),
            ),
            ("PUSH_QUEUE_URL", outputs.push_queue_url.clone()),
            (
                "PUSH_URGENT_QUEUE_URL",
                outputs.push_urgent_queue_url.clone(),
            ),
            ("PUSH_BULK_QUEUE_URL", outputs.push_bulk_queue_url.clone()),
            ("RECEIPTS_QUEUE_URL", outputs.receipts_queue_url.clone()),
            (
                "FANOUT_DEAD_QUEUE_URL",
                outputs.fanout_dead_queue_url.clone(),
            ),
            ("JOBS_DEAD_QUEUE_URL", outputs.jobs_dead_queue_url.clone()),
            ("EMAIL_DEAD_QUEUE_URL", outputs.email_dead_queue_url.clone()),
            ("SMS_DEAD_QUEUE_URL", outputs.sms_dead_queue_url.clone()),
            (
                "WHATSAPP_DEAD_QUEUE_URL",
                outputs.whatsapp_dead_queue_url.clone(),
            ),
            ("PUSH_DEAD_QUEUE_URL", outputs.push_dead_queue_url.clone()),
            (
                "RECEIPTS_DEAD_QUEUE_URL",
                outputs.receipts_dead_queue_url.clone(),
            ),
            ("IMPORTS_BUCKET", outputs.imports_bucket.clone()),
            ("SCHEDULE_GROUP", outputs.schedule_group.clone()),
            ("SCHEDULE_ROLE_ARN", outputs.schedule_role_arn.clone()),
            ("RELEASE_FUNCTION_ARN", outputs.release_function_arn.clone()),
            ("S3_PATH_STYLE", "true".to_owned()),
            ("UPLOADS_URL", self.endpoint()),
            (
                "LAMBDA_TASK_ROOT",
                console::package().to_string_lossy().into_owned(),
            ),
        ];
        variables.extend(self.smtp.environment());
        if let Some(tenant) = tenant {
            variables.push(("CARILLON_API_KEY", tenant.api_key.clone()));
        }
        variables
    }
}
