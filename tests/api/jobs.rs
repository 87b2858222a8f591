use carillon_domain::{
    id::CampaignId,
    operations::job::{JobStatus, JobTask, Work},
    reason::Reason,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, eventually};

async fn show(world: &World, job: &str) -> Value {
    world
        .api
        .get(&format!("/v1/jobs/{job}"))
        .await
        .unwrap()
        .body
}

async fn post(world: &World, job: &str, verb: &str) -> (u16, Value) {
    let path = format!("/v1/jobs/{job}/{verb}");
    let answer = world.api.ask(Method::POST, &path, &[], None).await.unwrap();
    (answer.status.as_u16(), answer.body)
}

fn id_of(task: &str) -> String {
    let task: JobTask = serde_json::from_str(task).unwrap();
    task.job.to_string()
}

/// Work that is done at once, because the campaign never existed.
fn purge() -> Work {
    Work::Purge {
        campaign: CampaignId::new(uuid::Uuid::now_v7()),
        shards: 2,
    }
}

#[tokio::test]
async fn an_import_is_a_job_of_its_tenant_with_its_progress() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let file = format!("email\n{}\n{}\n", world.address(1), world.address(2));
    let import = world
        .api
        .import(&campaign, file.into_bytes())
        .await
        .unwrap();
    let job = eventually("the job is done", async || {
        let job = show(&world, &import).await;
        (job["status"] == "done").then_some(job)
    })
    .await;
    assert_eq!(
        (&job["kind"], &job["import"], &job["progress"]),
        (
            &json!("import"),
            &json!(import),
            &json!({ "done": 2, "total": 2 })
        )
    );
    let listed = world.api.get("/v1/jobs").await.unwrap().body;
    assert_eq!(listed["jobs"][0]["id"], json!(import));
    let (status, refusal) = post(&world, &import, "cancel").await;
    assert_eq!(
        (status, &refusal["title"]),
        (409, &json!("The job is in a different state"))
    );

    let other = World::new().await;
    let path = format!("/v1/jobs/{import}");
    let answer = other.api.ask(Method::GET, &path, &[], None).await.unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(
        other.api.get("/v1/jobs").await.unwrap().body["jobs"],
        json!([])
    );
}

#[tokio::test]
async fn a_canceled_import_releases_its_campaign_and_is_not_retried() {
    let world = World::new().await;
    let campaign = world.campaign(&["email"]).await;
    let file = format!("email\n{}\n", world.address(1));
    let import = world.queued_import(&campaign, file.into_bytes()).await;
    let job = id_of(&world.import_job(&import).await);
    for _ in 0..2 {
        let (status, job) = post(&world, &job, "cancel").await;
        assert_eq!((status, &job["status"]), (200, &json!("canceled")), "{job}");
    }
    let shown = world
        .api
        .get(&format!("/v1/imports/{import}"))
        .await
        .unwrap()
        .body;
    assert_eq!(shown["status"], "refused", "{shown}");
    let id = campaign.parse().unwrap();
    let stored = world.store.campaign(&world.context, &id);
    assert!(stored.await.unwrap().unwrap().imports.is_empty());
    assert_eq!(post(&world, &job, "retry").await.0, 409);
}

#[tokio::test]
async fn a_failed_job_is_retried_and_a_purge_is_not_canceled() {
    let world = World::new().await;
    let job = id_of(&world.job(purge()).await);
    assert_eq!(post(&world, &job, "cancel").await.0, 409);
    let reason = Reason::new("dead_letter", "It kept failing.");
    world
        .store
        .end_job(
            &world.context,
            &job.parse().unwrap(),
            JobStatus::Failed,
            Some(reason),
        )
        .await
        .unwrap();
    let failed = show(&world, &job).await;
    assert_eq!(
        (&failed["status"], &failed["reason"]["code"]),
        (&json!("failed"), &json!("dead_letter"))
    );
    let (status, retried) = post(&world, &job, "retry").await;
    assert_eq!((status, &retried["status"]), (200, &json!("running")));
    eventually("the purge is done", async || {
        (show(&world, &job).await["status"] == "done").then_some(())
    })
    .await;
}
