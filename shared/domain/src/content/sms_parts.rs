//! The number of parts of a text message; each is charged.
//!
//! A text entirely in the GSM default alphabet (3GPP TS 23.038, 6.2.1) has 160 septets in a single part, and 153 in each of several, which
//! begin with a header (TS 23.040, 9.2.3.24.1). Any other text is UCS-2: 70 units, or 67. A character of two septets or two units is not
//! split across parts.

/// The encoding of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// The GSM default alphabet, seven bits per character.
    Gsm,
    /// UCS-2, sixteen bits per unit.
    Ucs2,
}

/// The size of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Its encoding.
    pub alphabet: Alphabet,
    /// The septets or units of the whole text.
    pub units: u32,
    /// The number of parts; an empty text is one.
    pub count: u32,
}

/// The characters of the default alphabet, without the escape to its extension table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those of the extension table (6.2.1.1), which take two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Combining characters, with the letters of the default alphabet that they form.
const COMPOSED: [(char, &str, &str); 6] = [
    ('\u{300}', "aeiou", "àèìòù"),
    ('\u{301}', "eE", "éÉ"),
    ('\u{303}', "nN", "ñÑ"),
    ('\u{308}', "aouAOU", "äöüÄÖÜ"),
    ('\u{30a}', "aA", "åÅ"),
    ('\u{327}', "C", "Ç"),
];

/// Replaces characters by their look-alikes in the default alphabet, and removes invisible ones: typographic spaces, non-breaking hyphens,
/// soft hyphens, line and paragraph separators, minus signs, and decomposed letters. One of them turns a text into UCS-2, which makes it
/// twice as expensive although nobody sees a difference.
///
/// Joiners, directional marks and variation selectors stay if the text has other characters outside the alphabet.
pub fn plain(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => {
                result.push(' ');
            }
            '\u{85}' | '\u{2028}' | '\u{2029}' => result.push('\n'),
            '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            '\u{2126}' => result.push('Ω'),
            '\u{212b}' => result.push('Å'),
            sign => match result.chars().next_back().and_then(|base| one(base, sign)) {
                Some(composed) => {
                    result.pop();
                    result.push(composed);
                }
                None => result.push(sign),
            },
        }
    }
    let bare: String = result
        .chars()
        .filter(|letter| {
            // Joiners, directional marks, and variation selectors.
            !matches!(letter, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2061}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}')
        })
        .map(|letter| match letter {
            '\u{3000}' => ' ',
            '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
            other => other,
        })
        .collect();
    if is_gsm(&bare) { bare } else { result }
}

/// The letter of the alphabet composed of a letter and a combining character.
fn one(base: char, sign: char) -> Option<char> {
    let (_, bases, composed) = COMPOSED.iter().find(|(known, ..)| *known == sign)?;
    composed
        .chars()
        .nth(bases.chars().position(|it| it == base)?)
}

/// Replaces typographic quotes, dashes and dots by plain ones, which are in the default alphabet.
pub fn plain_punctuation(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '‘' | '’' | '‚' | '‛' | '′' | '‹' | '›' | '´' | '`' | 'ʼ' => {
                result.push('\'');
            }
            '“' | '”' | '„' | '‟' | '″' | '«' | '»' => result.push('"'),
            '‒' | '–' | '—' | '―' => result.push('-'),
            '…' => result.push_str("..."),
            other => result.push(other),
        }
    }
    result
}

fn is_gsm(text: &str) -> bool {
    text.chars()
        .all(|letter| BASIC.contains(letter) || EXTENSION.contains(letter))
}

/// The size of a text message.
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
    fn look_alikes_are_replaced_by_plain_characters() {
        for (text, read) in [
            (
                "10\u{a0}000\u{202f}€\u{2009}at\u{2003}9\tsharp",
                "10 000 € at 9 sharp",
            ),
            ("Glas\u{ad}faser\u{200b}netz\u{feff}", "Glasfasernetz"),
            ("0171\u{2011}123 \u{2212}5 a\u{2010}b", "0171-123 -5 a-b"),
            ("one\r\ntwo\u{2028}three\u{85}four", "one\ntwo\nthree\nfour"),
            (
                "Zoe\u{300} Mu\u{308}ller E\u{301}va, A\u{30a}",
                "Zoè Müller Éva, Å",
            ),
            ("\u{202a}+44 20\u{202c}\u{200e}", "+44 20"),
            ("a\u{3000}b", "a b"),
        ] {
            assert_eq!(plain(text), read);
            assert_eq!(parts(&plain(text)).alphabet, Alphabet::Gsm, "{text}");
        }
        // Characters with a meaning in a script or an emoji stay.
        for text in [
            "می\u{200c}خواهم",
            "👩\u{200d}👩 ok",
            "\u{2067}שלום\u{2069}",
            "日本\u{3000}語",
            "e\u{302}",
        ] {
            assert_eq!(plain(text), text);
        }
        assert_eq!(plain("жа\u{a0}ба"), "жа ба");
    }

    #[test]
    fn typographic_punctuation_halves_the_room_until_it_is_plain() {
        let text = "We’re open – “as usual” – until 5 p.m.… «Bis bald», l`ora";
        assert_eq!(parts(text).alphabet, Alphabet::Ucs2);
        let read = "We're open - \"as usual\" - until 5 p.m.... \"Bis bald\", l'ora";
        assert_eq!(plain_punctuation(text), read);
        assert_eq!(parts(read).alphabet, Alphabet::Gsm);
    }

    #[test]
    fn parts_are_counted_as_phones_split_them() {
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
