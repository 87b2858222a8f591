//! Headings of address books and spreadsheets: the exports of Outlook, Google Contacts and Apple, and common names in
//! English, German, French, Spanish, Italian and Dutch, plus the words for addresses in Portuguese and Greek.
//!
//! Outlook names its columns `First Name`, `E-mail Address`, `Mobile Phone`
//! (<https://support.microsoft.com/office/import-contacts-to-outlook-bb796340-b58a-46c1-90c7-b549b8f3c5f8>), Google
//! `Given Name`, `E-mail 1 - Value`, `Phone 1 - Value` (<https://support.google.com/contacts/answer/1069522>).

/// The meaning of a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heading {
    FirstName,
    LastName,
    Email,
    /// A phone number explicitly called mobile.
    Mobile,
    /// Any other phone number.
    Phone,
    Push,
    Language,
    /// The region of phone numbers, or a sales region.
    Region,
    /// The country of phone numbers.
    Country,
}

/// The meaning of a known heading. Case, accents and separators are ignored.
pub(super) fn known(name: &str) -> Option<Heading> {
    let key = key(name);
    TABLE
        .iter()
        .find_map(|(heading, keys)| keys.contains(&key.as_str()).then_some(*heading))
}

/// The letters and digits without accents, in lower case, with one underscore between words.
fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            key.push(without_accent(character));
        } else if is_mark(character) {
            // Combining accents are dropped.
        } else if !key.is_empty() && !key.ends_with('_') {
            key.push('_');
        }
    }
    key.truncate(key.trim_end_matches('_').len());
    key
}

/// Whether a character is a combining accent (Unicode block "Combining Diacritical Marks").
fn is_mark(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}')
}

fn without_accent(character: char) -> char {
    match character {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        other => other,
    }
}

