//! What the demo sends.

use serde_json::{Value, json};

/// A campaign that is sent now.
pub(crate) fn outage_notice() -> Value {
    json!({
        "name": "Maintenance tonight",
        "channels": ["email", "sms"],
        "default_region": "GB",
        "content": {
            "email": {
                "subject": "{{default member.first_name \"Hello\"}}, maintenance tonight in {{location.name}}",
                "html": "<h1>Maintenance tonight</h1><p>Dear {{default member.first_name \"customer\"}} {{default member.last_name \"\"}},</p><p>tonight from 01:00 to 03:00 your line in <b>{{location.name}}</b> will be interrupted. Account: {{account.account_name}} ({{account.number}}).</p><p>Your balance is £{{account.balance}}.</p>",
            },
            "sms": { "text": "Maintenance tonight 01:00-03:00 in {{location.name}}, account {{account.number}}. Carillon" },
            "languages": {
                "el": {
                    "email": {
                        "subject": "{{default member.first_name \"Γεια σας\"}}, εργασίες απόψε: {{location.name}}",
                        "html": "<h1>Εργασίες συντήρησης</h1><p>Αγαπητέ/ή {{default member.first_name \"πελάτη\"}},</p><p>απόψε από τη 01:00 έως τις 03:00 η γραμμή σας στην περιοχή <b>{{location.name}}</b> θα διακοπεί. Λογαριασμός: {{account.account_name}} ({{account.number}}).</p>",
                    },
                    "sms": { "text": "Εργασίες απόψε 01:00-03:00, {{location.name}}, λογ. {{account.number}}. Carillon" },
                },
            },
        },
    })
}

/// A campaign that is sent at a set time.
pub(crate) fn reminder() -> Value {
    json!({
        "name": "Payment reminder",
        "channels": ["email", "sms"],
        "default_region": "GB",
        "content": {
            "email": {
                "subject": "Your balance: £{{account.balance}}",
                "html": "<p>Dear {{default member.first_name \"customer\"}},</p><p>the balance of {{account.account_name}} is <b>£{{account.balance}}</b>. Please pay within two weeks.</p>",
            },
            "sms": { "text": "Carillon: the balance of account {{account.number}} is £{{account.balance}}. Please pay within two weeks." },
            "languages": {
                "el": {
                    "email": {
                        "subject": "Το υπόλοιπό σας: £{{account.balance}}",
                        "html": "<p>Αγαπητέ/ή {{default member.first_name \"πελάτη\"}},</p><p>το υπόλοιπο του λογαριασμού {{account.account_name}} είναι <b>£{{account.balance}}</b>.</p>",
                    },
                    "sms": { "text": "Carillon: το υπόλοιπο του λογαριασμού {{account.number}} είναι £{{account.balance}}." },
                },
            },
        },
    })
}
