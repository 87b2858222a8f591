use std::{env, fmt::Write as _, fs, path::Path};

use carillon_domain::{
    address::EmailAddress,
    channel::Sender,
    transports::{EmailSender, Vendor},
};
use jiff::Timestamp;

use super::*;
use crate::{channels, known::named, usable, vendor::Account};

/// Made for the tests of the vendors.
const RSA_KEY: &str = include_str!("../email/google/fixtures/simulated-service-account.pem");
const EC_KEY: &str = include_str!("../push/apns/fixtures/simulated-key.p8");

/// The values of a transport, by their place in the request.
type Filled = BTreeMap<String, String>;

/// A valid value: the example, or a real key where the example can be none.
fn value(vendor: Vendor, field: &Field) -> String {
    match (vendor, field.input) {
        (Vendor::Apns, Input::SecretLines) => EC_KEY,
        (_, Input::SecretLines) => RSA_KEY,
        _ => field.example,
    }
    .to_owned()
}

fn fields(setup: &'static Setup) -> impl Iterator<Item = (String, &'static Field)> {
    let at = |place: &'static str, fields: &'static [Field]| {
        fields
            .iter()
            .map(move |field| (format!("{place}{}", field.name), field))
    };
    at(SENDER, setup.sender)
        .chain(at(SETTINGS, setup.settings))
        .chain(at(CREDENTIALS, setup.credentials))
}

/// The ways to fill in only what is required: one for each group of a combination.
fn minimal(vendor: Vendor) -> Vec<Filled> {
    let setup = usable::setup(vendor);
    let all: BTreeMap<String, &Field> = fields(setup).collect();
    let required = all.iter().filter(|(_, field)| field.is_required);
    let mut ways = vec![
        required
            .map(|(at, field)| (at.clone(), value(vendor, field)))
            .collect::<Filled>(),
    ];
    for combination in setup.combinations.iter().filter(|it| it.is_required) {
        let with = |way: &Filled, group: &[&str]| {
            let added = group.iter().map(|at| {
                let field = all.get(*at).unwrap_or_else(|| panic!("{vendor}: {at}"));
                ((*at).to_owned(), value(vendor, field))
            });
            way.clone().into_iter().chain(added).collect()
        };
        ways = ways
            .iter()
            .flat_map(|way| combination.groups.iter().map(move |group| with(way, group)))
            .collect();
    }
    ways
}

fn part(filled: &Filled, place: &str) -> BTreeMap<String, String> {
    let named = filled
        .iter()
        .filter_map(|(at, value)| Some((at.strip_prefix(place)?.to_owned(), value.clone())));
    named.collect()
}

/// The places and codes of what the table finds.
fn found(vendor: Vendor, filled: &Filled) -> Vec<(String, &'static str)> {
    let (settings, credentials) = (part(filled, SETTINGS), part(filled, CREDENTIALS));
    let given = Given {
        sender: &["from", "from_name", "sender_id"]
            .map(|name| (name, filled.get(name).map(String::as_str))),
        settings: &settings,
        credentials: Some(&credentials),
    };
    let findings = usable::setup(vendor).check(&given);
    let places = findings.into_iter().map(|it| (it.field, it.code));
    places.collect()
}

/// Whether the code that sends accepts the account.
fn is_usable(vendor: Vendor, filled: &Filled) -> bool {
    with_account(filled, |account| usable::check(vendor, account).is_ok())
}

/// Whether there is code for the callbacks of the account.
fn has_callbacks(vendor: Vendor, filled: &Filled) -> bool {
    with_account(filled, |account| {
        channels::callbacks(vendor, account).unwrap().is_some()
    })
}

