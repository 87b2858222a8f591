use super::*;
use crate::receivers::import::{RowReader, Step};

fn import() -> ImportId {
    "019a0000-0000-7000-8000-000000000000".parse().unwrap()
}

fn read(header: &str, row: &str, options: &Options) -> Read {
    let columns = Columns::parse(header.split(',')).unwrap();
    let mut reader = RowReader::new(b',', 0, 2);
    let text = format!("{row}\n");
    match reader.read(&mut text.as_bytes(), true).unwrap() {
        Step::Row(row) => columns.receiver(&row, &import(), options),
        other => panic!("no row: {other:?}"),
    }
}

fn load(header: &str, row: &str) -> Receiver {
    match read(header, row, &Options::default()) {
        Read::Receiver(receiver, left_out) => {
            assert_eq!(left_out, []);
            *receiver
        }
        Read::Refused(refusals) => panic!("{refusals:?}"),
    }
}

/// The columns and codes of the findings, and whether the row was refused.
fn found(header: &str, row: &str, options: &Options) -> (Vec<(String, &'static str)>, bool) {
    let (findings, is_refused) = match read(header, row, options) {
        Read::Receiver(_, left_out) => (left_out, false),
        Read::Refused(refusals) => (refusals, true),
    };
    let effect = if is_refused {
        Effect::Refused
    } else {
        Effect::LeftOut
    };
    let named = findings.into_iter().map(|finding| {
        assert_eq!((finding.line, finding.effect), (2, effect));
        (finding.column.unwrap_or_default(), finding.code)
    });
    (named.collect(), is_refused)
}

fn refusing() -> Options {
    Options {
        on_bad_address: OnBadAddress::Refuse,
        ..Options::default()
    }
}

fn mobile(receiver: &Receiver) -> Option<&str> {
    receiver
        .mobile
        .as_ref()
        .map(crate::address::PhoneNumber::expose)
}

#[test]
fn columns_are_recognised_by_common_names() {
    let receiver = load(
        "E-Mail,Given Name,Surname,Phone,Locale,account.balance,City",
        "a@example.com,Ann,Lee,+442079460000,el,10,Athens",
    );
    assert_eq!(receiver.first_name.as_deref(), Some("Ann"));
    assert_eq!(mobile(&receiver), Some("+442079460000"));
    assert_eq!(receiver.variables["account"]["balance"], "10");
    assert_eq!(receiver.variables["city"], "Athens");
    assert_eq!(
        receiver.source,
        Source::Import {
            import: import(),
            line: 2
        }
    );
}

#[test]
fn german_headings_and_language_names_are_recognised() {
    let receiver = load(
        "Vorname,Nachname,E-Mail,Handynummer,Sprache",
        "Jörg,Lee,a@example.com,+491711234567,Deutsch",
    );
    assert_eq!(receiver.first_name.as_deref(), Some("Jörg"));
    assert_eq!(receiver.last_name.as_deref(), Some("Lee"));
    assert_eq!(mobile(&receiver), Some("+491711234567"));
    assert_eq!(receiver.language.map(String::from).as_deref(), Some("de"));
}

#[test]
fn the_interpretation_of_each_column_is_reported() {
    let columns = Columns::parse([
        "E-mail Address",
        "Mobile Phone",
        "Home Phone",
        "Customer #",
        "Customer",
        "#",
        "1st",
        "account.balance",
        "Country",
        "",
    ])
    .unwrap();
    let taken: Vec<(String, bool)> = columns
        .taken_for()
        .into_iter()
        .map(|it| (it.field.unwrap_or_default(), it.is_region))
        .collect();
    let expected = [
        ("email", false),
        ("mobile", false),
        ("variables.home_phone", false),
        ("variables.customer", false),
        // A column with this name would clash with the derived one.
        ("variables.customer", false),
        ("variables.column_6", false),
        ("variables.column_1st", false),
        ("variables.account.balance", false),
        ("variables.country", true),
        ("", false),
    ];
    let expected: Vec<(String, bool)> = expected.map(|(name, is)| (name.to_owned(), is)).into();
    let mut made = expected.clone();
    made[3].0 = "variables.customer_2".to_owned();
    assert_eq!(taken, made);
}

#[test]
fn of_several_phone_columns_the_mobile_one_is_used() {
    let receiver = load(
        "email,Phone,Mobile Phone",
        "a@example.com,+442079460000,+447414310001",
    );
    assert_eq!(mobile(&receiver), Some("+447414310001"));
    assert_eq!(receiver.variables["phone"], "+442079460000");
}

#[test]
fn missing_and_superfluous_empty_cells_are_accepted() {
    for row in [
        "a@example.com",
        "a@example.com,",
        "a@example.com,,",
        "a@example.com,,,, ,",
    ] {
        let receiver = load("email,name,city", row);
        assert!(receiver.variables.is_empty(), "{row}");
    }
    let (findings, is_refused) = found("email,name", "a@example.com,Ann,,x", &Options::default());
    assert_eq!((findings[0].1, is_refused), ("wrong_number_of_cells", true));
}

#[test]
fn refusals_name_line_and_column() {
    assert_eq!(
        found("E-Mail,Phone", "nobody,12", &Options::default()),
        (
            vec![
                ("E-Mail".to_owned(), "invalid_email"),
                ("Phone".to_owned(), "invalid_phone")
            ],
            true
        )
    );
    let long = format!("a@example.com,{}", "x".repeat(5_000));
    assert_eq!(
        found("email,note", &long, &Options::default()),
        (vec![("note".to_owned(), "too_long")], true)
    );
    assert_eq!(
        found(
            "email,First name,note",
            "a@example.com,An\u{0}n,x\u{1b}y",
            &Options::default()
        ),
        (
            vec![
                ("First name".to_owned(), "control_character"),
                ("note".to_owned(), "control_character")
            ],
            true
        )
    );
}

#[test]
fn an_invalid_number_leaves_the_email_unless_refusing() {
    let (header, row) = (
        "E-Mail,Phone,Language",
        "a@example.com,01711234567.0,no such",
    );
    let left_out = vec![
        ("Phone".to_owned(), "phone_as_decimal"),
        ("Language".to_owned(), "invalid_language"),
    ];
    assert_eq!(
        found(header, row, &Options::default()),
        (left_out.clone(), false)
    );
    assert_eq!(found(header, row, &refusing()), (left_out, true));
    let (header, row) = ("E-Mail,Phone", "nobody,+447414310001");
    let left_out = vec![("E-Mail".to_owned(), "invalid_email")];
    assert_eq!(found(header, row, &Options::default()), (left_out, false));
}

#[test]
fn a_row_may_name_the_country_of_its_number() {
    let gb = Options {
        region: "GB".parse().ok(),
        ..Options::default()
    };
    for (header, row, right) in [
        (
            "email,mobile,Country",
            "a@example.com,0171 1234567,Germany",
            "+491711234567",
        ),
        (
            "email,mobile,Land",
            "a@example.com,0171 1234567,DE",
            "+491711234567",
        ),
        (
            "email,mobile,region",
            "a@example.com,0171 1234567,de",
            "+491711234567",
        ),
        (
            "email,mobile,Country Code",
            "a@example.com,171 1234567,+49",
            "+491711234567",
        ),
        // A sales region is not a country.
        (
            "email,mobile,region",
            "a@example.com,07414 310001,North",
            "+447414310001",
        ),
        (
            "email,mobile,Country",
            "a@example.com,07414 310001,",
            "+447414310001",
        ),
        (
            "email,mobile,Country",
            "a@example.com,+491711234567,Atlantis",
            "+491711234567",
        ),
    ] {
        match read(header, row, &gb) {
            Read::Receiver(receiver, left_out) => {
                assert_eq!(
                    (mobile(&receiver), left_out),
                    (Some(right), vec![]),
                    "{row}"
                );
            }
            Read::Refused(refusals) => panic!("{refusals:?}"),
        }
    }
    // An unknown country does not fall back to the campaign's.
    let unknown = found(
        "email,mobile,Country",
        "a@example.com,0171 1234567,Atlantis",
        &gb,
    );
    assert_eq!(
        unknown,
        (vec![("Country".to_owned(), "invalid_region")], false)
    );
    let none = found(
        "email,mobile",
        "a@example.com,07700 900123",
        &Options::default(),
    );
    assert_eq!(
        none,
        (vec![("mobile".to_owned(), "phone_without_region")], false)
    );
}

#[test]
fn values_are_converted_by_the_files_locale_if_given() {
    let german = Options {
        locale: "de".parse().ok(),
        ..Options::default()
    };
    let (header, row) = (
        "email,price,due,First name",
        "a@example.com,\"49,90\",5.12.2026,\"1,5\"",
    );
    let Read::Receiver(receiver, _) = read(header, row, &german) else {
        panic!("the row is good");
    };
    assert_eq!(receiver.variables["price"], "49.90");
    assert_eq!(receiver.variables["due"], "2026-12-05");
    assert_eq!(receiver.first_name.as_deref(), Some("1,5"));
    assert_eq!(load(header, row).variables["price"], "49,90");
}

#[test]
fn invisible_characters_in_headings_and_languages_are_ignored() {
    let receiver = load(
        "\u{feff}E-Mail\u{200b},Ci\u{ad}ty,Language\u{a0}",
        "a@example.com,Athens,\u{200e}el",
    );
    assert_eq!(receiver.variables["city"], "Athens");
    assert_eq!(receiver.language.map(String::from).as_deref(), Some("el"));
}

#[test]
fn a_quoted_cell_with_other_rows_is_refused_with_its_line() {
    let check = |header: &str, text: &str| {
        let columns = Columns::parse(header.split(',')).unwrap();
        let mut reader = RowReader::new(b',', 0, 2);
        match reader.read(&mut text.as_bytes(), true).unwrap() {
            Step::Row(row) => columns.check_quotes(&row, b','),
            other => panic!("no row: {other:?}"),
        }
    };
    let refused = |line| Err(FileProblem::UnclosedQuote { line });
    // The closing quote ends the last cell of another row.
    let swallowed = "a@example.com,\"Acme\nb@example.com,Bo\"\n";
    assert_eq!(check("email,company", swallowed), refused(2));
    let swallowed = "a@example.com,\"two\r\nlines\",\"Acme\r\nb@example.com,x,Bo\"\r\n";
    assert_eq!(check("email,note,company", swallowed), refused(3));
    assert_eq!(
        check("email", "\"a@example.com\nb@example.com\"\n"),
        refused(2)
    );
    // The last line lacks everything behind the quote, rows may be short, and cells may contain quotes.
    for swallowed in [
        "ann@example.com,\"Acme,Leeds\nbo@example.com,Bo\",York\n",
        "ann@example.com,\"Acme,Leeds\nbo@example.com,Bo\ncy@example.com,Cy\ndi@example.com,Di\",Hull\n",
        "ann@example.com,\"Acme,Leeds\nbo@example.com,\"\"Bo, Inc\"\",York\ncy@example.com,Cy\",Hull\n",
    ] {
        assert_eq!(
            check("email,company,city", swallowed),
            refused(2),
            "{swallowed:?}"
        );
    }
    let swallowed = "+447414310001,\"Acme\n+44 7414 310002 (home),Bo\nx,Cy\"\n";
    assert_eq!(check("mobile,company", swallowed), refused(2));
    // The lines of an address or a note are not rows.
    for good in [
        "a@example.com,\"12 High Street, Flat 3\nLondon, UK\"\n",
        "a@example.com,\"write to b@example.com,\nor ring\"\n",
    ] {
        assert_eq!(check("email,note", good), Ok(()), "{good:?}");
    }
}

#[test]
fn files_without_addresses_are_refused_with_their_columns() {
    let problem = |header: &str| Columns::parse(header.split(',')).unwrap_err();
    assert_eq!(problem("name,city").code(), "no_usable_column");
    assert!(problem("name,city").to_string().contains("name, city"));
    assert_eq!(problem("email,mail").code(), "conflicting_columns");
    assert_eq!(
        problem("email,account,account.balance").code(),
        "conflicting_columns"
    );
}
