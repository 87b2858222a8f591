//! The outputs of the deployed template.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The outputs of the template once deployed, under the same names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "infra/template.yaml describes each output")]
pub struct Outputs {
    pub api_id: String,
    pub catalog_table: String,
    pub directory_table: String,
    pub ledger_table: String,
    pub imports_bucket: String,
    pub fanout_queue_url: String,
    pub fanout_urgent_queue_url: String,
    pub jobs_interactive_queue_url: String,
    pub jobs_bulk_queue_url: String,
    pub email_queue_url: String,
    pub email_urgent_queue_url: String,
    pub email_bulk_queue_url: String,
    pub sms_queue_url: String,
    pub sms_urgent_queue_url: String,
    pub sms_bulk_queue_url: String,
    #[serde(rename = "WhatsAppQueueUrl")]
    pub whatsapp_queue_url: String,
    #[serde(rename = "WhatsAppUrgentQueueUrl")]
    pub whatsapp_urgent_queue_url: String,
    #[serde(rename = "WhatsAppBulkQueueUrl")]
    pub whatsapp_bulk_queue_url: String,
    pub push_queue_url: String,
    pub push_urgent_queue_url: String,
    pub push_bulk_queue_url: String,
    pub fanout_dead_queue_url: String,
    pub jobs_dead_queue_url: String,
    pub email_dead_queue_url: String,
    pub sms_dead_queue_url: String,
    #[serde(rename = "WhatsAppDeadQueueUrl")]
    pub whatsapp_dead_queue_url: String,
    pub push_dead_queue_url: String,
    pub receipts_queue_url: String,
    pub receipts_dead_queue_url: String,
    pub email_configuration_set: String,
    pub secrets_prefix: String,
    pub link_key: String,
    pub schedule_group: String,
    pub schedule_role_arn: String,
    pub release_function_arn: String,
}

impl Outputs {
    /// Builds the outputs from names and values.
    pub(crate) fn read(values: BTreeMap<String, String>) -> Result<Self, Error> {
        let object = values
            .into_iter()
            .map(|(name, value)| (name, serde_json::Value::String(value)))
            .collect();
        serde_json::from_value(serde_json::Value::Object(object))
            .map_err(|source| Error::Outputs { source })
    }
}
