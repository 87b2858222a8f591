//! Words that people write to stop messages, to get them again, or for help.
//!
//! A text counts only if it is such a word and nothing else, or the word that Twilio and carriers take
//! in a language (<https://help.twilio.com/articles/223134027>): "please stop by at noon" is no wish to
//! get no more.

/// What a text asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// No more messages.
    Stop,
    /// Messages again.
    Start,
    /// Help.
    Help,
}

/// Words for no more messages, in capitals: English, French, Spanish and Portuguese, German, Italian, Greek, Dutch,
/// Polish, Turkish.
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
    "ARRÊT",
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
    "ΔΙΑΚΟΠΉ",
    "AFMELDEN",
    "REZYGNACJA",
    "IPTAL",
    "İPTAL",
];

/// Words for messages again, in capitals.
const START: &[&str] = &[
    "START",
    "UNSTOP",
    "SUBSCRIBE",
    "ANMELDEN",
    "ALTA",
    "COMENZAR",
    "DEBUT",
    "DÉBUT",
    "ΕΝΑΡΞΗ",
    "ΈΝΑΡΞΗ",
    "AANMELDEN",
];

/// Words for help, in capitals.
const HELP: &[&str] = &[
    "HELP",
    "INFO",
    "HILFE",
    "AYUDA",
    "AJUDA",
    "AIDE",
    "AIUTO",
    "ΒΟΗΘΕΙΑ",
    "ΒΟΉΘΕΙΑ",
];

impl Keyword {
    /// What a text asks for, if it is one of the words and nothing else but spaces, punctuation and letter case.
    pub fn of(text: &str) -> Option<Self> {
        let word = text
            .trim_matches(|letter: char| !letter.is_alphanumeric())
            .to_uppercase();
        let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_among = |words: &[&str]| words.contains(&word.as_str());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_by_itself_is_a_wish_in_any_case_and_language() {
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
    fn a_word_in_a_sentence_is_none() {
        for text in [
            "",
            "!",
            "Please stop by at noon",
            "non-stop",
            "I can't stop laughing",
            "stopped",
            "The end of the line",
            "bus stop",
            "stop sending me things that I like less than others",
        ] {
            assert_eq!(Keyword::of(text), None, "{text}");
        }
    }
}