fn with_account<T>(filled: &Filled, then: impl Fn(&Account<'_>) -> T) -> T {
    let (settings, credentials) = (part(filled, SETTINGS), part(filled, CREDENTIALS));
    let from = filled.get("from").map(|address| EmailSender {
        address: EmailAddress::parse(address).unwrap(),
        name: None,
    });
    let sender_id = filled.get("sender_id").map(|text| text.parse().unwrap());
    let account = Account {
        from: from.as_ref(),
        sender_id: sender_id.as_ref(),
        settings: &settings,
        secret: &serde_json::to_string(&credentials).unwrap(),
        access_token: None,
        callback_url: None,
        now: Timestamp::UNIX_EPOCH,
    };
    then(&account)
}

#[test]
fn an_account_with_exactly_the_required_fields_is_accepted() {
    for vendor in Vendor::ALL {
        for way in minimal(*vendor) {
            assert_eq!(found(*vendor, &way), [], "{vendor}: {way:?}");
            assert!(is_usable(*vendor, &way), "{vendor}: {way:?}");
        }
    }
}

#[test]
fn without_a_required_field_an_account_is_refused_and_the_field_is_named() {
    let mut refused = 0;
    for vendor in Vendor::ALL {
        let all = usable::setup(*vendor).combinations.iter();
        let firsts: Vec<&str> = all
            .filter(|it| it.is_required)
            .map(|it| it.groups[0][0])
            .collect();
        for way in minimal(*vendor) {
            for at in way.keys() {
                let mut without = way.clone();
                without.remove(at);
                let found = found(*vendor, &without);
                let places: Vec<&str> = found.iter().map(|(at, _)| at.as_str()).collect();
                // Where a group of one field is missing, the first alternative is named.
                let is_named = places == [at.as_str()]
                    || matches!(places[..], [place] if firsts.contains(&place));
                assert!(is_named, "{vendor} without {at}: {found:?}");
                assert!(
                    found.iter().all(|(_, code)| *code == "missing"),
                    "{found:?}"
                );
                let mut empty = way.clone();
                empty.insert(at.clone(), String::new());
                assert_ne!(
                    self::found(*vendor, &empty),
                    [],
                    "{vendor} with an empty {at}"
                );
                // The code that sends does not look at the sender of accounts that choose one themselves.
                let is_sent_with = at != "from" || !usable::setup(*vendor).credentials.is_empty();
                if is_sent_with && *vendor != Vendor::HttpEmail {
                    assert!(!is_usable(*vendor, &without), "{vendor} without {at}");
                }
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "{refused}");
}

/// What the table knows, the code that sends knows too, and the other way round.
#[test]
fn every_optional_field_is_accepted_and_no_other() {
    for vendor in Vendor::ALL {
        for (at, field) in fields(usable::setup(*vendor)).filter(|(_, it)| !it.is_required) {
            let at = match field.input {
                Input::Named => format!("{at}authorization"),
                _ => at,
            };
            for way in minimal(*vendor) {
                let mut with = way.clone();
                with.insert(at.clone(), value(*vendor, field));
                let combinations = usable::setup(*vendor).combinations.iter();
                let groups = combinations.flat_map(|it| it.groups);
                let group = groups
                    .into_iter()
                    .find(|group| group.contains(&at.as_str()));
                for other in group.into_iter().flat_map(|group| group.iter()) {
                    let (_, field) = fields(usable::setup(*vendor))
                        .find(|(at, _)| at == other)
                        .unwrap();
                    with.insert((*other).to_owned(), value(*vendor, field));
                }
                let found = found(*vendor, &with);
                let is_excluded = found.iter().any(|(_, code)| *code == "conflicting");
                assert!(found.is_empty() || is_excluded, "{vendor} {at}: {found:?}");
                assert_eq!(is_usable(*vendor, &with), found.is_empty(), "{vendor} {at}");
            }
        }
        for place in [SETTINGS, CREDENTIALS] {
            let mut with = minimal(*vendor).remove(0);
            with.insert(format!("{place}color"), "red".to_owned());
            let code = match place {
                SETTINGS => "unknown_setting",
                _ => "unknown_credential",
            };
            assert_eq!(
                found(*vendor, &with),
                [(format!("{place}color"), code)],
                "{vendor}"
            );
            if place == CREDENTIALS {
                let takes_any = usable::setup(*vendor).credentials.is_empty();
                assert_eq!(is_usable(*vendor, &with), takes_any, "{vendor}");
            }
        }
    }
}

#[test]
fn a_group_is_filled_in_whole_and_alternatives_do_not_mix() {
    let twilio = |more: &[(&str, &str)]| {
        let mut filled = minimal(Vendor::Twilio).remove(0);
        filled.extend(named(more));
        found(Vendor::Twilio, &filled)
    };
    assert_eq!(
        twilio(&[("credentials.api_key_secret", "67890")]),
        [("credentials.api_key_sid".to_owned(), "missing")]
    );
    assert_eq!(
        twilio(&[("credentials.account_sid", "AC12345")]),
        [("credentials.account_sid".to_owned(), "malformed")]
    );
    assert_eq!(
        twilio(&[("sender_id", "far too long a name")]),
        [("sender_id".to_owned(), "invalid_sender_id")]
    );
    assert_eq!(
        twilio(&[("from", "a@example.com")]),
        [("from".to_owned(), "wrong_channel")]
    );
    let [consent, delegation] = &minimal(Vendor::Google)[..] else {
        panic!("two ways");
    };
    let both = consent
        .clone()
        .into_iter()
        .chain(delegation.clone())
        .collect();
    assert_eq!(
        found(Vendor::Google, &both),
        [("credentials.client_email".to_owned(), "conflicting")]
    );
    let mut signed = minimal(Vendor::SmsPortal).remove(0);
    signed.insert("credentials.signature_key".to_owned(), "k".to_owned());
    assert_eq!(
        found(Vendor::SmsPortal, &signed),
        [
            ("settings.signature_header".to_owned(), "missing"),
            ("settings.timestamp_header".to_owned(), "missing"),
        ]
    );
}

#[test]
fn a_form_can_be_drawn_from_every_description() {
    for vendor in Vendor::ALL {
        let setup = usable::setup(*vendor);
        assert_eq!(
            vendor.wants_credentials(),
            !setup.credentials.is_empty(),
            "{vendor}"
        );
        let expects_sender: &[&str] = match vendor.channel().properties().sender {
            Sender::Address => &["from", "from_name"],
            Sender::SenderId => &["sender_id"],
            Sender::Account => &[],
        };
        let names: Vec<&str> = setup.sender.iter().map(|field| field.name).collect();
        assert_eq!(names, expects_sender, "{vendor}");
        let all: BTreeMap<String, &Field> = fields(setup).collect();
        assert_eq!(
            all.len(),
            fields(setup).count(),
            "{vendor}: names are unique"
        );
        for (at, field) in &all {
            let is_sentence = field.help.ends_with('.') || field.help.contains(": ");
            assert!(is_sentence && !field.label.is_empty(), "{vendor} {at}");
            assert!(!field.expected.is_empty(), "{vendor} {at}");
            assert!(field.accepts(&value(*vendor, field)), "{vendor} {at}");
            assert!(!field.accepts(""), "{vendor} {at}");
            let is_key = field.input == Input::SecretLines;
            assert!(
                !is_key || field.example.starts_with("-----BEGIN"),
                "{vendor} {at}"
            );
        }
        for at in setup
            .combinations
            .iter()
            .flat_map(|it| it.groups.iter().copied().flatten())
        {
            assert!(all.contains_key(*at), "{vendor} {at}");
        }
        if let Callbacks::With { setting, .. } = setup.callbacks {
            assert!(
                all.contains_key(&format!("{SETTINGS}{setting}")),
                "{vendor}"
            );
        }
        let filled = minimal(*vendor).remove(0);
        let calls = setup.calls_back(&part(&filled, SETTINGS));
        let hears = !matches!(setup.callbacks, Callbacks::None | Callbacks::With { .. });
        assert_eq!(calls, hears, "{vendor}");
        assert_eq!(has_callbacks(*vendor, &filled), hears, "{vendor}");
    }
    assert_eq!(
        usable::setup(Vendor::Twilio).to_string(),
        "Twilio: account_sid, auth_token or api_key_sid with api_key_secret"
    );
}

const BEGIN: &str =
    "<!-- The table of vendors; `UPDATE=1 cargo test --workspace --lib setup` writes it. -->\n";
const END: &str = "<!-- The end of the table of vendors. -->";

/// The table as docs/transports.md shows it.
fn shown() -> String {
    let mut text = String::from(
        "\n| vendor | name | channel | sender | settings | credentials |\n|---|---|---|---|---|---|\n",
    );
    let names = |fields: &[Field]| {
        let names = fields.iter().map(|field| {
            let rest = if field.input == Input::Named {
                "…"
            } else {
                ""
            };
            let optional = if field.is_required { "" } else { "?" };
            format!("`{}{rest}`{optional}", field.name)
        });
        names.collect::<Vec<_>>().join(", ")
    };
    for vendor in Vendor::ALL {
        let setup = usable::setup(*vendor);
        let credentials = match setup.credentials {
            [] => "those of the function".to_owned(),
            credentials => names(credentials),
        };
        writeln!(
            text,
            "| `{vendor}` | {} | {} | {} | {} | {credentials} |",
            setup.name,
            vendor.channel(),
            names(setup.sender),
            names(setup.settings),
        )
        .unwrap();
    }
    text.push('\n');
    text
}

/// `UPDATE=1` writes the table.
#[test]
fn the_page_names_every_field() {
    // Cargo runs tests in their package's directory, wherever they were compiled.
    let path = Path::new("../../docs/transports.md");
    let page = fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (between, after) = rest.split_once(END).unwrap();
    if env::var_os("UPDATE").is_some() {
        let page = format!("{before}{BEGIN}{}{END}{after}", shown());
        fs::write(path, page).unwrap();
        return;
    }
    assert_eq!(between, shown());
}
