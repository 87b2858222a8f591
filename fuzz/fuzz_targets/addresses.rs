//! For any text in an address cell: it is refused, or it has one canonical form that parses to itself.

#![no_main]

use carillon_domain::address::{EmailAddress, PhoneNumber, Region};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if text.len() > 1024 {
        return;
    }
    if let Ok(address) = EmailAddress::parse(text) {
        let again = EmailAddress::parse(address.expose()).expect("its form can be parsed");
        assert_eq!(address.expose(), again.expose());
        EmailAddress::try_from(String::from(again)).expect("a stored address reads back");
        assert!(!address.expose().contains(char::is_control));
    }
    let germany = Region::try_from("DE".to_owned()).ok();
    for region in [None, germany] {
        let Ok(number) = PhoneNumber::parse(text, region) else {
            continue;
        };
        let digits = number.expose().strip_prefix('+').expect("E.164");
        assert!((1..=15).contains(&digits.len()));
        assert!(digits.bytes().all(|digit| digit.is_ascii_digit()));
        let again = PhoneNumber::parse(number.expose(), None).expect("its form can be parsed");
        assert_eq!(number.expose(), again.expose());
        PhoneNumber::try_from(String::from(again)).expect("a stored number reads back");
    }
});
