//! Callbacks in which one thing was changed.

use crate::vendor::{BadCallback, Told};

/// Changes one of the texts that a callback consists of, a thousand times, and hears what comes of it. Nothing may be believed that
/// does not say the same as the right one, as a signature in capital letters does.
pub(crate) fn nothing_is_believed(
    right: &[&str],
    hear: impl Fn(&[&str]) -> Result<Vec<Told>, BadCallback>,
) {
    let told = hear(right).unwrap();
    let mut dice = fastrand::Rng::with_seed(7);
    let mut refused = 0;
    for _ in 0..1_000 {
        let mut changed: Vec<String> = right.iter().map(ToString::to_string).collect();
        let place = dice.usize(..changed.len());
        changed[place] = change(&changed[place], &mut dice);
        let texts: Vec<&str> = changed.iter().map(String::as_str).collect();
        match hear(&texts) {
            Ok(believed) => assert_eq!(believed, told, "{changed:?}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 900, "{refused}");
}

/// Another text: one character is another one, is missing, or stands there twice.
fn change(text: &str, dice: &mut fastrand::Rng) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let place = dice.usize(..characters.len());
    match dice.u8(..3) {
        0 => {
            let before = characters[place];
            while characters[place] == before {
                characters[place] = dice.alphanumeric();
            }
        }
        1 => {
            characters.remove(place);
        }
        _ => {
            let doubled = characters[place];
            characters.insert(place, doubled);
        }
    }
    characters.into_iter().collect()
}
