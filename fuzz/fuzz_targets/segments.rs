//! The parts of a text message: never fewer than its units need, never more than one a unit, and the same as a second way to count says.

#![no_main]

use carillon_domain::content::sms_parts::{Alphabet, parts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let counted = parts(text);
    let (single, each) = match counted.alphabet {
        Alphabet::Gsm => (160, 153),
        Alphabet::Ucs2 => (70, 67),
    };
    match counted.alphabet {
        Alphabet::Ucs2 => {
            let units = u32::try_from(text.encode_utf16().count()).unwrap();
            assert_eq!(counted.units, units);
        }
        Alphabet::Gsm => assert!(text.chars().all(|letter| u32::from(letter) < 0x2100)),
    }
    assert!(counted.count >= 1);
    if counted.units <= single {
        assert_eq!(counted.count, 1);
    } else {
        // A character of two units does not stand in two parts, so that at most one place of each is empty.
        assert!(counted.count >= counted.units.div_ceil(each));
        assert!(counted.count <= counted.units.div_ceil(each - 1));
    }
    // What is joined takes no less than its pieces apart, less the headers.
    let longer = parts(&format!("{text}x"));
    assert!(longer.count >= counted.count);
});
