//! Texts in which capital letters and Unicode composition make no difference.

use std::cmp::Ordering;

use icu_normalizer::ComposingNormalizerBorrowed;

/// A text of a filter, folded once, to which those of many entities are compared without folding them anywhere.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Folded {
    text: Box<str>,
    is_ascii: bool,
}

/// The characters of a text, folded. Both forms of the small sigma are one, because a capital one has only one form.
fn characters(text: &str) -> impl Iterator<Item = char> {
    let lower = text.chars().flat_map(char::to_lowercase);
    let one_sigma = lower.map(|character| if character == 'ς' { 'σ' } else { character });
    ComposingNormalizerBorrowed::new_nfc().normalize_iter(one_sigma)
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let text: String = characters(text).collect();
        Self {
            is_ascii: text.is_ascii(),
            text: text.into(),
        }
    }

    pub(super) fn equals(&self, other: &str) -> bool {
        match other.is_ascii() {
            true => self.is_ascii && other.eq_ignore_ascii_case(&self.text),
            false => characters(other).eq(self.text.chars()),
        }
    }

    /// Whether another text begins with this one.
    pub(super) fn begins(&self, other: &str) -> bool {
        if other.is_ascii() {
            let beginning = other.get(..self.text.len());
            return self.is_ascii
                && beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(&self.text));
        }
        let mut others = characters(other);
        self.text.chars().all(|own| others.next() == Some(own))
    }

    /// Where another text stands in relation to this one, by code points.
    pub(super) fn order_of(&self, other: &str) -> Ordering {
        if other.is_ascii() && self.is_ascii {
            let others = other.bytes().map(|byte| byte.to_ascii_lowercase());
            return others.cmp(self.text.bytes());
        }
        characters(other).cmp(self.text.chars())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_composition_make_no_difference() {
        for (one, other) in [
            ("Zoë", "ZOË"),
            ("zoe\u{308}", "Zoë"),
            ("ΠΑΠΑΔΌΠΟΥΛΟΣ", "Παπαδόπουλος"),
            ("STRAẞE", "straße"),
            ("İzmir", "i\u{307}zmir"),
            ("\u{212a}elvin", "kelvin"),
            ("Müller", "MÜLLER"),
            ("고객", "\u{1100}\u{1169}\u{1100}\u{1162}\u{11a8}"),
            ("", ""),
        ] {
            for (one, other) in [(one, other), (other, one)] {
                let folded = Folded::new(one);
                assert!(folded.equals(other), "{one} {other}");
                assert!(folded.begins(other), "{one} {other}");
                assert_eq!(folded.order_of(other), Ordering::Equal, "{one} {other}");
            }
        }
        for (one, other) in [("zoe", "zoë"), ("ann", "anne"), ("é", "e"), ("a", "")] {
            assert!(!Folded::new(one).equals(other), "{one} {other}");
            assert_ne!(Folded::new(one).order_of(other), Ordering::Equal);
        }
        assert!(Folded::new("AN").begins("Anna"));
        assert!(Folded::new("zo").begins("Zoë"));
        assert!(!Folded::new("zoe").begins("Zoe\u{308}"));
        assert!(!Folded::new("anna").begins("An"));
        assert_eq!(Folded::new("B").order_of("a"), Ordering::Less);
        assert_eq!(Folded::new("b").order_of("É"), Ordering::Greater);
    }
}
