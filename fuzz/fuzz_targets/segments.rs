//! The parts of a text message: never fewer than its units need, never more than one per unit, and the same as a second method counts.

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
        // A character of two units is not split across parts, so each part wastes at most one unit.
        assert!(counted.count >= counted.units.div_ceil(each));
        assert!(counted.count <= counted.units.div_ceil(each - 1));
    }
    // Joined text takes no less than its pieces apart, minus the headers.
    let longer = parts(&format!("{text}x"));
    assert!(longer.count >= counted.count);
});
