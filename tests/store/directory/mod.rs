use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use carillon_domain::{
    directory::{Entity, Fields, Kind, Relation, RelationKind, Schema, words::Search},
    id::EntityId,
};
use carillon_store::{
    Direction, EntityWritten, Found, PageRequest, Related, Removal, SchemaWritten,
};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::World;

fn fields(kind: Kind, given: &Value) -> Fields {
    changed(&Fields::default(), kind, given)
}

fn changed(before: &Fields, kind: Kind, given: &Value) -> Fields {
    let given = given.as_object().unwrap();
    before
        .changed(&Schema::empty(kind), given, None, Timestamp::now())
        .unwrap()
}

async fn created(world: &World, kind: Kind, id: &str, given: &Value) -> Entity {
    let id = EntityId::of_external(id, kind);
    let written = world
        .store
        .create_entity(&world.context, kind, &id, fields(kind, given));
    match written.await.unwrap() {
        EntityWritten::Done(entity) => entity,
        other => panic!("{other:?}"),
    }
}

async fn search(world: &World, text: &str, kind: Option<Kind>, limit: usize) -> Found {
    let search = Search::parse(text, None).unwrap();
    world
        .store
        .search_directory(&world.context, &search, kind, limit)
        .await
        .unwrap()
}

async fn found(world: &World, text: &str) -> BTreeSet<String> {
    let found = search(world, text, None, 20).await;
    found
        .entities
        .iter()
        .map(|entity| entity.fields.display_name())
        .collect()
}

fn relation(from: &Entity, relation: RelationKind, to: &Entity) -> Relation {
    Relation {
        relation,
        from_kind: from.kind,
        from: from.id.clone(),
        to_kind: to.kind,
        to: to.id.clone(),
        in_management: false,
        starts: None,
        ends: None,
    }
}

/// Every row of the tenant in the directory's table: partition and sort key.
async fn rows(world: &World) -> BTreeSet<(String, String)> {
    let details = world.stack.details();
    let client = aws_sdk_dynamodb::Client::new(&details.sdk_config());
    let mut pages = client
        .scan()
        .table_name(&details.outputs().directory_table)
        .filter_expression("begins_with(pk, :tenant)")
        .expression_attribute_values(":tenant", AttributeValue::S(world.tenant.to_string()))
        .into_paginator()
        .items()
        .send();
    let mut rows = BTreeSet::new();
    while let Some(row) = pages.next().await {
        let row = row.unwrap();
        let text = |name: &str| row[name].as_s().unwrap().clone();
        rows.insert((text("pk"), text("sk")));
    }
    rows
}

#[tokio::test]
async fn an_entity_is_found_by_its_words_until_they_change() {
    let world = World::new().await;
    let ann = created(
        &world,
        Kind::Member,
        "m-1",
        &json!({"external_id": "m-1", "given_name": "Ann", "family_name": "O'Brien", "mobile": "+442079460000"}),
    )
    .await;
    created(&world, Kind::Location, "l-1", &json!({"name": "Annex"})).await;
    assert_eq!(found(&world, "ann").await.len(), 2);
    assert_eq!(
        search(&world, "ann", Some(Kind::Location), 20)
            .await
            .entities
            .len(),
        1
    );
    for text in ["obrien", "020 7946", "M-1", "ann o'b"] {
        assert_eq!(found(&world, text).await.len(), 1, "{text}");
    }
    let married = changed(&ann.fields, Kind::Member, &json!({"family_name": "Lee"}));
    let written = world
        .store
        .change_entity(&world.context, &ann, married.clone());
    let EntityWritten::Done(after) = written.await.unwrap() else {
        panic!("it was as it was read");
    };
    assert_eq!(after.version, 2);
    assert!(found(&world, "obrien").await.is_empty());
    assert_eq!(found(&world, "lee ann").await.len(), 1);
    // Nothing differs, so nothing is written; and what was read before is stale.
    let again = world
        .store
        .change_entity(&world.context, &after, married.clone());
    assert_eq!(again.await.unwrap(), EntityWritten::Done(after.clone()));
    let other = changed(&married, Kind::Member, &json!({"status": "left"}));
    let stale = world.store.change_entity(&world.context, &ann, other);
    assert_eq!(stale.await.unwrap(), EntityWritten::Stale(after.clone()));
    let id = after.id.clone();
    let second = world
        .store
        .create_entity(&world.context, Kind::Member, &id, married);
    assert_eq!(second.await.unwrap(), EntityWritten::Stale(after));
}

