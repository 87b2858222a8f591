use std::sync::Arc;

use carillon_domain::id::ImportId;
use carillon_local::aws;
use carillon_store::{Import, Store};
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::{
    World,
    proxy::{CallOutcome, Proxy, Seen},
};

fn import(world: &World) -> Import {
    let id = ImportId::new(Uuid::now_v7());
    Import::new(world.tenant.clone(), id, Timestamp::now())
}

#[tokio::test]
async fn the_later_of_two_saves_of_an_import_is_rejected() {
    let world = World::new().await;
    let import = import(&world);
    world
        .store
        .create_import(&world.context, &import)
        .await
        .unwrap();
    let first = world
        .store
        .save_import(&world.context, &import)
        .await
        .unwrap();
    assert_eq!(first.unwrap().revision, 2);
    assert_eq!(
        world
            .store
            .save_import(&world.context, &import)
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_save_with_a_lost_response_is_recognised_by_its_owner() {
    let world = World::new().await;
    let import = import(&world);
    world
        .store
        .create_import(&world.context, &import)
        .await
        .unwrap();

    let details = world.stack.details();
    let lose_the_first = Arc::new(|seen: &Seen| match seen.is("PutItem") && seen.turn == 1 {
        true => CallOutcome::DropAfter,
        false => CallOutcome::Pass,
    });
    let endpoint = details.endpoint();
    let proxy = Proxy::between(&endpoint, details.simulator_url(), lose_the_first).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws::sdk_config(proxy.url()));
    let outputs = details.outputs();
    let store = Store::new(
        dynamodb,
        &outputs.catalog_table,
        &outputs.directory_table,
        &outputs.ledger_table,
    );

    let saved = store.save_import(&world.context, &import).await.unwrap();
    assert_eq!(proxy.seen("PutItem"), 2, "the SDK tries again");
    let saved = saved.expect("the row is ours");
    let stands = world.store.import(&world.context, &import.id).await;
    assert_eq!(stands.unwrap(), Some(saved));
}
