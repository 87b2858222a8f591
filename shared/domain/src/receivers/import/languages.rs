//! Languages by the names found in files of receivers.

/// The BCP 47 tag of a language name, such as `Deutsch`.
pub(super) fn tag_of(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    NAMES
        .iter()
        .find_map(|(tag, names)| names.contains(&name.as_str()).then_some(*tag))
}

/// In lower case: in English, in the language itself, and in the supported heading languages.
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
