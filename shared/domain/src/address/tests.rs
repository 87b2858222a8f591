use super::*;

fn region(code: &str) -> Option<Region> {
    Some(code.parse().unwrap())
}

fn phone(text: &str, code: Option<&str>) -> Result<String, InvalidAddress> {
    PhoneNumber::parse(text, code.and_then(region)).map(String::from)
}

fn email(text: &str) -> Result<String, InvalidAddress> {
    EmailAddress::parse(text).map(String::from)
}

#[test]
fn email_addresses_are_folded_and_checked() {
    assert_eq!(
        email(" Ann.Lee@Example.COM ").unwrap(),
        "ann.lee@example.com"
    );
    for bad in [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "Ann <ann@example.com>",
        "ann@[127.0.0.1]",
        "ann@127.0.0.1",
        "a b@example.com",
        "ann@-example.com",
        "ann@exa_mple.com",
        "ann@example..com",
        "ann@xn--a.example",
        "ann@example.com\r\nBcc: x@example.com",
        "an\0n@example.com",
        "ann@exa\u{85}mple.com",
    ] {
        assert_eq!(email(bad), Err(InvalidAddress::Email), "{bad:?}");
    }
}

#[test]
fn a_domain_has_one_form_for_all_spellings() {
    for same in [
        "ann@bücher.example",
        "ann@xn--bcher-kva.example",
        "ann@XN--BCHER-KVA.example",
        "Ann@BÜCHER.EXAMPLE",
        "ann@bu\u{308}cher.example",
        "ann@ｂücher。example",
        "ann＠bücher.example",
    ] {
        assert_eq!(email(same).unwrap(), "ann@xn--bcher-kva.example", "{same}");
    }
    // Not transitional: these are two domains (UTS 46, 4).
    assert_eq!(email("ann@faß.example").unwrap(), "ann@xn--fa-hia.example");
    assert_eq!(email("ann@fass.example").unwrap(), "ann@fass.example");
}

#[test]
fn a_non_ascii_local_part_is_composed_folded_and_needs_smtputf8() {
    let composed = EmailAddress::parse("JÖRG@bücher.example").unwrap();
    assert_eq!(
        composed,
        EmailAddress::parse("jo\u{308}rg@xn--bcher-kva.example").unwrap()
    );
    assert_eq!(composed.expose(), "jörg@xn--bcher-kva.example");
    assert!(composed.needs_smtputf8());
    assert!(
        !EmailAddress::parse("ann@bücher.example")
            .unwrap()
            .needs_smtputf8()
    );
}

#[test]
fn a_quoted_local_part_is_refused_with_its_own_reason() {
    for quoted in [
        r#""ann lee"@example.com"#,
        r#""ann"@example.com"#,
        r#"ann."x".b@example.com"#,
    ] {
        assert_eq!(
            email(quoted),
            Err(InvalidAddress::QuotedLocalPart),
            "{quoted}"
        );
    }
}

#[test]
fn only_stored_addresses_read_back() {
    for text in [
        "ann@example.com",
        "jörg@xn--bcher-kva.example",
        "o'brien+x@example.com",
    ] {
        let address = EmailAddress::parse(text).unwrap();
        assert_eq!(EmailAddress::try_from(text.to_owned()), Ok(address));
    }
    for text in [
        "ann",
        "ann@example",
        "ann@bücher.example",
        "ann@Example.com",
        "a b@example.com",
        "\"a\"@example.com",
    ] {
        assert!(EmailAddress::try_from(text.to_owned()).is_err(), "{text}");
    }
}

#[test]
fn phone_numbers_become_e164() {
    for (text, code) in [
        ("+44 20 7946 0000", None),
        ("020 7946 0000", Some("GB")),
        ("0044 20 7946 0000", None),
        ("+44 (0)20 7946 0000", None),
        ("(+44) 20 7946 0000", Some("US")),
        ("(020) 7946-0000", Some("GB")),
        ("020/79460000", Some("GB")),
        ("020.7946.0000", Some("GB")),
        ("'02079460000", Some("GB")),
        ("2079460000", Some("GB")),
    ] {
        assert_eq!(phone(text, code).unwrap(), "+442079460000", "{text}");
    }
    for (text, code, right) in [
        ("01.23.45.67.89", "FR", "+33123456789"),
        ("+39 02 3661 8300", "GB", "+390236618300"),
        ("(201) 555-0123", "US", "+12015550123"),
        ("12015550123", "US", "+12015550123"),
        ("011 44 20 7946 0000", "US", "+442079460000"),
        ("030 1234567-89", "DE", "+4930123456789"),
        ("٠١٠٠١٢٣٤٥٦٧", "EG", "+201001234567"),
        ("０９０-１２３４-５６７８", "JP", "+819012345678"),
    ] {
        assert_eq!(phone(text, Some(code)).unwrap(), right, "{text}");
    }
}

#[test]
fn a_number_longer_than_e164_is_refused_although_its_plan_allows_it() {
    for (text, code) in [("44000000000044", Some("DE")), ("+4944000000000044", None)] {
        assert_eq!(phone(text, code), Err(InvalidAddress::Phone), "{text}");
    }
}

#[test]
fn a_national_number_needs_a_region() {
    for text in ["020 7946 0000", "07700 900123"] {
        let error = phone(text, None).unwrap_err();
        assert_eq!(error, InvalidAddress::PhoneWithoutRegion);
        assert!(error.to_string().contains("default_region"), "{error}");
    }
}

