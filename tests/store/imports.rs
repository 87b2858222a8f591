use std::sync::Arc;

use carillon_domain::id::ImportId;
use carillon_local::aws;
use carillon_store::{Import, ImportStatus, Store};
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::{
    World,
    proxy::{Fate, Proxy, Seen},
};

fn import(world: &World) -> Import {
    Import {
        tenant: world.tenant.clone(),
        id: ImportId::new(Uuid::now_v7()),
        status: ImportStatus::Queued,
        created_at: Timestamp::now(),
        revision: 1,
        saved_by: String::new(),
        campaign: None,
        shards: 16,
        default_region: None,
        bytes: None,
        entity_tag: None,
        delimiter: b',',
        columns: Vec::new(),
        offset: 0,
        line: 0,
        rows_total: None,
        rows_read: 0,
        rows_added: 0,
        rows_refused: 0,
        rows_duplicate: 0,
        refusal: None,
    }
}

#[tokio::test]
async fn of_two_who_save_an_import_one_is_told_that_it_was_late() {
    let world = World::new().await;
    let import = import(&world);
    world.store.create_import(&import).await.unwrap();
    let first = world.store.save_import(&import).await.unwrap();
    assert_eq!(first.unwrap().revision, 2);
    assert_eq!(world.store.save_import(&import).await.unwrap(), None);
}

#[tokio::test]
async fn a_save_whose_answer_was_lost_is_known_as_ones_own() {
    let world = World::new().await;
    let import = import(&world);
    world.store.create_import(&import).await.unwrap();

    let details = world.stack.details();
    let lose_the_first = Arc::new(|seen: &Seen| match seen.is("PutItem") && seen.turn == 1 {
        true => Fate::DropAfter,
        false => Fate::Pass,
    });
    let endpoint = details.endpoint();
    let proxy = Proxy::between(&endpoint, details.simulator_url(), lose_the_first).await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&aws::sdk_config(proxy.url()));
    let outputs = details.outputs();
    let store = Store::new(dynamodb, &outputs.catalog_table, &outputs.ledger_table);

    let saved = store.save_import(&import).await.unwrap();
    assert_eq!(proxy.seen("PutItem"), 2, "the SDK tries again");
    let saved = saved.expect("the row is ours");
    let stands = world.store.import(&import.tenant, &import.id).await;
    assert_eq!(stands.unwrap(), Some(saved));
}
