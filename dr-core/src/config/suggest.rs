//! "Did you mean": the known word nearest to what was written.

/// The candidate nearest to `word`, when it is near enough to be a slip of the keyboard.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Nothing long is a slip, and the distance of two long words is costly.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase().replace('_', "-");
    let tolerated = match word.chars().count() {
        0..=1 => 0,
        2..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= tolerated)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to say to somebody who wrote `word` where one of `candidates` was meant.
pub(crate) fn help<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(meant) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let known: Vec<String> = candidates
        .into_iter()
        .map(|candidate| format!("`{candidate}`"))
        .collect();
    match known.as_slice() {
        [] => None,
        [only] => Some(format!("write {only}")),
        [one, other] => Some(format!("write {one} or {other}")),
        [most @ .., last] => Some(format!("write one of {} or {last}", most.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 4] = ["region", "role", "steady-state", "rpo"];

    #[test]
    fn a_slip_of_the_keyboard_finds_the_word_that_was_meant() {
        for (written, meant) in [
            ("regoin", "region"),
            ("Role", "role"),
            ("steady_state", "steady-state"),
            ("rto", "rpo"),
        ] {
            assert_eq!(nearest(written, WORDS), Some(meant), "{written}");
        }
    }

    #[test]
    fn a_word_like_none_of_the_known_gets_the_list_of_them() {
        assert_eq!(nearest("flavour", WORDS), None);
        assert_eq!(
            help("flavour", WORDS).as_deref(),
            Some("write one of `region`, `role`, `steady-state` or `rpo`")
        );
    }

    #[test]
    fn where_nothing_is_known_nothing_is_advised() {
        assert_eq!(help("flavour", []), None);
    }
}
