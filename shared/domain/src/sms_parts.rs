//! How many parts a text message is sent in; each is paid for.
//!
//! A text of which every character is in the default alphabet of GSM (3GPP TS 23.038, 6.2.1) has 160 septets in one part and
//! 153 in each of several, which begin with a header (TS 23.040, 9.2.3.24.1). Any other text is UCS-2: 70 units, or 67.
//! A character of two septets or two units does not stand in two parts.

/// How a text is written on its way to a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// The default alphabet of GSM, seven bits a character.
    Gsm,
    /// UCS-2, sixteen bits a unit.
    Ucs2,
}

/// What a text takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// How it is written.
    pub alphabet: Alphabet,
    /// Septets or units of the whole text.
    pub units: u32,
    /// Parts in which it is sent; an empty text is one.
    pub count: u32,
}

/// The characters of the default alphabet, without the escape to its extension.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those of its extension (6.2.1.1), which take two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// What a text takes.
pub fn parts(text: &str) -> Parts {
    let septets = |character: char| {
        if BASIC.contains(character) {
            Some(1)
        } else {
            EXTENSION.contains(character).then_some(2)
        }
    };
    let gsm: Option<Vec<u32>> = text.chars().map(septets).collect();
    match gsm {
        Some(lengths) => count(Alphabet::Gsm, &lengths, 160, 153),
        None => {
            let units = |character: char| if character.len_utf16() == 2 { 2 } else { 1 };
            let lengths: Vec<u32> = text.chars().map(units).collect();
            count(Alphabet::Ucs2, &lengths, 70, 67)
        }
    }
}

fn count(alphabet: Alphabet, lengths: &[u32], single: u32, each: u32) -> Parts {
    let units = lengths.iter().sum();
    let mut count = 1;
    if units > single {
        let mut filled = 0;
        for length in lengths {
            if filled + length > each {
                count += 1;
                filled = 0;
            }
            filled += length;
        }
    }
    Parts {
        alphabet,
        units,
        count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_where_phones_end_them() {
        let of = |text: &str| {
            let parts = parts(text);
            (parts.alphabet, parts.units, parts.count)
        };
        use Alphabet::{Gsm, Ucs2};
        for (text, expected) in [
            (String::new(), (Gsm, 0, 1)),
            ("a".repeat(160), (Gsm, 160, 1)),
            ("a".repeat(161), (Gsm, 161, 2)),
            ("a".repeat(306), (Gsm, 306, 2)),
            ("a".repeat(307), (Gsm, 307, 3)),
            ("€".repeat(80), (Gsm, 160, 1)),
            // 76 of them fill 152 of 153 septets, and the next one does not fit.
            ("€".repeat(153), (Gsm, 306, 3)),
            ("ж".repeat(70), (Ucs2, 70, 1)),
            ("ж".repeat(71), (Ucs2, 71, 2)),
            ("ж".repeat(134), (Ucs2, 134, 2)),
            ("😀".repeat(35), (Ucs2, 70, 1)),
            // 33 of them fill 66 of 67 units.
            ("😀".repeat(67), (Ucs2, 134, 3)),
            (format!("{}ê", "a".repeat(70)), (Ucs2, 71, 2)),
        ] {
            assert_eq!(of(&text), expected, "{text}");
        }
        assert_eq!(BASIC.chars().count(), 127);
    }
}
