//! Keywords that people text to stop messages, to start them again, or to get help.
//!
//! A text counts only if it is exactly such a keyword, or the one that Twilio and carriers accept in a language
//! (<https://help.twilio.com/articles/223134027>): "please stop by at noon" is not an opt-out. Polite additions ("Stop. Thank you") and
//! spelling variants ("opt-out", "S.T.O.P.") are accepted, although Twilio accepts single words only: US rules require an opt-out to be
//! honoured in any reasonable form (47 CFR 64.1200(a)(10), <https://www.ecfr.gov/current/title-47/section-64.1200>).

/// The request that a text makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// Opt out.
    Stop,
    /// Resubscribe.
    Start,
    /// Help.
    Help,
}

/// Opt-out keywords, in capitals: English, French, Spanish and Portuguese, German, Italian, Greek, Dutch, Polish, Turkish.
const STOP: &[&str] = &[
    "STOP",
    "STOPALL",
    "STOP ALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "OPT OUT",
    "ARRET",
    "ARRETE",
    "ARRETT",
    "ALTO",
    "BAJA",
    "PARAR",
    "PARE",
    "CANCELAR",
    "STOPP",
    "ABMELDEN",
    "ABBESTELLEN",
    "FERMA",
    "ANNULLA",
    "ΣΤΟΠ",
    "ΔΙΑΚΟΠΗ",
    "AFMELDEN",
    "REZYGNACJA",
    "IPTAL",
];

/// Resubscribe keywords, in capitals.
const START: &[&str] = &[
    "START",
    "UNSTOP",
    "SUBSCRIBE",
    "ANMELDEN",
    "ALTA",
    "COMENZAR",
    "DEBUT",
    "ΕΝΑΡΞΗ",
    "AANMELDEN",
];

/// Help keywords, in capitals.
const HELP: &[&str] = &[
    "HELP",
    "INFO",
    "HILFE",
    "AYUDA",
    "AJUDA",
    "AIDE",
    "AIUTO",
    "ΒΟΗΘΕΙΑ",
];

/// Polite phrases before or after a keyword, in capitals, in the same languages.
const POLITE: &[&str] = &[
    "PLEASE",
    "PLS",
    "PLZ",
    "KINDLY",
    "THANK YOU",
    "THANK YOU VERY MUCH",
    "THANK YOU SO MUCH",
    "THANKYOU",
    "THANKS",
    "THANKS A LOT",
    "MANY THANKS",
    "THX",
    "TY",
    "CHEERS",
    "MERCI",
    "MERCI BEAUCOUP",
    "SVP",
    "S IL VOUS PLAIT",
    "S IL TE PLAIT",
    "POR FAVOR",
    "GRACIAS",
    "MUCHAS GRACIAS",
    "OBRIGADO",
    "OBRIGADA",
    "BITTE",
    "DANKE",
    "VIELEN DANK",
    "DANKE SCHON",
    "PER FAVORE",
    "GRAZIE",
    "ΠΑΡΑΚΑΛΩ",
    "ΕΥΧΑΡΙΣΤΩ",
    "ALSTUBLIEFT",
    "DANK U",
    "BEDANKT",
    "DZIEKUJE",
    "PROSZE",
    "LUTFEN",
    "TESEKKURLER",
];

impl Keyword {
    /// The keyword of a text, if it contains nothing else but spaces, punctuation, letter case, accents and polite phrases.
    pub fn of(text: &str) -> Option<Self> {
        let words = words(text);
        let words = without_politeness(&words);
        let (first, rest) = words.split_first()?;
        // "Stop! Stop!"
        let is_repeated = rest.iter().all(|word| word == first);
        let wish = match is_repeated {
            true => first.clone(),
            false => words.join(" "),
        };
        let is_among = |list: &[&str]| list.contains(&wish.as_str());
        if is_among(STOP) {
            Some(Keyword::Stop)
        } else if is_among(START) {
            Some(Keyword::Start)
        } else if is_among(HELP) {
            Some(Keyword::Help)
        } else {
            None
        }
    }
}

/// The words of a text in capitals without accents. Separators are ignored; spelled-out letters, as in S.T.O.P., form one word.
fn words(text: &str) -> Vec<String> {
    let mut spelled = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            // Invisible characters, and combining accents.
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}'
            | '\u{300}'..='\u{36f}'
            | '\u{fe00}'..='\u{fe0f}' => {}
            letter if letter.is_alphanumeric() => spelled.extend(plain(letter).to_uppercase()),
            _ => spelled.push(' '),
        }
    }
    // A lower-case letter may have become an accented capital.
    let spelled: String = spelled.chars().map(plain).collect();
    let words: Vec<String> = spelled.split_whitespace().map(str::to_owned).collect();
    let is_spelled_out = words.len() > 2 && words.iter().all(|word| word.chars().count() == 1);
    match is_spelled_out {
        true => vec![words.concat()],
        false => words,
    }
}

