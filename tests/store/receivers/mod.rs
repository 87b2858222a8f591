mod imports;

use std::collections::BTreeMap;

use carillon_domain::{
    access::Context,
    address::PhoneNumber,
    campaigns::Campaign,
    channel::Channel,
    id::ReceiverId,
    receivers::{NewReceiver, OffReason, Reach, Receiver, Source},
};
use carillon_store::{
    AddOutcome, CorrectOutcome, Cursor, PageRequest, Removed, SwitchAll, Switched,
};
use jiff::Timestamp;

use super::{draft, person};
use crate::support::World;

fn added(outcomes: &[AddOutcome]) -> usize {
    outcomes
        .iter()
        .filter(|outcome| matches!(outcome, AddOutcome::Added(_)))
        .count()
}

#[tokio::test]
async fn adding_twice_changes_nothing() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let people: Vec<_> = (0..60)
        .map(|number| {
            person(
                &format!("p{number}@example.com"),
                &format!("+447414310{number:03}"),
            )
        })
        .collect();
    let first = world
        .store
        .add_receivers(&world.context, &campaign, &people)
        .await
        .unwrap();
    assert_eq!(added(&first), 60);
    let before = world
        .store
        .receivers(&campaign, &PageRequest::first(1_000))
        .await
        .unwrap()
        .items;
    world
        .store
        .add_receivers(&world.context, &campaign, &people)
        .await
        .unwrap();
    let after = world
        .store
        .receivers(&campaign, &PageRequest::first(1_000))
        .await
        .unwrap()
        .items;
    assert_eq!(before.len(), 60);
    assert_eq!(before, after);
    assert!(
        after
            .iter()
            .all(|row| row.receiver.reach(Channel::Sms) == Reach::On)
    );
}

#[tokio::test]
async fn another_file_updates_receivers_and_repeating_it_changes_no_count() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let from = |import: &str, line: u64, price: &str, mobile: Option<&str>| {
        let mut person = NewReceiver {
            email: Some("ann@example.com".to_owned()),
            mobile: mobile.map(str::to_owned),
            ..NewReceiver::default()
        };
        person.variables.insert("price".to_owned(), price.into());
        let import = import.parse().unwrap();
        person.parse(None, Source::Import { import, line }).unwrap()
    };
    let add = async |receiver: Receiver| {
        let people = [receiver];
        let outcomes = world
            .store
            .add_receivers(&world.context, &campaign, &people);
        outcomes.await.unwrap().remove(0)
    };
    let one = "019a0000-0000-7000-8000-000000000001";
    let two = "019a0000-0000-7000-8000-000000000002";
    for _ in 0..2 {
        let added = add(from(one, 2, "49,90", None)).await;
        assert!(matches!(added, AddOutcome::Added(_)), "{added:?}");
    }
    // The number is new too, and belongs to nobody else.
    for _ in 0..2 {
        let updated = add(from(two, 2, "49.90", Some("+447414310001"))).await;
        assert!(matches!(updated, AddOutcome::Corrected(_)), "{updated:?}");
    }
    // The first of two rows in a file wins, in both files.
    for (import, line) in [(one, 3), (two, 3)] {
        let duplicate = add(from(import, line, "7", None)).await;
        assert!(
            matches!(
                &duplicate,
                AddOutcome::Duplicate(_, Some(Source::Import { line: 2, .. }))
            ),
            "{duplicate:?}"
        );
    }
    // A different number is not a correction.
    let three = "019a0000-0000-7000-8000-000000000003";
    let other = add(from(three, 2, "7", Some("+447414310002"))).await;
    assert!(matches!(other, AddOutcome::Duplicate(..)), "{other:?}");
    let rows = world
        .store
        .receivers(&campaign, &PageRequest::first(10))
        .await
        .unwrap()
        .items;
    assert_eq!(rows.len(), 1);
    let ann = &rows[0].receiver;
    assert_eq!(ann.variables["price"], "49.90");
    assert_eq!(
        ann.mobile.as_ref().map(PhoneNumber::expose),
        Some("+447414310001")
    );
    let bo = person("bo@example.com", "+447414310001");
    world
        .store
        .add_receivers(&world.context, &campaign, &[bo])
        .await
        .unwrap();
    let rows = world
        .store
        .receivers(&campaign, &PageRequest::first(10))
        .await
        .unwrap()
        .items;
    let off = rows
        .iter()
        .filter(|row| row.receiver.reach(Channel::Sms) == Reach::Off(OffReason::DuplicateAddress));
    assert_eq!(off.count(), 1, "Ann gets it at her number, Bo does not");
}

