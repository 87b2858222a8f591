//! The name that somebody probably meant.

/// As in `; did you mean status?`, if one of the names is near.
pub(super) fn suggestion<'a>(
    given: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    // Longer texts are no names, and comparing them takes long.
    if given.len() > 60 {
        return None;
    }
    let most = (given.chars().count() / 3).clamp(1, 3);
    let near = names
        .into_iter()
        .map(|name| (distance(given, name), name))
        .filter(|(distance, _)| *distance <= most);
    let (_, name) = near.min_by_key(|(distance, _)| *distance)?;
    Some(format!("; did you mean {name}?"))
}

/// How many characters have to be inserted, removed, replaced or swapped with the next to get from one text to the other (Levenshtein
/// with transpositions of neighbours).
fn distance(one: &str, other: &str) -> usize {
    let is_same = |one: &char, other: &char| one.eq_ignore_ascii_case(other);
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut previous: Option<char> = None;
    for (place, character) in one.chars().enumerate() {
        let mut next = vec![place + 1];
        let mut left = place + 1;
        for (column, (pair, its)) in row.windows(2).zip(&other).enumerate() {
            let &[diagonal, above] = pair else { continue };
            let replaced = diagonal + usize::from(!is_same(&character, its));
            let mut least = replaced.min(above + 1).min(left + 1);
            let earlier = column.checked_sub(1);
            if let (Some(previous), Some(earlier)) = (previous, earlier)
                && let (Some(its_earlier), Some(swapped)) =
                    (other.get(earlier), before.get(earlier))
                && is_same(&previous, its)
                && is_same(&character, its_earlier)
            {
                least = least.min(swapped + 1);
            }
            left = least;
            next.push(left);
        }
        before = row;
        row = next;
        previous = Some(character);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let names = ["status", "points", "birthday"];
        let hint = |given| suggestion(given, names);
        assert_eq!(hint("statsu").as_deref(), Some("; did you mean status?"));
        assert_eq!(hint("Points").as_deref(), Some("; did you mean points?"));
        assert_eq!(hint("point").as_deref(), Some("; did you mean points?"));
        assert_eq!(hint("colour"), None);
        assert_eq!(hint(&"s".repeat(1_000)), None);
        for (one, other, expected) in [
            ("kitten", "sitting", 3),
            ("emial", "email", 1),
            ("ab", "ba", 1),
            ("abc", "bca", 2),
            ("", "abc", 3),
            ("abc", "", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }
}
