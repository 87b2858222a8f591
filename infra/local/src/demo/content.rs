//! The content that the demo sends.

use serde_json::{Value, json};

/// The tenant's sender details and prices.
pub(super) fn tenant() -> Value {
    json!({
        "default_language": "en",
        "default_region": "GB",
        "default_time_zone": "Europe/London",
        "sender": {
            "name": "Mill Lane Fibre",
            "address": "1 Mill Lane\nCambridge CB2 1RX",
            "privacy_url": "https://carillon.example/privacy",
        },
        "prices": {
            "currency": "GBP",
            "tariffs": [
                { "channel": "email", "least": "0.0001" },
                { "channel": "sms", "least": "0.03", "most": "0.09" },
                { "channel": "sms", "prefix": "44", "least": "0.028", "most": "0.035" },
            ],
        },
    })
}

/// The wrapper around emails.
pub(super) fn wrapper() -> Value {
    json!({
        "name": "Mill Lane Fibre",
        "default": true,
        "header": "<p><strong>Mill Lane Fibre</strong></p>",
        "footer": "<p>Questions? Ring <a href=\"tel:+442079460000\">020 7946 0000</a>.</p>",
        "colors": { "accent": "#0f5f57" },
    })
}

/// A template of the library, in English and German.
pub(super) const LIBRARY: &str = "maintenance-window";

/// Values for the library's template, the same for every receiver.
pub(super) fn values() -> Value {
    json!({
        "maintenance.service": "Fibre 500",
        "maintenance.start": "2026-12-01T01:00:00Z",
        "maintenance.end": "2026-12-01T03:00:00Z",
        "maintenance.reference": "CHG-0318",
        "maintenance.info_url": "https://carillon.example/0318",
    })
}

/// A scheduled campaign.
pub(crate) fn reminder() -> Value {
    json!({
        "name": "Payment reminder",
        "channels": ["email", "sms"],
        "default_region": "GB",
        "content": {
            "language": "en-GB",
            "email": {
                "subject": "Your balance: {{currency account.balance \"GBP\"}}",
                "html": "<p>Dear {{default member.first_name \"customer\"}},</p><p>the balance of {{account.account_name}} is <b>{{currency account.balance \"GBP\"}}</b>. Please pay within two weeks.</p>",
            },
            "sms": { "text": "Carillon: the balance of account {{account.number}} is {{currency account.balance \"GBP\"}}. Please pay within two weeks." },
            "languages": {
                "el": {
                    "email": {
                        "subject": "Το υπόλοιπό σας: {{currency account.balance \"GBP\"}}",
                        "html": "<p>Αγαπητέ/ή {{default member.first_name \"πελάτη\"}},</p><p>το υπόλοιπο του λογαριασμού {{account.account_name}} είναι <b>{{currency account.balance \"GBP\"}}</b>.</p>",
                    },
                    "sms": { "text": "Carillon: το υπόλοιπο του λογαριασμού {{account.number}} είναι {{currency account.balance \"GBP\"}}." },
                },
            },
        },
    })
}