/// A letter without its diacritics, as far as the keywords need, and at normal width.
fn plain(letter: char) -> char {
    match letter {
        'À'..='Å' | 'à'..='å' | 'Ą' | 'ą' => 'A',
        'Ç' | 'ç' => 'C',
        'È'..='Ë' | 'è'..='ë' | 'Ę' | 'ę' => 'E',
        'Ì'..='Ï' | 'ì'..='ï' | 'İ' | 'ı' => 'I',
        'Ò'..='Ö' | 'ò'..='ö' => 'O',
        'Ş' | 'ş' => 'S',
        'Ù'..='Ü' | 'ù'..='ü' => 'U',
        'Ά' | 'ά' => 'Α',
        'Έ' | 'έ' => 'Ε',
        'Ή' | 'ή' => 'Η',
        'Ί' | 'ί' => 'Ι',
        'Ό' | 'ό' => 'Ο',
        'Ώ' | 'ώ' => 'Ω',
        'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter)
        }
        letter => letter,
    }
}

/// The words without polite phrases at either end.
fn without_politeness(mut words: &[String]) -> &[String] {
    let longest = |at: &dyn Fn(&[&str]) -> bool| {
        let phrases = POLITE
            .iter()
            .map(|phrase| phrase.split(' ').collect::<Vec<_>>());
        phrases
            .filter(|phrase| at(phrase))
            .map(|phrase| phrase.len())
            .max()
    };
    loop {
        let after = longest(&|phrase| ends_with(words, phrase));
        let before = longest(&|phrase| starts_with(words, phrase));
        words = match (after, before) {
            (Some(count), _) => words.get(..words.len() - count).unwrap_or_default(),
            (None, Some(count)) => words.get(count..).unwrap_or_default(),
            (None, None) => return words,
        };
    }
}

fn starts_with(words: &[String], phrase: &[&str]) -> bool {
    words.len() >= phrase.len() && words.iter().zip(phrase).all(|(word, other)| word == other)
}

fn ends_with(words: &[String], phrase: &[&str]) -> bool {
    let is_same = |(word, other): (&String, &&str)| word == other;
    words.len() >= phrase.len() && words.iter().rev().zip(phrase.iter().rev()).all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyword_counts_in_any_case_and_language() {
        for text in [
            "STOP",
            "stop",
            " Stop. ",
            "\"stop\"",
            "Stop!\n",
            "stop  all",
            "arrêt",
            "Abmelden",
            "στοπ",
            "διακοπή",
            "iptal",
            "İptal",
        ] {
            assert_eq!(Keyword::of(text), Some(Keyword::Stop), "{text}");
        }
        for text in ["start", "UNSTOP", "έναρξη"] {
            assert_eq!(Keyword::of(text), Some(Keyword::Start), "{text}");
        }
        for text in ["help?", "Hilfe", "info"] {
            assert_eq!(Keyword::of(text), Some(Keyword::Help), "{text}");
        }
    }

    #[test]
    fn spelling_variants_and_polite_phrases_are_ignored() {
        for text in [
            "opt-out",
            "Opt–Out",
            "OPT_OUT",
            "opt.out!",
            "S.T.O.P.",
            "S T O P",
            "stop-all",
            "STOP STOP STOP",
            "Stop. Thank you",
            "stop, thanks!",
            "Please stop",
            "STOP PLEASE",
            "stop pls thx",
            "Unsubscribe please, thank you very much.",
            "Stop 🙏",
            "🛑 STOP",
            "“Stop”",
            "St\u{200b}op",
            "\u{feff}STOP",
            "arre\u{302}t",
            "Arrêt s'il vous plaît",
            "Stopp, danke schön",
            "baja por favor",
            "ＳＴＯＰ",
        ] {
            assert_eq!(Keyword::of(text), Some(Keyword::Stop), "{text}");
        }
        assert_eq!(Keyword::of("Start, please"), Some(Keyword::Start));
        assert_eq!(Keyword::of("Help please!"), Some(Keyword::Help));
    }

    #[test]
    fn a_keyword_within_a_sentence_does_not_count() {
        for text in [
            "",
            "!",
            "Please stop by at noon",
            "non-stop",
            "I can't stop laughing",
            "stopped",
            "The end of the line",
            "bus stop",
            "Please",
            "thank you",
            "please stop by at noon, thanks",
            "Stop please by at noon",
            "Can you stop the bus please",
            "opt-outs are at the end",
            "cancel my appointment please",
            "stop-over",
            "Liked “STOP”",
            "stop sending me things that I like less than others",
        ] {
            assert_eq!(Keyword::of(text), None, "{text}");
        }
    }
}
