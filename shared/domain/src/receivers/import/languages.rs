//! Languages by the names that lists of people give them.

/// The tag (BCP 47) of a language that is written out, as in `Deutsch`.
pub(super) fn tag_of(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    NAMES
        .iter()
        .find_map(|(tag, names)| names.contains(&name.as_str()).then_some(*tag))
}

/// In lower case: in English, in the language itself, and in those whose headings are known.
const NAMES: &[(&str, &[&str])] = &[
    (
        "ar",
        &["arabic", "العربية", "arabisch", "arabe", "árabe", "arabo"],
    ),
    (
        "de",
        &[
            "german", "deutsch", "allemand", "alemán", "tedesco", "duits",
        ],
    ),
    (
        "el",
        &[
            "greek",
            "ελληνικά",
            "griechisch",
            "grec",
            "griego",
            "greco",
            "grieks",
        ],
    ),
    (
        "en",
        &[
            "english", "englisch", "anglais", "inglés", "inglese", "engels",
        ],
    ),
    (
        "es",
        &[
            "spanish",
            "español",
            "castellano",
            "spanisch",
            "espagnol",
            "spagnolo",
            "spaans",
        ],
    ),
    (
        "fr",
        &[
            "french",
            "français",
            "francais",
            "französisch",
            "francés",
            "francese",
            "frans",
        ],
    ),
    (
        "it",
        &["italian", "italiano", "italienisch", "italien", "italiaans"],
    ),
    (
        "nl",
        &[
            "dutch",
            "nederlands",
            "niederländisch",
            "holländisch",
            "néerlandais",
            "neerlandés",
            "olandese",
        ],
    ),
    (
        "pl",
        &[
            "polish", "polski", "polnisch", "polonais", "polaco", "polacco", "pools",
        ],
    ),
    (
        "pt",
        &[
            "portuguese",
            "português",
            "portugiesisch",
            "portugais",
            "portugués",
            "portoghese",
            "portugees",
        ],
    ),
    (
        "ru",
        &["russian", "русский", "russisch", "russe", "ruso", "russo"],
    ),
    (
        "tr",
        &["turkish", "türkçe", "türkisch", "turc", "turco", "turks"],
    ),
    (
        "uk",
        &[
            "ukrainian",
            "українська",
            "ukrainisch",
            "ukrainien",
            "ucraniano",
            "ucraino",
            "oekraïens",
        ],
    ),
];