#[tokio::test]
async fn an_address_gets_one_message_whoever_has_it() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let people = [
        person("ann@example.com", "+447414310001"),
        // The same phone with another email address.
        person("ben@example.com", "+447414310001"),
        // The same phone alone.
        person("", "+447414310001"),
        // The same email address with another phone.
        person("ann@example.com", "+447414310002"),
        // A phone that only a rejected duplicate had.
        person("", "+447414310002"),
    ];
    for one in &people {
        world
            .store
            .add_receivers(&world.context, &campaign, std::slice::from_ref(one))
            .await
            .unwrap();
    }
    let rows = world
        .store
        .receivers(&campaign, &PageRequest::first(100))
        .await
        .unwrap()
        .items;
    let mut reached: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            let email = row
                .receiver
                .email
                .as_ref()
                .map(|address| address.expose().to_owned());
            let mobile = row
                .receiver
                .mobile
                .as_ref()
                .map(|number| number.expose().to_owned());
            let on = |channel| row.receiver.reach(channel) == Reach::On;
            [
                email.filter(|_| on(Channel::Email)),
                mobile.filter(|_| on(Channel::Sms)),
            ]
        })
        .flatten()
        .collect();
    reached.sort();
    assert_eq!(
        reached,
        [
            "+447414310001",
            "+447414310002",
            "ann@example.com",
            "ben@example.com"
        ]
    );
}

#[tokio::test]
async fn an_address_gets_one_message_in_one_call_and_in_a_race() {
    for together in [true, false] {
        let world = World::new().await;
        let campaign = draft(&world).await;
        let people: Vec<_> = (0..20)
            .map(|number| person(&format!("p{number}@example.com"), "+447414310003"))
            .collect();
        let now = Timestamp::now();
        if together {
            world
                .store
                .add_receivers(&Context::system(&campaign.tenant, now), &campaign, &people)
                .await
                .unwrap();
        } else {
            let context = world.context.at(now);
            let calls = people.iter().map(|one| {
                world
                    .store
                    .add_receivers(&context, &campaign, std::slice::from_ref(one))
            });
            futures::future::try_join_all(calls).await.unwrap();
        }
        let rows = world
            .store
            .receivers(&campaign, &PageRequest::first(100))
            .await
            .unwrap()
            .items;
        assert_eq!(rows.len(), 20);
        let by_sms = rows
            .iter()
            .filter(|row| row.receiver.reach(Channel::Sms) == Reach::On)
            .count();
        let duplicates = rows
            .iter()
            .filter(|row| {
                row.receiver.reach(Channel::Sms) == Reach::Off(OffReason::DuplicateAddress)
            })
            .count();
        assert_eq!((by_sms, duplicates), (1, 19), "together: {together}");
    }
}

#[tokio::test]
async fn channels_are_switched_and_removed_addresses_become_free() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let ann = person("ann@example.com", "+447414310004");
    world
        .store
        .add_receivers(&world.context, &campaign, std::slice::from_ref(&ann))
        .await
        .unwrap();
    let id = ann.id(&campaign.id).unwrap();
    for on in [false, false, true] {
        let switched = world
            .store
            .switch_channel(&world.context, &campaign, &id, Channel::Sms, on)
            .await
            .unwrap();
        let Switched::Done(receiver) = switched else {
            panic!("{switched:?}")
        };
        assert_eq!(receiver.reach(Channel::Sms) == Reach::On, on);
    }
    assert_eq!(
        world
            .store
            .remove_receiver(&world.context, &campaign, &id)
            .await
            .unwrap(),
        Removed::Done
    );
    assert_eq!(
        world
            .store
            .remove_receiver(&world.context, &campaign, &id)
            .await
            .unwrap(),
        Removed::NotFound
    );
    let ben = person("", "+447414310004");
    let outcomes = world
        .store
        .add_receivers(&world.context, &campaign, &[ben])
        .await
        .unwrap();
    assert_eq!(added(&outcomes), 1);
}

