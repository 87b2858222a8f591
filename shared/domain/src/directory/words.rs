//! The words by which people look for something in the directory, and how what is typed is compared with them.
//!
//! Capital letters, accents, composition and width make no difference, nor do ß and ss, ё and е, ı and i, the Greek tonos, the points of
//! Arabic and Hebrew, or the two Japanese syllabaries. Whoever searches in German finds Müller and Mueller by either.

use std::{collections::BTreeSet, fmt};

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::entity::Fields;
use crate::{address::PhoneNumber, language::LanguageTag};

/// The longest search, in characters.
pub const SEARCH_CHARACTERS: usize = 100;
/// The most words of one search; further ones could only narrow it down.
const SEARCH_WORDS: usize = 8;
/// The longest word that is kept, in characters: a longer one is found by its beginning.
const WORD_CHARACTERS: usize = 40;
/// The most words of one entity, so that it and its words are written in one transaction, before and after, of at most 100 rows
/// (TransactWriteItems, API reference).
pub const WORDS: usize = 40;
/// The first characters of a name by which its words are spread.
const NAME_HEAD: usize = 2;
/// The first digits of a number by which its words are spread: a country and an area. It takes as many to search for one.
const NUMBER_HEAD: usize = 5;

/// A word in the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// What words are kept together: those of one beginning.
    pub bucket: String,
    /// The word, folded.
    pub text: String,
}

impl Word {
    /// A word of a name, an address or an id.
    fn of_token(token: &str) -> Option<Self> {
        match token.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Some(Self::of_number(token)),
            false => Self::of_name(token),
        }
    }

    /// The same, also of a single character.
    fn typed(token: &str) -> Option<Self> {
        Self::of_token(token).or_else(|| Self::of_first(token))
    }

    fn of_name(text: &str) -> Option<Self> {
        let text: String = text.chars().take(WORD_CHARACTERS).collect();
        let head: String = text.chars().take(NAME_HEAD).collect();
        (head.chars().count() == NAME_HEAD).then(|| Self {
            bucket: format!("N{head}"),
            text,
        })
    }

    /// A word of a name by its first character, for searches of one character.
    fn of_first(text: &str) -> Option<Self> {
        let text: String = text.chars().take(WORD_CHARACTERS).collect();
        let head = text.chars().next()?;
        Some(Self {
            bucket: format!("F{head}"),
            text,
        })
    }

    /// A number. One that is shorter than a bucket's head is found only as a whole.
    fn of_number(digits: &str) -> Self {
        let text: String = digits.chars().take(WORD_CHARACTERS).collect();
        let head: String = text.chars().take(NUMBER_HEAD).collect();
        Self {
            bucket: format!("D{head}"),
            text,
        }
    }
}

impl Fields {
    /// The words by which the entity is found, at most [`WORDS`].
    pub fn words(&self) -> Vec<Word> {
        let mut words = BTreeSet::new();
        for name in [&self.family_name, &self.given_name, &self.name]
            .into_iter()
            .flatten()
        {
            for text in forms(name) {
                words.extend(Word::of_first(&text));
                words.extend(Word::of_token(&text));
            }
        }
        if let Some(number) = &self.mobile {
            words.extend(written(number).iter().map(|digits| Word::of_number(digits)));
        }
        if let Some(id) = &self.external_id {
            let text = folded(id.as_str());
            match digits_of(&text) {
                Some(digits) => words.extend([Word::of_number(&digits)]),
                None => words.extend(tokens(&text).iter().filter_map(|it| Word::typed(it))),
            }
        }
        if let Some(email) = &self.email {
            let text = folded(email.expose());
            let name = text.split('@').next().unwrap_or_default();
            words.extend(tokens(name).iter().filter_map(|it| Word::of_token(it)));
            words.extend(Word::of_name(&text));
        }
        words.into_iter().take(WORDS).collect()
    }
}

/// What somebody typed into the search box.
#[derive(Clone, PartialEq, Eq)]
pub struct Search {
    /// The word that is looked up, the one that narrows most.
    lead: Word,
    /// Words of which others of the entity have to begin with each.
    others: Vec<String>,
}