#[tokio::test]
async fn a_search_is_bounded_and_another_tenant_finds_nothing() {
    let (world, stranger) = (World::new().await, World::new().await);
    let people = (0..30).map(|number| {
        let name = json!({"given_name": "Maria", "family_name": format!("Number{number:02}")});
        let world = &world;
        async move { created(world, Kind::Member, &format!("m-{number}"), &name).await }
    });
    join_all(people).await;
    let first = search(&world, "mar", None, 20).await;
    assert_eq!((first.entities.len(), first.has_more), (20, true));
    let all = search(&world, "m", None, 100).await;
    assert_eq!((all.entities.len(), all.has_more), (30, false));
    let one = search(&world, "maria number07", None, 20).await;
    assert_eq!((one.entities.len(), one.has_more), (1, false));
    assert!(found(&stranger, "maria").await.is_empty());
    let ids = [(Kind::Member, first.entities[0].id.clone())];
    let read = stranger.store.entities(&stranger.context, &ids, true);
    assert!(read.await.unwrap().is_empty());
    let mut listed = BTreeSet::new();
    let mut page = PageRequest::first(7);
    loop {
        let found = world.store.entity_page(&world.context, Kind::Member, &page);
        let found = found.await.unwrap();
        listed.extend(found.items.into_iter().map(|entity| entity.id.to_string()));
        match found.next {
            None => break,
            next => page.after = next,
        }
    }
    assert_eq!(listed.len(), 30);
}

#[tokio::test]
async fn relations_are_listed_from_both_ends_and_need_both_entities() {
    let world = World::new().await;
    let ann = created(&world, Kind::Member, "m-1", &json!({"family_name": "Lee"})).await;
    let hall = created(&world, Kind::Location, "l-1", &json!({"name": "Hall"})).await;
    let mut contact = relation(&ann, RelationKind::ContactOf, &hall);
    for in_management in [false, true, true] {
        contact.in_management = in_management;
        let related = world.store.relate(&world.context, &contact).await.unwrap();
        assert_eq!(related, Related::Done);
    }
    let list = async |entity: &Entity, direction: Direction| {
        let page = PageRequest::first(10);
        let of = (entity.kind, &entity.id);
        let list = world
            .store
            .relations(&world.context, of, direction, None, &page);
        list.await.unwrap().items
    };
    assert_eq!(list(&ann, Direction::Outgoing).await, [contact.clone()]);
    assert_eq!(list(&hall, Direction::Incoming).await, [contact.clone()]);
    assert!(list(&hall, Direction::Outgoing).await.is_empty());
    let nowhere = Relation {
        to: EntityId::of_external("l-2", Kind::Location),
        ..contact.clone()
    };
    let related = world.store.relate(&world.context, &nowhere).await.unwrap();
    assert_eq!(related, Related::NoTo);
    let nobody = Relation {
        from: EntityId::of_external("m-2", Kind::Member),
        ..contact.clone()
    };
    let related = world.store.relate(&world.context, &nobody).await.unwrap();
    assert_eq!(related, Related::NoFrom);
    for _ in 0..2 {
        world
            .store
            .unrelate(&world.context, &contact)
            .await
            .unwrap();
        assert!(list(&hall, Direction::Incoming).await.is_empty());
    }
}

#[tokio::test]
async fn a_removal_that_stops_anywhere_goes_on_and_leaves_nothing() {
    let world = World::new().await;
    let group = created(&world, Kind::Group, "g-1", &json!({"name": "Choir"})).await;
    let before = rows(&world).await;
    let group_rows = before.len();
    let members = (0..130).map(|number| {
        let world = &world;
        let group = &group;
        async move {
            let name = json!({"family_name": format!("Singer{number}")});
            let member = created(world, Kind::Member, &format!("m-{number}"), &name).await;
            let relation = relation(&member, RelationKind::MemberOf, group);
            world.store.relate(&world.context, &relation).await.unwrap();
        }
    });
    join_all(members).await;
    assert_eq!(
        world
            .store
            .begin_removal(&world.context, &group)
            .await
            .unwrap(),
        Removal::Begun
    );
    // From now on nobody sees it, and nothing can be connected to it.
    assert!(found(&world, "choir").await.is_empty());
    let read = world.store.entity(&world.context, Kind::Group, &group.id);
    assert_eq!(read.await.unwrap(), None);
    let late = created(
        &world,
        Kind::Member,
        "late",
        &json!({"family_name": "Late"}),
    )
    .await;
    let late = relation(&late, RelationKind::MemberOf, &group);
    assert_eq!(
        world.store.relate(&world.context, &late).await.unwrap(),
        Related::NoTo
    );
    let mut calls = 0;
    while !world
        .store
        .finish_removal(&world.context, Kind::Group, &group.id)
        .await
        .unwrap()
    {
        calls += 1;
    }
    assert!(calls >= 2, "130 relations are more than a page");
    let left = rows(&world).await;
    assert!(
        left.iter()
            .all(|(_, sort)| !sort.contains(group.id.as_str())),
        "{group_rows} rows of the group are gone, and so are its relations"
    );
    // Doing it again finds nothing to do, and the id is free.
    assert!(
        world
            .store
            .finish_removal(&world.context, Kind::Group, &group.id)
            .await
            .unwrap()
    );
    assert_eq!(
        world
            .store
            .begin_removal(&world.context, &group)
            .await
            .unwrap(),
        Removal::NotFound
    );
    created(&world, Kind::Group, "g-1", &json!({"name": "Choir"})).await;
}

