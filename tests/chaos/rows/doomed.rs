//! Row 16: everything fails.

use serde_json::Value;

use crate::run::Run;

pub(crate) async fn run(run: &mut Run<'_>) {
    let receivers = run.size.pick(150, 3_000);
    let campaign = run.scene.draft(&["email"], 16).await;
    run.scene.add(&campaign, 0..receivers).await;
    let fault = run.scene.reject_all();
    run.send(&campaign).await;
    run.stage.simulator().remove_fault(fault);
    run.check(&campaign, receivers).await;
    let calls = run.scene.calls().len();
    run.found.require(calls == receivers, || {
        format!("{calls} calls were made for {receivers} receivers")
    });
    let failed = run.found.failed;
    run.found.require(failed == receivers, || {
        format!("{failed} of {receivers} failed")
    });
    // Deliveries that need attention are found in all parts of the index, page by page.
    let path = format!("/v1/campaigns/{campaign}/deliveries?state=failed&limit=70");
    let listed: Vec<Value> = run.scene.api.all(&path, "/deliveries").await.unwrap();
    let mut addresses: Vec<&str> = listed
        .iter()
        .filter_map(|it| it["address"].as_str())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    run.found.require(
        addresses.len() == receivers && listed.len() == receivers,
        || {
            format!(
                "{} are listed as failed, of {} addresses",
                listed.len(),
                addresses.len()
            )
        },
    );
    run.found.require_none_repeated_or_lost();
}
