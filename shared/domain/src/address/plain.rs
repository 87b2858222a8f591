//! Cleaning up text input: files and forms carry characters that nobody sees or intended.

/// The text without invisible characters, with typographic and spreadsheet characters replaced by plain ones, and
/// trimmed. Control characters stay, for the caller to refuse.
pub(crate) fn plain(text: &str) -> String {
    let visible = text.chars().filter(|character| !is_invisible(*character));
    let text: String = visible.map(look_alike).collect();
    text.trim().to_owned()
}

/// Whether a character is invisible (Unicode Character Database, `Default_Ignorable_Code_Point`): directional marks,
/// joiners, the byte-order mark, soft hyphens, variation selectors.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The plain look-alike of a character.
fn look_alike(character: char) -> char {
    match character {
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => '\'',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{2024}' | '\u{3002}' | '\u{ff61}' => '.',
        // The fullwidth forms are in ASCII order (Unicode block "Halfwidth and Fullwidth Forms").
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xff01 + 0x21).unwrap_or(character)
        }
        space if space.is_whitespace() && !space.is_control() => ' ',
        other => other,
    }
}

/// The ASCII digit of a decimal digit in any script commonly used for phone numbers.
pub(super) fn ascii_digit(character: char) -> char {
    /// The zeros; the other digits follow each (Unicode general category `Nd`).
    const ZEROS: [char; 14] = [
        '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}',
        '\u{be6}', '\u{c66}', '\u{ce6}', '\u{d66}', '\u{e50}', '\u{1040}',
    ];
    let value = ZEROS.into_iter().find_map(|zero| {
        let distance = u32::from(character).checked_sub(u32::from(zero))?;
        char::from_digit(distance, 10)
    });
    value.unwrap_or(character)
}