/// A switch for everybody, in pages as they come.
async fn switch_all(world: &World, campaign: &Campaign, on: bool, at: Timestamp) -> u64 {
    let (mut cursor, mut seen) = (Some(Cursor::default()), 0);
    let switch = SwitchAll {
        channel: Channel::Sms,
        on,
        at,
    };
    while let Some(page) = cursor {
        let done = world
            .store
            .switch_receivers(&world.context, campaign, switch, page);
        let (people, next) = done.await.unwrap();
        seen += people;
        cursor = next;
    }
    seen
}

#[tokio::test]
async fn a_switch_for_everybody_respects_reasons_and_later_switches() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let mut people: Vec<_> = (0..40)
        .map(|number| {
            person(
                &format!("p{number}@example.com"),
                &format!("+447414310{number:03}"),
            )
        })
        .collect();
    // No number, the number of another, and a landline.
    people.push(person("without@example.com", ""));
    people.push(person("second@example.com", "+447414310001"));
    people.push(person("landline@example.com", "+442079460000"));
    world
        .store
        .add_receivers(&world.context, &campaign, &people)
        .await
        .unwrap();
    let reaches = async || {
        let page = PageRequest::first(1_000);
        let rows = world.store.receivers(&campaign, &page).await.unwrap();
        let mut counts = BTreeMap::<String, usize>::new();
        for row in rows.items {
            let reach = row.receiver.reach(Channel::Sms);
            let name = reach.skip_reason().unwrap_or("on").to_owned();
            *counts.entry(name).or_default() += 1;
        }
        counts
    };
    let expected = |switched: &str, count: usize| {
        let rest = [
            ("no_address", 1),
            ("duplicate_address", 1),
            ("fixed_line", 1),
        ];
        let all = rest.into_iter().chain([(switched, count)]);
        all.map(|(name, count)| (name.to_owned(), count))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(reaches().await, expected("on", 40));
    let at = Timestamp::now();
    for _ in 0..2 {
        assert_eq!(switch_all(&world, &campaign, false, at).await, 43);
        assert_eq!(reaches().await, expected("switched_off", 40));
    }
    switch_all(&world, &campaign, true, Timestamp::now()).await;
    assert_eq!(reaches().await, expected("on", 40));

    // Whoever switches a receiver after a job has begun is right, even if the job had not come to the receiver yet.
    let begun = Timestamp::now();
    let id = people[0].id(&campaign.id).unwrap();
    let later = Context::system(&world.tenant, Timestamp::now());
    let switched = world
        .store
        .switch_channel(&later, &campaign, &id, Channel::Sms, true);
    assert!(matches!(switched.await.unwrap(), Switched::Done(_)));
    switch_all(&world, &campaign, false, begun).await;
    let mut one_on = expected("switched_off", 39);
    one_on.insert("on".to_owned(), 1);
    assert_eq!(reaches().await, one_on);
    // A later job is right again.
    switch_all(&world, &campaign, false, Timestamp::now()).await;
    assert_eq!(reaches().await, expected("switched_off", 40));
}

#[tokio::test]
async fn a_switch_for_everybody_loses_no_race() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let people: Vec<_> = (0..60)
        .map(|number| {
            person(
                &format!("p{number}@example.com"),
                &format!("+447414310{number:03}"),
            )
        })
        .collect();
    world
        .store
        .add_receivers(&world.context, &campaign, &people)
        .await
        .unwrap();
    let begun = Timestamp::now();
    let by_hand = people.iter().step_by(2).map(async |person| {
        let id = person.id(&campaign.id).unwrap();
        let later = Context::system(&world.tenant, Timestamp::now());
        let switched = world
            .store
            .switch_channel(&later, &campaign, &id, Channel::Sms, true);
        assert!(matches!(switched.await.unwrap(), Switched::Done(_)));
    });
    // Two workers with the same job, and thirty people.
    tokio::join!(
        switch_all(&world, &campaign, false, begun),
        switch_all(&world, &campaign, false, begun),
        futures::future::join_all(by_hand),
    );
    for (place, person) in people.iter().enumerate() {
        let id = person.id(&campaign.id).unwrap();
        let receiver = world.store.receiver(&campaign, &id).await.unwrap().unwrap();
        let is_on = receiver.reach(Channel::Sms) == Reach::On;
        assert_eq!(is_on, place % 2 == 0, "{place}");
    }
}