#[test]
fn no_digit_of_a_number_is_guessed() {
    for text in [
        "01711234567.0",
        "01711234567,0",
        "1711234567.00",
        "+491711234567.0",
        "01711234567.000",
        "4.91711E+11",
        "4,91711E+11",
        "4.91711e11",
        "49E10",
    ] {
        assert_eq!(
            phone(text, Some("DE")),
            Err(InvalidAddress::PhoneOfSpreadsheet),
            "{text}"
        );
    }
    for text in [
        "0171 1234567 ext. 5",
        "0171 1234567 x5",
        "0171 1234567#5",
        "01711234567;ext=5",
        "0171 1234567 Durchwahl 5",
    ] {
        assert_eq!(
            phone(text, Some("DE")),
            Err(InvalidAddress::PhoneExtension),
            "{text}"
        );
    }
    for text in [
        "",
        "+1",
        "call me",
        "+999123456789",
        "0171 123456O",
        "0900 332 6005a",
        "0800 FLOWERS",
        "++491711234567",
        "+0049 171 1234567",
        "00+491711234567",
        "0171+1234567",
        "030 1234567/68",
        "030 1234567/0171 1234567",
        "0171 1234567, 0172 1234567",
        "0171 1234567 / 0172 1234567",
        "(0171 1234567",
        "0171) 1234567",
        "((0171)) 1234567",
        "() 0171 1234567",
        "1711.234567.0",
        "0171 1234567 or so",
        "0171\u{0}1234567",
        "0171\n1234567",
        "21.6.1984",
        "-",
        "=01711234567",
        "~01711234567",
        "*01711234567",
    ] {
        let error = phone(text, Some("DE")).unwrap_err();
        assert_eq!(error, InvalidAddress::Phone, "{text}");
    }
}

#[test]
fn an_ambiguous_number_is_refused() {
    // Either its country code lacks a plus sign, or it is in the area of Leer (0491).
    assert_eq!(
        phone("4917112345678", Some("DE")),
        Err(InvalidAddress::PhoneAmbiguous)
    );
    assert_eq!(
        phone("+4917112345678", Some("DE")).unwrap(),
        "+4917112345678"
    );
}

#[test]
fn invisible_and_look_alike_characters_are_read_as_plain_ones() {
    for text in [
        "\u{202a}+44 20 7946 0000\u{202c}",
        "\u{feff}+44\u{a0}20\u{a0}7946\u{a0}0000",
        "+44\u{2011}20\u{2011}7946\u{2011}0000",
        "+44 20\u{200b}7946\u{2009}0000\u{200e}",
        "＋44 20 7946 0000",
        "+44 20 7946 – 0000",
        "\u{2067}+44 20 7946\u{ad}0000\u{2069}",
    ] {
        assert_eq!(phone(text, None).unwrap(), "+442079460000", "{text:?}");
    }
    for text in [
        "\u{feff}ann-lee@example.com",
        "ann\u{2011}lee@example.com\u{200b}",
        "\u{a0}ann-lee@example.com\u{a0}",
        "\u{202a}ann-lee@exam\u{ad}ple.com\u{202c}",
        "ann\u{200d}-lee@example.com",
    ] {
        assert_eq!(email(text).unwrap(), "ann-lee@example.com", "{text:?}");
    }
    assert_eq!(email("o’brien@example.com").unwrap(), "o'brien@example.com");
}

#[test]
fn fixed_lines_are_recognised_where_the_plan_shows_them() {
    for (number, is_fixed) in [
        ("+442079460000", true),
        ("+390236618300", true),
        ("+447414310001", false),
        ("+491711234567", false),
        // In North America a number does not show it.
        ("+12015550123", false),
    ] {
        let number = PhoneNumber::parse(number, None).unwrap();
        assert_eq!(number.is_fixed_line(), is_fixed, "{}", number.expose());
    }
}

#[test]
fn regions_are_read_by_code_or_country_name() {
    let named = |text: &str| Region::named(text).map(String::from);
    for (text, code) in [
        ("gb", "GB"),
        (" DE ", "DE"),
        ("UK", "GB"),
        ("Germany", "DE"),
        ("Deutschland", "DE"),
        ("Österreich", "AT"),
        ("United States", "US"),
        ("España", "ES"),
        ("Italia", "IT"),
        ("France", "FR"),
    ] {
        assert_eq!(named(text).as_deref(), Ok(code), "{text}");
    }
    for bad in ["", "EU", "ZZ", "Bavaria", "G", "GBR1", "99"] {
        assert_eq!(named(bad), Err(InvalidAddress::Region), "{bad}");
    }
    let of_code = |text: &str| Region::of_calling_code(text).map(String::from);
    for (text, code) in [
        ("+49", "DE"),
        ("0049", "DE"),
        ("44", "GB"),
        ("1", "US"),
        (" +7 ", "RU"),
    ] {
        assert_eq!(of_code(text).as_deref(), Ok(code), "{text}");
    }
    // 800 belongs to no country.
    for bad in ["", "+", "999", "800", "4915", "DE", "-4"] {
        assert_eq!(of_code(bad), Err(InvalidAddress::Region), "{bad}");
    }
    assert_eq!("EU".parse::<Region>(), Err(InvalidAddress::Region));
    assert!(Region::try_from("9x".to_owned()).is_err());
}

#[test]
fn addresses_cannot_be_printed() {
    let address = EmailAddress::parse("ann@example.com").unwrap();
    let number = PhoneNumber::parse("+442079460000", None).unwrap();
    let printed = format!("{address} {address:?} {number} {number:?}");
    assert!(
        !printed.contains("ann") && !printed.contains("7946"),
        "{printed}"
    );
}