/// Not a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSearch {
    /// Nothing to search for.
    #[error("1 to {SEARCH_CHARACTERS} characters, with at least one that is not punctuation")]
    Empty,
    /// Too long.
    #[error("at most {SEARCH_CHARACTERS} characters")]
    TooLong,
}

impl InvalidSearch {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "missing",
            Self::TooLong => "too_long",
        }
    }
}

impl Search {
    /// Reads a search by somebody of a language.
    ///
    /// # Errors
    /// If there is nothing to search for, or too much.
    pub fn parse(text: &str, language: Option<&LanguageTag>) -> Result<Self, InvalidSearch> {
        if text.chars().count() > SEARCH_CHARACTERS {
            return Err(InvalidSearch::TooLong);
        }
        let text = match language {
            Some(language) if language.name() == "de" => in_german(text),
            _ => text.to_owned(),
        };
        let text = folded(&text);
        let mut words = Vec::new();
        match digits_of(&text) {
            Some(digits) => {
                // An international number, with the prefix of most countries instead of the plus sign.
                let digits = digits.strip_prefix("00").unwrap_or(&digits);
                words.push((Word::of_number(digits), digits.chars().count()));
            }
            None => {
                for part in text.split_whitespace() {
                    if part.contains('@') {
                        let word = Word::typed(part);
                        words.extend(word.map(|word| (word, part.chars().count())));
                        continue;
                    }
                    for token in tokens(part) {
                        let length = token.chars().count();
                        let word = Word::typed(&token);
                        words.extend(word.map(|word| (word, length)));
                    }
                }
            }
        }
        words.truncate(SEARCH_WORDS);
        let place =
            (0..words.len()).max_by_key(|place| words.get(*place).map(|(_, length)| *length));
        let place = place.ok_or(InvalidSearch::Empty)?;
        let (lead, _) = words.remove(place);
        Ok(Self {
            lead,
            others: words.into_iter().map(|(word, _)| word.text).collect(),
        })
    }

    /// The word that is looked up.
    pub fn lead(&self) -> &Word {
        &self.lead
    }

    /// Whether the lead is its only word.
    pub fn is_single(&self) -> bool {
        self.others.is_empty()
    }

    /// The field of an entity in which the lead was found: `email`, `mobile`, `external_id`, or else `name`.
    pub fn matched(&self, fields: &Fields) -> &'static str {
        let begins = |own: &str| own.starts_with(self.lead.text.as_str());
        let in_name = [&fields.family_name, &fields.given_name, &fields.name];
        let mut names = in_name.into_iter().flatten().flat_map(|name| forms(name));
        if names.any(|own| begins(&own)) {
            return "name";
        }
        let email = fields.email.as_ref().map(|email| folded(email.expose()));
        if email.is_some_and(|email| begins(&email) || tokens(&email).iter().any(|it| begins(it))) {
            return "email";
        }
        let numbers = fields.mobile.as_ref().map(written).unwrap_or_default();
        match numbers.iter().any(|own| begins(own)) {
            true => "mobile",
            false => "external_id",
        }
    }

    /// Whether an entity that was found by the lead has the other words too.
    pub fn accepts(&self, words: &[String]) -> bool {
        let begins = |wanted: &String| words.iter().any(|own| own.starts_with(wanted.as_str()));
        self.others.iter().all(begins)
    }
}

// It may be somebody's name or address.
impl fmt::Debug for Search {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Search(…)")
    }
}