#[tokio::test]
async fn a_search_finds_everybody_once_page_by_page() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let people: Vec<_> = (0..300)
        .map(|number| {
            let name = if number % 3 == 0 { "ann" } else { "ben" };
            person(
                &format!("{name}{number}@example.com"),
                &format!("+447414310{number:03}"),
            )
        })
        .collect();
    world
        .store
        .add_receivers(&world.context, &campaign, &people)
        .await
        .unwrap();
    for (text, limit, expected) in [
        ("ANN", 7, 100),
        ("ben", 200, 200),
        ("+44 7414 310", 100, 300),
        ("447414310042", 1, 1),
        ("nobody", 50, 0),
    ] {
        let search = text.parse().unwrap();
        let mut page = PageRequest::first(limit);
        let mut found = std::collections::BTreeSet::new();
        loop {
            let next = world.store.find_receivers(&campaign, &search, &page);
            let next = next.await.unwrap();
            assert!(next.items.len() <= usize::from(limit), "{text}");
            for row in next.items {
                assert!(search.finds(&row.receiver), "{text}");
                assert!(found.insert(row.id.to_string()), "{text}: twice");
            }
            match next.next {
                Some(cursor) => page.after = Some(cursor),
                None => break,
            }
        }
        assert_eq!(found.len(), expected, "{text}");
    }
}

#[tokio::test]
async fn a_corrected_address_is_reserved() {
    let world = World::new().await;
    let campaign = draft(&world).await;
    let now = Timestamp::now();
    let (ann, ben) = (
        person("ann@gmial.example", "+442079460005"),
        person("ben@example.com", "+442079460006"),
    );
    let people = [ann.clone(), ben.clone()];
    let store = &world.store;
    store
        .add_receivers(&Context::system(&campaign.tenant, now), &campaign, &people)
        .await
        .unwrap();
    let id = ann.id(&campaign.id).unwrap();
    let right = person("ann@gmail.example", "+442079460007");
    let after = Receiver {
        source: ann.source.clone(),
        ..right.clone()
    };
    // The second time the row is no longer as it was read.
    for outcome in [CorrectOutcome::Done(Vec::new()), CorrectOutcome::Changed] {
        let put = store
            .correct_address(
                &Context::system(&campaign.tenant, now),
                &campaign,
                &id,
                (&ann, &after),
                &[],
            )
            .await;
        assert_eq!(put.unwrap(), outcome);
        let there = store.receiver(&campaign, &id).await.unwrap();
        assert_eq!(there.as_ref(), Some(&after));
    }
    // Neither the old nor the new addresses create another receiver, and the old number is free.
    let again = [
        person("ann@gmial.example", ""),
        person("ann@gmail.example", ""),
        person("", "+442079460007"),
        person("", "+442079460005"),
    ];
    let outcomes = store
        .add_receivers(&Context::system(&campaign.tenant, now), &campaign, &again)
        .await
        .unwrap();
    assert_eq!(added(&outcomes), 1, "{outcomes:?}");
    // Another receiver's address is not taken over, and nothing is partially written.
    let taken = Receiver {
        email: ben.email.clone(),
        ..after.clone()
    };
    let put = store
        .correct_address(
            &Context::system(&campaign.tenant, now),
            &campaign,
            &id,
            (&after, &taken),
            &[],
        )
        .await;
    assert_eq!(put.unwrap(), CorrectOutcome::Taken);
    assert_eq!(
        store.receiver(&campaign, &id).await.unwrap(),
        Some(after.clone())
    );
    let place = ReceiverId::of_email(&campaign.id, right.email.as_ref().unwrap());
    let found = store.receiver_at(&campaign, &place).await.unwrap();
    assert_eq!(found.map(|(id, _)| id), Some(id.clone()));
    // Removing a receiver frees all its addresses.
    store
        .remove_receiver(&world.context, &campaign, &id)
        .await
        .unwrap();
    let outcomes = store
        .add_receivers(&Context::system(&campaign.tenant, now), &campaign, &[right])
        .await
        .unwrap();
    assert_eq!(added(&outcomes), 1);
}
