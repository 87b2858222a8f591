//! Row 0: the harness itself does what the product must never do, and the checker has to detect it. A checker that never
//! finds anything would let every other row pass.

use std::collections::BTreeSet;

use carillon_local::simulator::Selection;
use serde_json::{Value, json};

use crate::{
    check,
    findings::Findings,
    harness::stage::Aws,
    run::Run,
    support::proxy::{CallOutcome, Side},
};

const RECEIVERS: usize = 12;

pub(crate) async fn run(run: &mut Run<'_>) {
    // The network makes one call twice.
    run.functions.rule(|_, seen| match (seen.side, seen.turn) {
        (Side::Provider, 3) => CallOutcome::Repeat,
        _ => CallOutcome::Pass,
    });
    let campaign = run.scene.draft(&["email"], 1).await;
    run.scene.add(&campaign, 0..RECEIVERS).await;
    run.send(&campaign).await;
    let found = look(run, &campaign, RECEIVERS).await;
    expect(
        run,
        found.repeated == 1 && found.lost == 0,
        "a repeated call",
        &found,
    );

    // From here on the calls of one delivery are removed, and every change has to add a problem to that one.
    forget_repeated_calls(run);
    let before = look(run, &campaign, RECEIVERS).await;
    let is_lost = before.repeated == 0 && before.lost == 1;
    expect(run, is_lost, "a delivery without a call", &before);
    let found = look(run, &campaign, RECEIVERS + 1).await;
    expect(run, found.lost == 2, "a receiver who is not there", &found);

    let outputs = run.stage.stack.details().outputs();
    let delivery = delivery(run, &outputs.ledger_table, &campaign).await;
    for (state, what) in [
        ("claimed", "a delivery that never ends"),
        ("failed", "a failure although a provider took the message"),
    ] {
        delivery.set("state", &json!({ "S": state })).await;
        run.drain().await;
        let found = look(run, &campaign, RECEIVERS).await;
        let more = found.problems.len() > before.problems.len();
        expect(run, more, what, &found);
    }
    delivery.set("state", &json!({ "S": "sent" })).await;
    run.drain().await;

    let totals = Row {
        aws: &run.stage.aws,
        table: &outputs.catalog_table,
        partition: format!("{}#{campaign}", run.scene.tenant),
        sort: "TOTALS#00000".to_owned(),
    };
    let counters = totals.get("counters").await;
    totals.set("counters", &double(counters.clone())).await;
    let found = look(run, &campaign, RECEIVERS).await;
    let more = found.problems.len() > before.problems.len();
    totals.set("counters", &counters).await;
    expect(run, more, "totals that were counted twice", &found);

    let after = look(run, &campaign, RECEIVERS).await;
    let same = after.problems == before.problems;
    expect(run, same, "that all is as before", &after);
    // These findings are intended.
    run.found.known = before.known;
    run.found.receivers = RECEIVERS;
    run.found.note(
        "a repeat, a lost call, a missing receiver, wrong states and wrong totals were detected",
    );
}

async fn look(run: &Run<'_>, campaign: &str, receivers: usize) -> Findings {
    let mut found = Findings::default();
    check::campaign(&run.scene, campaign, receivers, &mut found).await;
    found
}

fn expect(run: &mut Run<'_>, noticed: bool, what: &str, found: &Findings) {
    run.found.require(noticed, || {
        let (repeated, lost, problems) = (found.repeated, found.lost, &found.problems);
        format!(
            "the checker does not detect {what}: repeated {repeated}, lost {lost}, {problems:?}"
        )
    });
}

fn forget_repeated_calls(run: &Run<'_>) {
    let mut seen = BTreeSet::new();
    for call in run.scene.calls() {
        for address in call.recipients {
            if !seen.insert(address.clone()) {
                run.stage.simulator().clear_selected(&Selection {
                    to: Some(address),
                    ..Selection::default()
                });
            }
        }
    }
}

/// A table row, changed directly.
struct Row<'a> {
    aws: &'a Aws,
    table: &'a str,
    partition: String,
    sort: String,
}

async fn delivery<'a>(run: &Run<'a>, table: &'a str, campaign: &str) -> Row<'a> {
    let partition = format!("{}#{campaign}#0", run.scene.tenant);
    let call = json!({
        "TableName": table,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
        "ExpressionAttributeValues": { ":pk": { "S": partition }, ":prefix": { "S": "D#" } },
        "Limit": 1,
    });
    let aws = &run.stage.aws;
    let found = aws.json("dynamodb", "DynamoDB_20120810.Query", &call).await;
    let sort = found["Items"][0]["sk"]["S"].as_str().unwrap().to_owned();
    Row {
        aws,
        table,
        partition,
        sort,
    }
}

impl Row<'_> {
    fn key(&self) -> Value {
        json!({ "pk": { "S": self.partition }, "sk": { "S": self.sort } })
    }

    async fn get(&self, field: &str) -> Value {
        let call = json!({ "TableName": self.table, "Key": self.key(), "ConsistentRead": true });
        let found = self
            .aws
            .json("dynamodb", "DynamoDB_20120810.GetItem", &call)
            .await;
        found["Item"][field].clone()
    }

    async fn set(&self, field: &str, value: &Value) {
        let call = json!({
            "TableName": self.table,
            "Key": self.key(),
            "UpdateExpression": "SET #field = :value",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": { "#field": field },
            "ExpressionAttributeValues": { ":value": value },
        });
        self.aws
            .json("dynamodb", "DynamoDB_20120810.UpdateItem", &call)
            .await;
    }
}

/// Doubles every number, at any depth.
fn double(value: Value) -> Value {
    let Value::Object(fields) = value else {
        return value;
    };
    let twice = |text: &str| {
        text.parse::<u64>()
            .ok()
            .map(|number| (2 * number).to_string())
    };
    fields
        .into_iter()
        .map(|(name, value)| match value.as_str().and_then(twice) {
            Some(number) if name == "N" => (name, json!(number)),
            _ => (name, double(value)),
        })
        .collect()
}