/// A text in the form in which texts are compared.
pub fn folded(text: &str) -> String {
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    let mut plain = String::with_capacity(decomposed.len());
    for character in decomposed.to_lowercase().chars() {
        match character {
            // Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic, the Arabic letter stretcher. Other scripts' marks are
            // letters to their readers.
            '\u{300}'..='\u{36f}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6ed}'
            | '\u{640}' => {}
            // What cannot be seen makes no difference.
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{ad}'
            | '\u{fe00}'..='\u{fe0f}' => {}
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'đ' | 'ð' => plain.push('d'),
            'ł' => plain.push('l'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            'ς' => plain.push('σ'),
            'أ' | 'إ' | 'آ' | 'ٱ' => plain.push('ا'),
            'ى' | 'ی' => plain.push('ي'),
            'ک' => plain.push('ك'),
            'ة' => plain.push('ه'),
            // Katakana is 96 code points after Hiragana (Unicode, chart U+3040 and U+30A0).
            'ァ'..='ヶ' => plain.extend(char::from_u32(u32::from(character) - 96)),
            other => plain.push(other),
        }
    }
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(&plain)
        .into_owned()
}

/// A text with German umlauts as they are written without them.
fn in_german(text: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    let mut written = String::with_capacity(composed.len());
    for character in composed.chars() {
        match character {
            'ä' | 'Ä' => written.push_str("ae"),
            'ö' | 'Ö' => written.push_str("oe"),
            'ü' | 'Ü' => written.push_str("ue"),
            other => written.push(other),
        }
    }
    written
}

/// The words of a name, and those that differ in German.
fn forms(name: &str) -> BTreeSet<String> {
    let mut forms: BTreeSet<String> = tokens(&folded(name)).into_iter().collect();
    forms.extend(tokens(&folded(&in_german(name))));
    forms
}

/// The parts of a folded text between spaces and punctuation. Apostrophes are left out, so that O'Brien is one word.
fn tokens(text: &str) -> Vec<String> {
    let is_apostrophe =
        |character: &char| matches!(character, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | 'ʻ' | '′');
    let text: String = text.chars().filter(|it| !is_apostrophe(it)).collect();
    let tokens = text.split(|character: char| !is_in_word(character));
    tokens
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Letters, digits, marks and pictures; not spaces and punctuation.
fn is_in_word(character: char) -> bool {
    let is_punctuation = matches!(character,
        '\0'..='\u{7f}' | '\u{a0}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}'
        | '\u{30fb}' | '\u{ff00}'..='\u{ff0f}' | '\u{5be}' | '\u{60c}' | '\u{61b}' | '\u{61f}');
    character.is_alphanumeric()
        || !(is_punctuation || character.is_whitespace() || character.is_control())
}

/// The digits of a text that is a number in groups, as in `+44 20 7946`.
fn digits_of(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = text.strip_prefix('+').unwrap_or(text);
    let is_between = |character: char| {
        matches!(
            character,
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' | '\u{2010}'..='\u{2015}'
        )
    };
    let is_number = rest.chars().all(|it| it.is_ascii_digit() || is_between(it));
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    (is_number && !digits.is_empty()).then_some(digits)
}

/// A number as it is written internationally and in its country, in digits.
fn written(number: &PhoneNumber) -> Vec<String> {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let mut forms = vec![digits(number.expose())];
    forms.extend(number.national().map(|text| digits(&text)));
    forms
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::directory::{Kind, Schema};

    fn member(given: &str, family: &str) -> Fields {
        let changes = json!({
            "given_name": given, "family_name": family, "mobile": "+442079460000", "email": "a.smith@example.com",
            "external_id": "EMP-00123",
        });
        let changes = changes.as_object().unwrap();
        Fields::default()
            .changed(
                &Schema::empty(Kind::Member),
                changes,
                None,
                jiff::Timestamp::UNIX_EPOCH,
            )
            .unwrap()
    }

    /// As the store searches: rows of the lead's bucket whose word begins with it, of entities that have the other words.
    fn finds_in(fields: &Fields, text: &str, language: Option<&str>) -> bool {
        let language = language.map(|tag| tag.parse().unwrap());
        let search = Search::parse(text, language.as_ref()).unwrap();
        let words = fields.words();
        let own: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
        let lead = search.lead();
        let is_led = words
            .iter()
            .any(|word| word.bucket == lead.bucket && word.text.starts_with(&lead.text));
        is_led && search.accepts(&own)
    }

    fn finds(fields: &Fields, text: &str) -> bool {
        finds_in(fields, text, None)
    }

    #[test]
    fn people_are_found_as_their_names_are_typed() {
        for (given, family, text) in [
            ("Ann", "O'Brien", "obrien"),
            ("Ann", "O’Brien", "O'Brien"),
            ("Ann", "OBrien", "o'br"),
            ("Zoë", "Smith-Jones", "zoe jon"),
            ("Zoe\u{308}", "Smith-Jones", "smith-jones ZOË"),
            ("Ann", "Weiß", "weiss"),
            ("Ann", "Weiss", "weiß"),
            ("Γιώργος", "Παπαδόπουλος", "παπαδοπουλος"),
            ("Γιώργος", "ΠΑΠΑΔΟΠΟΥΛΟΣ", "Παπαδόπουλος Γιωργος"),
            ("Фёдор", "Королёв", "федор королев"),
            ("Işıl", "Yıldız", "isil yildiz"),
            ("İpek", "Kaya", "ipek"),
            ("أحمد", "عَلِيّ", "احمد علي"),
            ("דָּוִד", "כהן", "דוד"),
            ("明", "王", "王"),
            ("小明", "王", "小明"),
            ("たろう", "ヤマダ", "やまだ"),
            ("ﾀﾛｳ", "Yamada", "タロ"),
            ("Ａｎｎ", "Ｌｅｅ", "ann lee"),
            ("지민", "박", "지민"),
            ("Łukasz", "Ørsted", "lukasz orsted"),
            ("🎉", "Party", "🎉"),
            ("Ann", "Lee", "l"),
        ] {
            assert!(
                finds(&member(given, family), text),
                "{given} {family}: {text}"
            );
        }
    }

    #[test]
    fn umlauts_are_found_by_how_a_language_writes_them() {
        let (with, without) = (member("Max", "Müller"), member("Max", "Mueller"));
        for text in ["müller", "Mueller", "MU\u{308}LLER", "muell"] {
            assert!(finds_in(&with, text, Some("de")), "{text}");
            assert!(finds_in(&without, text, Some("de-AT")), "{text}");
        }
        assert!(finds(&with, "müller") && finds(&with, "muller") && finds(&with, "mueller"));
        assert!(!finds(&without, "müller"));
    }

    #[test]
    fn numbers_addresses_and_ids_are_found() {
        let ann = member("Ann", "Lee");
        for text in [
            "+44 20 7946",
            "020 7946",
            "0044 (20) 79-46",
            "442079460000",
            "a.smith@exam",
            "A.SMITH",
            "smith",
            "EMP-00123",
            "emp-0",
            "ann 44207946",
        ] {
            assert!(finds(&ann, text), "{text}");
        }
        for text in [
            "7946",
            "4420",
            "nn",
            "example.com",
            "ann smithson",
            "lee bob",
            "7",
        ] {
            assert!(!finds(&ann, text), "{text}");
        }
    }

    #[test]
    fn a_search_is_for_something_and_bounded() {
        for text in ["", " ", "+", "-", "'", "\u{200b}"] {
            assert_eq!(
                Search::parse(text, None),
                Err(InvalidSearch::Empty),
                "{text:?}"
            );
        }
        let long = "a".repeat(10_000);
        assert_eq!(Search::parse(&long, None), Err(InvalidSearch::TooLong));
        assert!(Search::parse(&"a ".repeat(50), None).is_ok());
    }

    #[test]
    fn an_entity_has_few_words() {
        let many: Vec<String> = (0..60).map(|number| format!("ä{number}")).collect();
        let name: String = many.join(" ").chars().take(200).collect();
        let words = member(&name, &name).words();
        assert_eq!(words.len(), WORDS);
        assert!(
            words
                .iter()
                .all(|word| word.text.chars().count() <= WORD_CHARACTERS)
        );
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Straße", "ΣΊΣΥΦΟΣ", "İı", "ガ", "ﷺ", "Ǆ", "ﬃ", "각"] {
            let once = folded(text);
            assert_eq!(folded(&once), once, "{text}");
        }
    }
}
