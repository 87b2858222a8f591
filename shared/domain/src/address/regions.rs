//! Countries by the names found in files of receivers: in English, in their own language, and in the supported heading
//! languages ([`crate::receivers::import`]).

/// The ISO 3166-1 code of a country, by name.
pub(super) fn code_of(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    NAMES
        .iter()
        .find_map(|(code, names)| names.contains(&name.as_str()).then_some(*code))
}

/// In lower case.
const NAMES: &[(&str, &[&str])] = &[
    (
        "AE",
        &[
            "united arab emirates",
            "uae",
            "vereinigte arabische emirate",
            "émirats arabes unis",
        ],
    ),
    (
        "AR",
        &["argentina", "argentinien", "argentine", "argentinië"],
    ),
    (
        "AT",
        &[
            "austria",
            "österreich",
            "oesterreich",
            "autriche",
            "oostenrijk",
            "aut",
        ],
    ),
    (
        "AU",
        &["australia", "australien", "australie", "australië", "aus"],
    ),
    (
        "BE",
        &[
            "belgium", "belgien", "belgique", "bélgica", "belgio", "belgië", "bel",
        ],
    ),
    (
        "BG",
        &["bulgaria", "bulgarien", "bulgarie", "bulgarije", "българия"],
    ),
    (
        "BR",
        &[
            "brazil",
            "brasil",
            "brasilien",
            "brésil",
            "brasile",
            "brazilië",
            "bra",
        ],
    ),
    ("CA", &["canada", "kanada", "canadá", "can"]),
    (
        "CH",
        &[
            "switzerland",
            "schweiz",
            "suisse",
            "suiza",
            "svizzera",
            "zwitserland",
            "che",
        ],
    ),
    ("CL", &["chile", "chili", "cile"]),
    ("CN", &["china", "chine", "cina", "中国"]),
    ("CO", &["colombia", "kolumbien", "colombie"]),
    (
        "CY",
        &["cyprus", "zypern", "chypre", "chipre", "cipro", "κύπρος"],
    ),
    (
        "CZ",
        &[
            "czechia",
            "czech republic",
            "tschechien",
            "tchéquie",
            "chequia",
            "cechia",
            "tsjechië",
            "česko",
        ],
    ),
    (
        "DE",
        &[
            "germany",
            "deutschland",
            "allemagne",
            "alemania",
            "germania",
            "duitsland",
            "deu",
            "ger",
        ],
    ),
    (
        "DK",
        &[
            "denmark",
            "dänemark",
            "danemark",
            "dinamarca",
            "danimarca",
            "denemarken",
            "danmark",
            "dnk",
        ],
    ),
    ("EE", &["estonia", "estland", "estonie", "eesti"]),
    (
        "EG",
        &[
            "egypt", "ägypten", "égypte", "egipto", "egitto", "egypte", "مصر",
        ],
    ),
    (
        "ES",
        &[
            "spain", "spanien", "espagne", "españa", "spagna", "spanje", "esp",
        ],
    ),
    (
        "FI",
        &[
            "finland",
            "finnland",
            "finlande",
            "finlandia",
            "suomi",
            "fin",
        ],
    ),
    (
        "FR",
        &["france", "frankreich", "francia", "frankrijk", "fra"],
    ),
    (
        "GB",
        &[
            "united kingdom",
            "uk",
            "u.k.",
            "great britain",
            "england",
            "scotland",
            "wales",
            "northern ireland",
            "vereinigtes königreich",
            "großbritannien",
            "royaume-uni",
            "reino unido",
            "regno unito",
            "verenigd koninkrijk",
            "gbr",
        ],
    ),
    (
        "GR",
        &[
            "greece",
            "griechenland",
            "grèce",
            "grecia",
            "griekenland",
            "ελλάδα",
            "ελλαδα",
            "grc",
        ],
    ),
    (
        "HR",
        &[
            "croatia", "kroatien", "croatie", "croacia", "croazia", "kroatië", "hrvatska",
        ],
    ),
    (
        "HU",
        &[
            "hungary",
            "ungarn",
            "hongrie",
            "hungría",
            "ungheria",
            "hongarije",
            "magyarország",
        ],
    ),
    (
        "IE",
        &[
            "ireland", "irland", "irlande", "irlanda", "ierland", "éire", "irl",
        ],
    ),
    ("IL", &["israel", "israël", "israele"]),
    ("IN", &["india", "indien", "inde", "ind"]),
    (
        "IT",
        &["italy", "italien", "italie", "italia", "italië", "ita"],
    ),
    ("JP", &["japan", "japon", "japón", "giappone", "日本"]),
    ("KE", &["kenya", "kenia"]),
    (
        "LT",
        &[
            "lithuania",
            "litauen",
            "lituanie",
            "lituania",
            "litouwen",
            "lietuva",
        ],
    ),
    (
        "LU",
        &["luxembourg", "luxemburg", "luxemburgo", "lussemburgo"],
    ),
    (
        "LV",
        &[
            "latvia", "lettland", "lettonie", "letonia", "lettonia", "letland", "latvija",
        ],
    ),
    ("MT", &["malta", "malte"]),
    ("MX", &["mexico", "mexiko", "mexique", "méxico", "messico"]),
    ("NG", &["nigeria", "nigéria"]),
    (
        "NL",
        &[
            "netherlands",
            "the netherlands",
            "niederlande",
            "pays-bas",
            "países bajos",
            "paesi bassi",
            "nederland",
            "holland",
            "nld",
        ],
    ),
    (
        "NO",
        &[
            "norway",
            "norwegen",
            "norvège",
            "noruega",
            "norvegia",
            "noorwegen",
            "norge",
            "nor",
        ],
    ),
    (
        "NZ",
        &[
            "new zealand",
            "neuseeland",
            "nouvelle-zélande",
            "nueva zelanda",
            "nuova zelanda",
            "nieuw-zeeland",
        ],
    ),
    (
        "PL",
        &["poland", "polen", "pologne", "polonia", "polska", "pol"],
    ),
    ("PT", &["portugal", "portogallo", "prt"]),
    (
        "RO",
        &[
            "romania",
            "rumänien",
            "roumanie",
            "rumania",
            "roemenië",
            "românia",
        ],
    ),
    (
        "SE",
        &[
            "sweden", "schweden", "suède", "suecia", "svezia", "zweden", "sverige", "swe",
        ],
    ),
    (
        "SI",
        &[
            "slovenia",
            "slowenien",
            "slovénie",
            "eslovenia",
            "slovenië",
            "slovenija",
        ],
    ),
    (
        "SK",
        &[
            "slovakia",
            "slowakei",
            "slovaquie",
            "eslovaquia",
            "slovacchia",
            "slowakije",
            "slovensko",
        ],
    ),
    (
        "TR",
        &[
            "turkey", "türkiye", "türkei", "turquie", "turquía", "turchia", "turkije",
        ],
    ),
    (
        "UA",
        &["ukraine", "ucrania", "ucraina", "oekraïne", "україна"],
    ),
    (
        "US",
        &[
            "united states",
            "united states of america",
            "usa",
            "u.s.a.",
            "u.s.",
            "vereinigte staaten",
            "états-unis",
            "estados unidos",
            "stati uniti",
            "verenigde staten",
        ],
    ),
    (
        "ZA",
        &[
            "south africa",
            "südafrika",
            "afrique du sud",
            "sudáfrica",
            "sudafrica",
            "zuid-afrika",
            "zaf",
        ],
    ),
];
