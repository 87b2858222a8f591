//! Callbacks with one change.

use crate::vendor::{BadCallback, ProviderEvent};

/// Changes one of the texts of a callback a thousand times and passes each to `events`. A changed callback must be
/// rejected unless it means the same as the original, such as a signature in capital letters.
pub(crate) fn nothing_is_believed(
    right: &[&str],
    events: impl Fn(&[&str]) -> Result<Vec<ProviderEvent>, BadCallback>,
) {
    let told = events(right).unwrap();
    let mut dice = fastrand::Rng::with_seed(7);
    let mut refused = 0;
    for _ in 0..1_000 {
        let mut changed: Vec<String> = right.iter().map(ToString::to_string).collect();
        let place = dice.usize(..changed.len());
        changed[place] = change(&changed[place], &mut dice);
        let texts: Vec<&str> = changed.iter().map(String::as_str).collect();
        match events(&texts) {
            Ok(believed) => assert_eq!(believed, told, "{changed:?}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 900, "{refused}");
}

/// A changed text: one character is replaced, removed or duplicated.
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
