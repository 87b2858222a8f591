//! `cargo local dead`.

use carillon_domain::reason::Reason;
use carillon_store::{Store, UnreadableDeadLetter};
use serde_json::Value;

use crate::client::Client;
use crate::command::{running, say};
use crate::details::Details;
use crate::error::Error;

/// Rows that are read at once.
const PAGE: i32 = 200;

pub(crate) async fn run() -> Result<(), Error> {
    let state = running()?;
    let api = Client::new(state.details.api_url(), &state.tenant.api_key)?;
    let letters = api
        .all("/v1/dead-letters?limit=200", "/dead_letters")
        .await?;
    for letter in &letters {
        print(letter);
    }
    // The body of these names no tenant, so no tenant's API can show them.
    let unreadable = unreadable(&state.details).await?;
    for letter in &unreadable {
        print_unreadable(letter);
    }
    let waiting = letters.iter().filter(|letter| is_waiting(letter)).count();
    say(&format!(
        "Dead letters of {}: {}, waiting: {waiting}; unreadable: {}",
        state.tenant.tenant,
        letters.len(),
        unreadable.len()
    ));
    if waiting > 0 {
        say("cargo local redrive hands the work of those that wait over again.");
    }
    Ok(())
}

fn is_waiting(letter: &Value) -> bool {
    letter["status"] == "waiting"
}

/// What one letter is about.
fn print(letter: &Value) {
    let text = |name: &str| letter[name].as_str().unwrap_or_default();
    say(&format!(
        "{:<8} {:<8} {} ({})",
        text("status"),
        text("kind"),
        text("id"),
        text("queue")
    ));
    let about: Vec<String> = ["campaign", "receiver", "channel", "import"]
        .into_iter()
        .filter(|name| !text(name).is_empty())
        .map(|name| format!("{name} {}", text(name)))
        .collect();
    say(&format!("         {}", about.join(", ")));
    let reason = |name: &str| letter["reason"][name].as_str().unwrap_or_default();
    say(&format!("         {}: {}", reason("code"), reason("text")));
}

fn print_unreadable(letter: &UnreadableDeadLetter) {
    let UnreadableDeadLetter {
        id,
        queue,
        digest,
        bytes,
        received,
        reason: Reason { code, text },
        ..
    } = letter;
    say(&format!("closed   unreadable {id} ({queue})"));
    say(&format!(
        "         {bytes} bytes, SHA-256 {digest}, received {received}×"
    ));
    say(&format!("         {code}: {text}"));
}

async fn unreadable(details: &Details) -> Result<Vec<UnreadableDeadLetter>, Error> {
    let outputs = details.outputs();
    let dynamodb = aws_sdk_dynamodb::Client::new(&details.sdk_config());
    let store = Store::new(dynamodb, &outputs.catalog_table, &outputs.ledger_table);
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.unreadable_dead_letters(cursor.as_ref(), PAGE).await;
        let (letters, next) = page.map_err(|source| Error::Aws {
            what: "list the dead letters".to_owned(),
            source: Box::new(source),
        })?;
        all.extend(letters);
        cursor = next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}
