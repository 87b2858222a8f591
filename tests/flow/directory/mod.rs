//! The directory's jobs, in the real binary.

use carillon_domain::{
    directory::{Entity, Fields, Kind, Relation, RelationKind, Schema},
    id::EntityId,
    operations::job::Work,
};
use carillon_store::{Direction, EntityWritten, PageRequest, Related, Removal};
use jiff::Timestamp;
use serde_json::json;

use super::delivery::boundaries::{boundaries, kill_and_repeat};
use crate::support::{World, function::batch};

async fn named(world: &World, kind: Kind, field: &str, name: &str) -> Entity {
    let given = json!({ field: name });
    let fields = Fields::default()
        .changed(
            &Schema::empty(kind),
            given.as_object().unwrap(),
            None,
            Timestamp::now(),
        )
        .unwrap();
    let id = EntityId::of_external(name, kind);
    let written = world.store.create_entity(&world.context, kind, &id, fields);
    match written.await.unwrap() {
        EntityWritten::Done(entity) => entity,
        other => panic!("{other:?}"),
    }
}

/// The job is killed before and after each of its calls, one after the other, and its message is delivered again.
#[tokio::test]
async fn a_removal_killed_at_any_call_leaves_nothing() {
    let world = World::new().await;
    let (store, context) = (&world.store, &world.context);
    let singer = named(&world, Kind::Member, "family_name", "Lee").await;
    let mut kills = 0;
    'all: for pair in boundaries() {
        for kill in pair {
            let choir = named(&world, Kind::Group, "name", "Choir").await;
            let relation = Relation {
                relation: RelationKind::MemberOf,
                from_kind: Kind::Member,
                from: singer.id.clone(),
                to_kind: Kind::Group,
                to: choir.id.clone(),
                in_management: false,
                starts: None,
                ends: None,
            };
            assert_eq!(
                store.relate(context, &relation).await.unwrap(),
                Related::Done
            );
            let begun = store.begin_removal(context, &choir).await.unwrap();
            assert_eq!(begun, Removal::Begun);
            let body = world
                .job(Work::RemoveEntity {
                    kind: Kind::Group,
                    entity: choir.id.clone(),
                })
                .await;
            let struck =
                kill_and_repeat(&world, "jobs", &batch("jobs", &[body]), kill.clone()).await;
            let page = PageRequest::first(10);
            let of = (Kind::Member, &singer.id);
            let left = store.relations(context, of, Direction::Outgoing, None, &page);
            assert_eq!(left.await.unwrap().items, [], "{kill:?}");
            // Its row is gone, or there could not be another of the same id in the next round.
            if !struck {
                break 'all;
            }
            kills += 1;
        }
    }
    assert!(kills >= 10, "only {kills} boundaries");
}
