use carillon_domain::{
    access::Context,
    channel::Channel,
    channel_address::ChannelAddress,
    delivery::task::DeliveryTask,
    id::TenantId,
    suppressions::{Suppression, SuppressionSource},
};
use carillon_store::{PageRequest, Suppressed};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::{person, published};
use crate::support::World;

fn email(text: &str) -> ChannelAddress {
    ChannelAddress::parse(Channel::Email, text).unwrap()
}

fn suppression(address: ChannelAddress, source: SuppressionSource) -> Suppression {
    Suppression {
        address,
        source,
        at: Timestamp::now(),
    }
}

#[tokio::test]
async fn suppressing_again_keeps_the_first_time_and_source() {
    let world = World::new().await;
    let (store, tenant) = (&world.store, &world.tenant);
    let ann = email("ann@example.com");
    assert_eq!(
        store
            .suppression(&Context::system(tenant, Timestamp::now()), &ann)
            .await
            .unwrap(),
        None
    );
    let racers: Vec<Suppression> = (0..8)
        .map(|second| Suppression {
            at: Timestamp::now() + SignedDuration::from_secs(second),
            ..suppression(ann.clone(), SuppressionSource::Bounced)
        })
        .collect();
    let results = join_all(
        racers
            .iter()
            .map(|racer| store.suppress(&world.context, racer)),
    )
    .await;
    let results: Vec<Suppressed> = results.into_iter().map(Result::unwrap).collect();
    let winners: Vec<usize> = (0..results.len())
        .filter(|index| results[*index] == Suppressed::Now)
        .collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    let first = &racers[winners[0]];
    let again = suppression(ann.clone(), SuppressionSource::Operator);
    for _ in 0..2 {
        let result = store
            .suppress(&Context::system(tenant, Timestamp::now()), &again)
            .await
            .unwrap();
        assert_eq!(result, Suppressed::Before(first.clone()));
    }
    let found = store
        .suppression(&Context::system(tenant, Timestamp::now()), &ann)
        .await
        .unwrap();
    assert_eq!(found.as_ref(), Some(first));

    for was_suppressed in [true, false, false] {
        let lifted = store
            .unsuppress(&Context::system(tenant, Timestamp::now()), &ann)
            .await
            .unwrap();
        assert_eq!(lifted, was_suppressed);
        assert_eq!(
            store
                .suppression(&Context::system(tenant, Timestamp::now()), &ann)
                .await
                .unwrap(),
            None
        );
    }
    let result = store
        .suppress(&Context::system(tenant, Timestamp::now()), &again)
        .await
        .unwrap();
    assert_eq!(result, Suppressed::Now);
    let found = store
        .suppression(&Context::system(tenant, Timestamp::now()), &ann)
        .await
        .unwrap();
    assert_eq!(found, Some(again));
}

/// All suppressions of a tenant, with a page size.
async fn all(world: &World, channel: Option<Channel>, limit: u16) -> Vec<ChannelAddress> {
    let mut addresses = Vec::new();
    let mut page = PageRequest::first(limit);
    loop {
        let found = world
            .store
            .suppressions(&world.context, channel, &page)
            .await
            .unwrap();
        assert!(found.items.len() <= usize::from(limit));
        let found_addresses = found.items.into_iter().map(|it| it.address);
        addresses.extend(found_addresses);
        page.after = found.next;
        if page.after.is_none() {
            addresses.sort();
            return addresses;
        }
    }
}

#[tokio::test]
async fn suppressions_of_one_tenant_are_listed_once_each() {
    let (world, other) = (World::new().await, World::new().await);
    let emails = (0..60).map(|number| email(&format!("person{number}@example.com")));
    let numbers = (0..20).map(|number| {
        ChannelAddress::parse(Channel::Sms, &format!("+4420794600{number:02}")).unwrap()
    });
    let mut expected: Vec<ChannelAddress> = emails.chain(numbers).collect();
    expected.sort();
    for address in &expected {
        let suppression = suppression(address.clone(), SuppressionSource::Unsubscribed);
        world
            .store
            .suppress(&world.context, &suppression)
            .await
            .unwrap();
    }
    for limit in [1, 7, 50, 200] {
        assert_eq!(all(&world, None, limit).await, expected, "pages of {limit}");
        for channel in Channel::ALL {
            let of_channel: Vec<ChannelAddress> = expected
                .iter()
                .filter(|address| address.channel() == channel)
                .cloned()
                .collect();
            assert_eq!(all(&world, Some(channel), limit).await, of_channel);
        }
    }
    assert_eq!(all(&other, None, 50).await, []);
    let same = store_of(&other, &expected[0]).await;
    assert_eq!(same, None, "the same address at another tenant");
}

async fn store_of(world: &World, address: &ChannelAddress) -> Option<Suppression> {
    let found = world.store.suppression(&world.context, address).await;
    found.unwrap()
}

#[tokio::test]
async fn suppressed_addresses_of_a_batch_are_found_whatever_its_tasks_contain() {
    const PEOPLE: usize = 45;
    let world = World::new().await;
    let campaign = published(&world).await;
    let people: Vec<_> = (0..PEOPLE)
        .map(|number| person(&world.address(number), ""))
        .collect();
    world
        .store
        .add_receivers(&world.context, &campaign, &people)
        .await
        .unwrap();
    let source_of = |number: usize| match number % 3 {
        0 => Some(SuppressionSource::Complained),
        _ => None,
    };
    for (number, person) in people.iter().enumerate() {
        if let Some(source) = source_of(number) {
            let address = person.address(Channel::Email).unwrap();
            let suppression = suppression(address, source);
            world
                .store
                .suppress(&world.context, &suppression)
                .await
                .unwrap();
        }
    }
    let hash_of = |number: usize| people[number].address_hash(&world.tenant, Channel::Email);
    let other: TenantId = "other".parse().unwrap();
    let tasks: Vec<DeliveryTask> = (0..PEOPLE)
        .map(|number| {
            let id = people[number].id(&campaign.id).unwrap();
            DeliveryTask {
                tenant: campaign.tenant.clone(),
                campaign: campaign.id.clone(),
                generation: 1,
                shard: id.shard(campaign.shards),
                receiver: id,
                channel: Channel::Email,
                resend: 0,
                // Its own address, none, a suppressed one, and an unknown one.
                address: match number % 4 {
                    0 => hash_of(number),
                    1 => None,
                    2 => hash_of(0),
                    _ => people[number].address_hash(&other, Channel::Email),
                },
            }
        })
        .collect();
    let tasks: Vec<&DeliveryTask> = tasks.iter().collect();
    let loaded = world.store.load_tasks(tasks).await.unwrap();
    assert_eq!(loaded.len(), PEOPLE);
    for (number, loaded) in loaded.iter().enumerate() {
        assert_eq!(loaded.receiver.as_ref(), Some(&people[number]), "{number}");
        assert_eq!(loaded.suppressed, source_of(number), "{number}");
    }
}