const TABLE: &[(Heading, &[&str])] = &[
    (
        Heading::FirstName,
        &[
            "first_name",
            "firstname",
            "given_name",
            "givenname",
            "forename",
            "member_first_name",
            "vorname",
            "first",
            "rufname",
            "prenom",
            "nombre",
            "nombre_de_pila",
            "primer_nombre",
            "nome",
            "voornaam",
            "roepnaam",
            "primeiro_nome",
            "ονομα",
        ],
    ),
    (
        Heading::LastName,
        &[
            "last_name",
            "lastname",
            "surname",
            "family_name",
            "familyname",
            "member_last_name",
            "nachname",
            "familienname",
            "zuname",
            "nom",
            "nom_de_famille",
            "apellido",
            "apellidos",
            "primer_apellido",
            "cognome",
            "achternaam",
            "familienaam",
            "apelido",
            "sobrenome",
            "επωνυμο",
        ],
    ),
    (
        Heading::Email,
        &[
            "email",
            "e_mail",
            "mail",
            "email_address",
            "e_mail_address",
            "emailaddress",
            "mail_address",
            "member_email",
            "primary_email",
            "email_1",
            "e_mail_1",
            "e_mail_1_value",
            "email_1_value",
            "e_mail_adresse",
            "email_adresse",
            "emailadresse",
            "mail_adresse",
            "mailadresse",
            "courriel",
            "adresse_courriel",
            "adresse_e_mail",
            "adresse_email",
            "adresse_mail",
            "adresse_de_messagerie",
            "adresse_electronique",
            "mel",
            "correo",
            "correo_electronico",
            "direccion_de_correo",
            "direccion_de_correo_electronico",
            "direccion_de_email",
            "indirizzo_e_mail",
            "indirizzo_email",
            "indirizzo_mail",
            "indirizzo_posta_elettronica",
            "indirizzo_di_posta_elettronica",
            "posta_elettronica",
            "e_mailadres",
            "emailadres",
            "e_mail_adres",
            "email_adres",
            "mailadres",
            "endereco_de_email",
            "endereco_de_e_mail",
            "correio_eletronico",
            "ηλεκτρονικη_διευθυνση",
        ],
    ),
    (
        Heading::Mobile,
        &[
            "mobile",
            "mobile_number",
            "mobile_no",
            "mobile_phone",
            "mobile_phone_number",
            "mobilephone",
            "mobile_telephone",
            "mobile_telephone_number",
            "phone_mobile",
            "phone_mobile_number",
            "member_mobile",
            "cell",
            "cell_phone",
            "cellphone",
            "cell_number",
            "cell_phone_number",
            "cellular",
            "cellular_phone",
            "msisdn",
            "sms_number",
            "sms_phone_number",
            "whatsapp_number",
            "handy",
            "handynummer",
            "handy_nummer",
            "handynr",
            "handy_nr",
            "mobil",
            "mobilnummer",
            "mobilfunk",
            "mobilfunknummer",
            "mobiltelefon",
            "mobiltelefonnummer",
            "telefon_mobil",
            "tel_mobil",
            "portable",
            "n_de_portable",
            "no_de_portable",
            "telephone_portable",
            "telephone_mobile",
            "tel_portable",
            "tel_mobile",
            "tel_mob",
            "numero_de_portable",
            "numero_portable",
            "numero_de_mobile",
            "numero_mobile",
            "numero_de_telephone_portable",
            "numero_de_telephone_mobile",
            "movil",
            "telefono_movil",
            "tel_movil",
            "numero_de_movil",
            "numero_movil",
            "celular",
            "telefono_celular",
            "numero_de_celular",
            "cellulare",
            "telefono_cellulare",
            "tel_cellulare",
            "numero_di_cellulare",
            "numero_cellulare",
            "gsm",
            "gsm_nummer",
            "mobiel",
            "mobiele_telefoon",
            "mobiele_nummer",
            "mobiel_nummer",
            "mobiel_telefoonnummer",
            "telemovel",
            "telefone_celular",
            "κινητο",
            "κινητο_τηλεφωνο",
        ],
    ),
    (
        Heading::Phone,
        &[
            "sms",
            "whatsapp",
            "phone",
            "telephone",
            "tel",
            "phone_number",
            "phone_no",
            "telephone_number",
            "primary_phone",
            "phone_1",
            "phone_1_value",
            "telefon",
            "telefonnummer",
            "telefonnr",
            "telefon_nr",
            "tel_nr",
            "rufnummer",
            "numero_de_telephone",
            "no_de_telephone",
            "telefono",
            "numero_de_telefono",
            "numero_di_telefono",
            "telefoon",
            "telefoonnummer",
            "telefone",
            "numero_de_telefone",
            "τηλεφωνο",
        ],
    ),
    (Heading::Push, &["push", "push_address", "member_push"]),
    (
        Heading::Language,
        &[
            "language",
            "lang",
            "locale",
            "preferred_language",
            "language_code",
            "member_language",
            "sprache",
            "sprachcode",
            "langue",
            "idioma",
            "lingua",
            "taal",
            "γλωσσα",
        ],
    ),
    (Heading::Region, &["region", "region_code"]),
    (
        Heading::Country,
        &[
            "country",
            "country_code",
            "country_region",
            "home_country_region",
            "business_country_region",
            "home_country",
            "business_country",
            "address_1_country",
            "land",
            "landercode",
            "landercode_iso",
            "laendercode",
            "landescode",
            "pays",
            "code_pays",
            "pais",
            "codigo_de_pais",
            "paese",
            "codice_paese",
            "landcode",
            "χωρα",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_recognised_in_six_languages() {
        let right: &[(Heading, &[&str])] = &[
            (
                Heading::FirstName,
                &[
                    "First Name",
                    "Given Name",
                    "Vorname",
                    "Prénom",
                    "Nombre",
                    "Nome",
                    "Voornaam",
                    "pre\u{301}nom",
                ],
            ),
            (
                Heading::LastName,
                &[
                    "Last Name",
                    "Family Name",
                    "Nachname",
                    "Nom",
                    "Apellidos",
                    "Cognome",
                    "Achternaam",
                ],
            ),
            (
                Heading::Email,
                &[
                    "E-mail Address",
                    "E-mail 1 - Value",
                    "Email",
                    "E-Mail-Adresse",
                    "E-Mail",
                    "Courriel",
                    "Adresse e-mail",
                    "Correo electrónico",
                    "Dirección de correo electrónico",
                    "Indirizzo e-mail",
                    "Indirizzo posta elettronica",
                    "E-mailadres",
                    "EMAIL_ADDRESS",
                    "member.email",
                ],
            ),
            (
                Heading::Mobile,
                &[
                    "Mobile Phone",
                    "Cell phone",
                    "Mobile Phone Number",
                    "Handynummer",
                    "Mobiltelefon",
                    "Tél. mobile",
                    "Téléphone mobile",
                    "Teléfono móvil",
                    "Móvil",
                    "Cellulare",
                    "Telefono cellulare",
                    "Mobiel",
                    "Mobiele telefoon",
                    "Κινητό",
                ],
            ),
            (
                Heading::Phone,
                &[
                    "Phone",
                    "Phone 1 - Value",
                    "Telefon",
                    "Téléphone",
                    "Telefono",
                    "Telefoon",
                    "Tel.",
                ],
            ),
            (
                Heading::Language,
                &["Language", "Sprache", "Langue", "Idioma", "Lingua", "Taal"],
            ),
            (
                Heading::Country,
                &[
                    "Country",
                    "Country/Region",
                    "Land",
                    "Pays",
                    "País",
                    "Paese",
                    "Address 1 - Country",
                ],
            ),
        ];
        for (heading, names) in right {
            for name in *names {
                assert_eq!(known(name), Some(*heading), "{name}");
            }
        }
    }

    #[test]
    fn other_address_book_columns_are_not_addresses() {
        for name in [
            "E-mail 2 Address",
            "E-mail 2 - Value",
            "E-mail Type",
            "E-mail Display Name",
            "Home Phone",
            "Business Phone",
            "Company Main Phone",
            "Phone 1 - Label",
            "Phone 2 - Value",
            "Middle Name",
            "Company",
            "Notes",
            "Customer #",
            "",
        ] {
            assert_eq!(known(name), None, "{name}");
        }
    }
}
