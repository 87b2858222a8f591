use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::transports::Vendor;

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn id(text: &str) -> TransportId {
    text.parse().unwrap()
}

fn transport(name: &str, vendor: Vendor, days_old: i64) -> (TransportId, Transport) {
    let transport = Transport {
        id: id(name),
        created_at: now() - SignedDuration::from_hours(24 * days_old),
        ..Transport::new(vendor)
    };
    (id(name), transport)
}

fn target(name: &str, weight: u32) -> RouteTarget {
    RouteTarget {
        weight: NonZeroU32::new(weight),
        ..RouteTarget::of(id(name))
    }
}

fn route(prefix: &str, targets: Vec<RouteTarget>) -> Route {
    Route {
        prefix: prefix.parse().ok(),
        targets,
    }
}

fn number(text: &str) -> ChannelAddress {
    ChannelAddress::parse(Channel::Sms, text).unwrap()
}

fn names(targets: &[RouteTarget]) -> Vec<&str> {
    targets
        .iter()
        .map(|target| target.transport.as_str())
        .collect()
}

#[test]
fn without_routes_the_oldest_enabled_transport_is_used() {
    let mut setup = Setup {
        identities: Identities::default(),
        transports: BTreeMap::from([
            transport("a", Vendor::Twilio, 1),
            transport("b", Vendor::BulkSms, 2),
            transport("mail", Vendor::SendGrid, 3),
        ]),
        routes: BTreeMap::new(),
    };
    let to = number("+27821234567");
    assert_eq!(names(&setup.targets(&to)), ["b"]);
    assert_eq!(
        setup.channels(),
        BTreeSet::from([Channel::Email, Channel::Sms])
    );
    setup.transports.get_mut(&id("b")).unwrap().enabled = false;
    assert_eq!(names(&setup.targets(&to)), ["a"]);
    setup.transports.get_mut(&id("a")).unwrap().enabled = false;
    assert_eq!(names(&setup.targets(&to)), [""; 0]);
    assert!(!setup.serves(Channel::Sms));
}

#[test]
fn a_device_is_reached_through_its_push_service() {
    let setup = Setup {
        identities: Identities::default(),
        transports: BTreeMap::from([
            transport("apple", Vendor::Apns, 3),
            transport("google", Vendor::Fcm, 2),
            transport("google-too", Vendor::Fcm, 1),
        ]),
        routes: BTreeMap::new(),
    };
    let targets = |address: &str| {
        let address = ChannelAddress::parse(Channel::Push, address).unwrap();
        names(&setup.targets(&address)).join(" ")
    };
    assert_eq!(targets("fcm:abc"), "google");
    assert_eq!(targets(&format!("apns:{}", "0a".repeat(32))), "apple");
    let nobody = "sns:arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/app/7c7f";
    assert_eq!(targets(nobody), "apple google");
}

#[test]
fn a_non_ascii_address_needs_a_transport_that_accepts_it() {
    let mut setup = Setup {
        transports: BTreeMap::from([
            transport("ses", Vendor::Ses, 3),
            transport("mailgun", Vendor::Mailgun, 2),
            transport("relay", Vendor::Smtp, 1),
        ]),
        routes: BTreeMap::new(),
        identities: Identities::default(),
    };
    let email = |text| ChannelAddress::parse(Channel::Email, text).unwrap();
    let (ascii, beyond) = (email("ann@bücher.example"), email("jörg@bücher.example"));
    assert_eq!(names(&setup.targets(&ascii)), ["ses"]);
    assert_eq!(setup.refuses(&ascii), None);
    // Without routes the oldest is used, and it does not accept it.
    assert_eq!(setup.refuses(&beyond), Some("no_smtputf8"));
    let targets = ["ses", "mailgun", "relay"].map(|name| RouteTarget::of(id(name)));
    let routes = Routes {
        routes: vec![route("", targets.into())],
    };
    setup.routes.insert(Channel::Email, routes);
    assert_eq!(names(&setup.targets(&ascii)), ["ses", "mailgun", "relay"]);
    assert_eq!(names(&setup.targets(&beyond)), ["mailgun", "relay"]);
    assert_eq!(setup.refuses(&beyond), None);
    for name in ["mailgun", "relay"] {
        setup.transports.get_mut(&id(name)).unwrap().enabled = false;
    }
    assert_eq!(setup.refuses(&beyond), Some("no_smtputf8"));
    assert_eq!(setup.refuses(&ascii), None);
}

#[test]
fn the_longest_matching_prefix_wins() {
    let mut setup = Setup {
        identities: Identities::default(),
        transports: ["a", "b", "c"]
            .map(|name| transport(name, Vendor::Twilio, 1))
            .into(),
        routes: BTreeMap::from([(
            Channel::Sms,
            Routes {
                routes: vec![
                    route("", vec![target("a", 0)]),
                    route(
                        "+27",
                        vec![target("b", 0), target("a", 0), target("gone", 0)],
                    ),
                    route("+2782", vec![target("c", 0)]),
                ],
            },
        )]),
    };
    let targets = |setup: &Setup, to: &str| names(&setup.targets(&number(to))).join(" ");
    assert_eq!(targets(&setup, "+442079460000"), "a");
    assert_eq!(targets(&setup, "+27721234567"), "b a");
    assert_eq!(targets(&setup, "+27821234567"), "c");
    setup.transports.get_mut(&id("b")).unwrap().enabled = false;
    assert_eq!(targets(&setup, "+27721234567"), "a");
    let in_use = |setup: &Setup| -> Vec<String> {
        let used = setup.in_use(Channel::Sms).into_iter();
        used.map(|transport| transport.id.to_string()).collect()
    };
    assert_eq!(in_use(&setup), ["a", "c"]);
    assert!(!setup.uses(&setup.transports[&id("b")]));
    assert!(setup.routes[&Channel::Sms].lead_to(&id("b")));
}