/// Eight writers change twenty people two hundred times; then the index has exactly the words of the people as they are.
#[tokio::test]
async fn the_index_has_the_words_of_the_entities_whoever_wrote_last() {
    const PEOPLE: usize = 20;
    const WRITERS: usize = 8;
    const CHANGES: usize = 25;
    let world = World::new().await;
    let ids: Vec<EntityId> = (0..PEOPLE)
        .map(|number| EntityId::of_external(&format!("m-{number}"), Kind::Member))
        .collect();
    for id in &ids {
        let name = fields(Kind::Member, &json!({"family_name": "Start"}));
        let written = world
            .store
            .create_entity(&world.context, Kind::Member, id, name);
        written.await.unwrap();
    }
    let writers = (0..WRITERS).map(|writer| {
        let (world, ids) = (&world, &ids);
        async move {
            let mut lost = 0;
            for change in 0..CHANGES {
                let id = &ids[(writer * 7 + change * 3) % PEOPLE];
                let seen = world.store.entity(&world.context, Kind::Member, id);
                let seen = seen.await.unwrap().unwrap();
                let given = json!({
                    "given_name": format!("Given{} Jr", (writer + change) % 5),
                    "family_name": format!("Family{}", (writer * change) % 7),
                    "email": format!("p{}@example.com", change % 4),
                });
                let next = changed(&seen.fields, Kind::Member, &given);
                match world
                    .store
                    .change_entity(&world.context, &seen, next)
                    .await
                    .unwrap()
                {
                    EntityWritten::Done(_) => {}
                    EntityWritten::Stale(_) => lost += 1,
                    EntityWritten::NotFound => panic!("nobody was removed"),
                }
            }
            lost
        }
    });
    let lost: usize = join_all(writers).await.into_iter().sum();
    assert!(lost < WRITERS * CHANGES, "somebody wins");
    let mut expected: BTreeSet<(String, String)> = BTreeSet::new();
    for id in &ids {
        let entity = world.store.entity(&world.context, Kind::Member, id);
        let entity = entity.await.unwrap().unwrap();
        for word in entity.fields.words() {
            let partition = format!("{}#W#{}", world.tenant, word.bucket);
            expected.insert((partition, format!("{}#member#{id}", word.text)));
        }
    }
    let index: BTreeSet<(String, String)> = rows(&world)
        .await
        .into_iter()
        .filter(|(partition, _)| partition.contains("#W#"))
        .collect();
    assert_eq!(index, expected);
}

#[tokio::test]
async fn of_two_changes_to_the_attributes_one_is_stale() {
    let world = World::new().await;
    let seen = world
        .store
        .schema(&world.context, Kind::Account)
        .await
        .unwrap();
    let with = |name: &str| {
        let mut schema = seen.clone();
        let name = name.parse().unwrap();
        schema
            .add(
                name,
                "Label",
                carillon_domain::directory::AttributeType::Number,
            )
            .unwrap();
        schema
    };
    let saved = world
        .store
        .save_schema(&world.context, &with("points"))
        .await;
    let SchemaWritten::Done(saved) = saved.unwrap() else {
        panic!("nobody else changed it");
    };
    let stale = world
        .store
        .save_schema(&world.context, &with("balance"))
        .await;
    assert_eq!(stale.unwrap(), SchemaWritten::Stale);
    let now = world
        .store
        .schema(&world.context, Kind::Account)
        .await
        .unwrap();
    assert_eq!(now, saved);
    assert_eq!(now.version, 1);
}
