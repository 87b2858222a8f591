use carillon_domain::operations::job::{JobTask, UploadTask, Work};
use carillon_domain::{
    access::Context,
    channel::Channel,
    delivery::{
        DEAD_LETTER,
        task::{DeliveryTask, FanoutTask},
    },
    id::DeadLetterId,
    operations::task::Task,
    reason::Reason,
};
use carillon_store::{DeadLetter, DeadLetterStatus, Kept, UnreadableDeadLetter};
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::World;

fn id() -> DeadLetterId {
    Uuid::new_v4().to_string().parse().unwrap()
}

fn letter(task: Task) -> DeadLetter {
    DeadLetter {
        id: id(),
        queue: "carillon-email-dead.fifo".to_owned(),
        task,
        reason: Reason::new(DEAD_LETTER, "The message was received 1001 times."),
        received: 1_001,
        status: DeadLetterStatus::Waiting,
        recorded_at: Timestamp::now(),
        settled_at: None,
    }
}

fn task(world: &World) -> Task {
    Task::Delivery(DeliveryTask {
        tenant: world.tenant.clone(),
        campaign: Uuid::now_v7().to_string().parse().unwrap(),
        generation: 1,
        shard: 3,
        receiver: "0123456789abcdef0123456789abcdef".parse().unwrap(),
        channel: Channel::Email,
        resend: 2,
        address: None,
    })
}

async fn all(world: &World) -> Vec<DeadLetter> {
    let page = world.store.dead_letters(&world.context, None, 100).await;
    page.unwrap().0
}

async fn settle(
    world: &World,
    letter: &DeadLetter,
    status: DeadLetterStatus,
) -> Vec<DeadLetterStatus> {
    let letters = vec![(status, letter.clone())];
    let settled = world.store.settle_dead_letters(letters, Timestamp::now());
    settled.await.unwrap()
}

#[tokio::test]
async fn a_dead_letter_recorded_twice_is_kept_once_as_first_recorded() {
    let world = World::new().await;
    let first = letter(task(&world));
    assert_eq!(
        world.store.keep_dead_letter(&first).await.unwrap(),
        Kept::Now
    );
    let again = DeadLetter {
        received: 1_002,
        status: DeadLetterStatus::Closed,
        ..first.clone()
    };
    for letter in [&first, &again] {
        let kept = world.store.keep_dead_letter(letter).await.unwrap();
        assert_eq!(kept, Kept::Before);
    }
    assert_eq!(all(&world).await, [first]);
}

#[tokio::test]
async fn a_dead_letter_is_settled_once_even_if_its_message_repeats() {
    let world = World::new().await;
    let waiting = letter(task(&world));
    world.store.keep_dead_letter(&waiting).await.unwrap();
    let status = DeadLetterStatus::Redriven;
    assert_eq!(settle(&world, &waiting, status).await, [status]);
    let settled = all(&world).await;
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].status, status);
    assert!(settled[0].settled_at.is_some());

    for status in [DeadLetterStatus::Redriven, DeadLetterStatus::Closed] {
        assert_eq!(settle(&world, &waiting, status).await, []);
    }
    let kept = world.store.keep_dead_letter(&waiting).await.unwrap();
    assert_eq!(kept, Kept::Before);
    assert_eq!(all(&world).await, settled);
}

#[tokio::test]
async fn of_eight_concurrent_settlements_one_wins() {
    let world = World::new().await;
    let waiting = letter(task(&world));
    world.store.keep_dead_letter(&waiting).await.unwrap();
    let status = DeadLetterStatus::Redriven;
    let settled = futures::future::join_all((0..8).map(|_| settle(&world, &waiting, status))).await;
    assert_eq!(settled.concat(), [status]);
}

#[tokio::test]
async fn every_kind_round_trips_and_waiting_ones_come_first() {
    let world = World::new().await;
    let campaign = Uuid::now_v7().to_string();
    let import = Uuid::now_v7().to_string();
    let tenant = || world.tenant.clone();
    let tasks = [
        task(&world),
        Task::Fanout(FanoutTask {
            tenant: tenant(),
            campaign: campaign.parse().unwrap(),
            generation: 1,
            shard: 3,
        }),
        Task::Upload(UploadTask {
            tenant: tenant(),
            import: import.parse().unwrap(),
            bytes: 70_000,
        }),
        Task::Job(JobTask {
            tenant: tenant(),
            job: campaign.parse().unwrap(),
            work: Work::Purge {
                campaign: campaign.parse().unwrap(),
                shards: 16,
            },
        }),
    ];
    let letters: Vec<DeadLetter> = tasks.into_iter().map(letter).collect();
    for letter in &letters {
        world.store.keep_dead_letter(letter).await.unwrap();
    }
    settle(&world, &letters[0], DeadLetterStatus::Closed).await;
    settle(&world, &letters[2], DeadLetterStatus::Redriven).await;

    let listed = all(&world).await;
    let waits = |letter: &DeadLetter| letter.status == DeadLetterStatus::Waiting;
    let order: Vec<bool> = listed.iter().map(waits).collect();
    assert_eq!(order, [true, true, false, false]);
    for letter in &letters {
        let found = listed.iter().find(|found| found.id == letter.id).unwrap();
        assert_eq!(found.task, letter.task);
    }
    let waiting = world.store.waiting_dead_letters(&world.context, 100).await;
    assert_eq!(waiting.unwrap(), listed[..2]);

    // The same page by page and by id.
    let (mut paged, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.store.dead_letters(&world.context, cursor.as_ref(), 1);
        let (letters, next) = page.await.unwrap();
        paged.extend(letters);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, listed);
    let mut ids: Vec<DeadLetterId> = letters.iter().map(|letter| letter.id.clone()).collect();
    ids.push(id());
    let found = world.store.dead_letters_by_id(&world.context, &ids).await;
    assert_eq!(found.unwrap().len(), letters.len());
    let stranger = "nobody".parse().unwrap();
    let found = world
        .store
        .dead_letters_by_id(&Context::system(&stranger, Timestamp::now()), &ids)
        .await;
    assert!(found.unwrap().is_empty());
}

#[tokio::test]
async fn an_unreadable_message_is_kept_once_and_belongs_to_no_tenant() {
    let world = World::new().await;
    let letter = UnreadableDeadLetter {
        id: id(),
        queue: "carillon-sms-dead.fifo".to_owned(),
        digest: "0".repeat(64),
        bytes: 7,
        reason: Reason::new("no_json", "The body is empty."),
        received: 1_001,
        recorded_at: Timestamp::now(),
    };
    for kept in [Kept::Now, Kept::Before] {
        let again = world.store.keep_unreadable_dead_letter(&letter).await;
        assert_eq!(again.unwrap(), kept);
    }
    assert_eq!(all(&world).await, []);
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.store.unreadable_dead_letters(cursor.as_ref(), 50);
        let (letters, next) = page.await.unwrap();
        found.extend(letters.into_iter().filter(|found| found.id == letter.id));
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, [letter]);
}