#[test]
fn the_first_working_untried_transport_is_chosen() {
    let targets = [target("a", 0), target("b", 0), target("c", 0)];
    let tried = |names: &[&str]| -> Vec<Tried> {
        let tried = |name: &&str| Tried {
            transport: id(name),
            code: "30005".to_owned(),
            cost: None,
        };
        names.iter().map(tried).collect()
    };
    let broken = |names: &'static [&'static str]| {
        move |id: &TransportId| {
            if names.contains(&id.as_str()) {
                0.0
            } else {
                0.2
            }
        }
    };
    let chosen = |tried: &[Tried], broken: &'static [&'static str]| {
        let works = move |id: &TransportId| {
            if broken.contains(&id.as_str()) {
                0.0
            } else {
                0.2
            }
        };
        choose(&targets, tried, works, 0.9).map(|target| target.transport.to_string())
    };
    let _ = broken;
    assert_eq!(chosen(&[], &[]).as_deref(), Some("a"));
    assert_eq!(chosen(&[], &["a"]).as_deref(), Some("b"));
    assert_eq!(chosen(&tried(&["a"]), &["b"]).as_deref(), Some("c"));
    assert_eq!(
        chosen(&tried(&["a"]), &["b", "c"]).as_deref(),
        Some("b"),
        "it waits for an untried one"
    );
    assert_eq!(chosen(&tried(&["a", "b", "c"]), &[]), None);
}

#[test]
fn weights_are_kept_and_fall_with_health() {
    let targets = [target("a", 3), target("b", 1)];
    let share = |health_of_a: f64| {
        let health = |id: &TransportId| if id.as_str() == "a" { health_of_a } else { 1.0 };
        let of_a = (0..1_000).filter(|step| {
            let chosen = choose(&targets, &[], health, f64::from(*step) / 1_000.0);
            chosen.unwrap().transport == id("a")
        });
        of_a.count()
    };
    assert_eq!(share(1.0), 750);
    assert_eq!(share(1.0 / 3.0), 500);
    assert_eq!(share(0.0), 0);
    assert_eq!(
        choose(&targets, &[], |_| 1.0, 1.0).map(|target| target.transport.as_str()),
        Some("b")
    );
}

#[test]
fn prices_survive_a_round_trip() {
    for (text, canonical) in [
        ("0", "0"),
        ("0.0125", "0.0125"),
        ("12.50", "12.5"),
        ("999999.999999", "999999.999999"),
    ] {
        let price: Price = text.parse().unwrap();
        assert_eq!(price.to_string(), canonical);
    }
    for bad in [
        "",
        ".",
        "1.",
        ".5",
        "-1",
        "1,5",
        "1.1234567",
        "1000000",
        "1e3",
        " 1",
    ] {
        assert_eq!(bad.parse::<Price>(), Err(InvalidPrice), "{bad:?}");
    }
    let price: Price = "0.05".parse().unwrap();
    assert_eq!(price.times(3).plus(price).to_string(), "0.2");
}

#[test]
fn prefixes_are_parsed_and_checked() {
    for good in ["+1", "+27", "+123456789012345"] {
        assert!(good.parse::<Prefix>().is_ok(), "{good}");
    }
    for bad in ["", "+", "27", "+0", "+27 8", "+1234567890123456", "+a"] {
        assert_eq!(bad.parse::<Prefix>(), Err(InvalidPrefix), "{bad}");
    }
}

#[test]
fn a_transport_that_sends_as_somebody_else_is_used_for_nothing() {
    let mut setup = Setup {
        identities: Identities::default(),
        transports: BTreeMap::from([
            transport("shared", Vendor::Sns, 2),
            transport("own", Vendor::Twilio, 1),
        ]),
        routes: BTreeMap::new(),
    };
    let to = number("+27821234567");
    assert_eq!(names(&setup.targets(&to)), ["own"]);
    let routes = Routes {
        routes: vec![route("", vec![target("shared", 0)])],
    };
    setup.routes.insert(Channel::Sms, routes);
    assert_eq!(names(&setup.targets(&to)), [""; 0]);
    assert!(!setup.serves(Channel::Sms));
    setup.identities = ["sender:*".parse().unwrap()].into_iter().collect();
    assert_eq!(names(&setup.targets(&to)), ["shared"]);
}

#[test]
fn another_tenants_devices_are_not_reached() {
    let mut setup = Setup {
        identities: ["application:APNS/ours".parse().unwrap()]
            .into_iter()
            .collect(),
        transports: BTreeMap::from([transport("push", Vendor::SnsPush, 1)]),
        routes: BTreeMap::new(),
    };
    let device = |application: &str| {
        let arn =
            format!("sns:arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/{application}/7c7f");
        ChannelAddress::parse(Channel::Push, &arn).unwrap()
    };
    assert_eq!(names(&setup.targets(&device("ours"))), ["push"]);
    assert_eq!(names(&setup.targets(&device("theirs"))), [""; 0]);
    setup.identities = Identities::default();
    assert_eq!(names(&setup.targets(&device("ours"))), [""; 0]);
}
