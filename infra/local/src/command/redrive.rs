//! `cargo local redrive`.

use serde_json::json;

use crate::client::Client;
use crate::command::{running, say};
use crate::error::Error;

pub(crate) async fn run() -> Result<(), Error> {
    let state = running()?;
    let api = Client::new(state.details.api_url(), &state.tenant.api_key)?;
    let (mut redriven, mut closed) = (0, 0);
    loop {
        let answer = api
            .post("/v1/dead-letters/redrive", &json!({ "all": true }))
            .await?;
        let now = (answer.number("/redriven"), answer.number("/closed"));
        redriven += now.0;
        closed += now.1;
        let more = answer.body["more"] == true;
        // Those that are left were changed by somebody else at the same moment.
        if !more || now == (0, 0) {
            say(&format!("{redriven} redriven, {closed} closed"));
            if more {
                say("Some still wait; see: cargo local dead");
            }
            return Ok(());
        }
    }
}
