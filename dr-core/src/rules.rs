//! Every rule of drift and of readiness, by its code: for `dr explain`.

use crate::config::{self, Problems, Source};
use crate::model::{Estate, RuleDoc};
use crate::{drift, readiness};

/// All of them.
pub fn all() -> impl Iterator<Item = &'static RuleDoc> {
    drift::rules().chain(readiness::rules().map(|rule| &rule.doc))
}

/// The rule of that code.
pub fn find(code: &str) -> Option<&'static RuleDoc> {
    all().find(|rule| rule.code == code)
}

/// The code that was meant, where one is near.
pub fn nearest(code: &str) -> Option<&'static str> {
    config::nearest(code, all().map(|rule| rule.code))
}

/// Reads and checks an estate, and that each of its exceptions names a rule.
///
/// # Errors
/// All that is wrong with the text, each with its place.
pub fn load_estate(source: Source) -> Result<Estate, Problems> {
    let codes: Vec<&str> = all().map(|rule| rule.code).collect();
    config::load_estate_with_rules(source, &codes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_code_names_one_rule_over_drift_and_readiness() {
        let codes: Vec<&str> = all().map(|rule| rule.code).collect();
        let unique: BTreeSet<&str> = codes.iter().copied().collect();
        assert_eq!(codes.len(), unique.len(), "{codes:?}");
        for code in codes {
            let is_kebab = code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            assert!(is_kebab && code.contains('-'), "{code}");
        }
    }

    #[test]
    fn each_rule_says_why_what_to_do_and_who_says_so() {
        for rule in all() {
            let code = rule.code;
            assert!(
                !rule.title.ends_with('.') && rule.title.len() > 20,
                "{code}: {}",
                rule.title
            );
            assert!(rule.why.ends_with('.'), "{code}: {}", rule.why);
            assert!(
                !rule.fix.ends_with('.') && rule.fix.len() > 10,
                "{code}: {}",
                rule.fix
            );
            let is_page = rule.source.starts_with("https://") || rule.source.starts_with("docs/");
            assert!(is_page, "{code}: {}", rule.source);
        }
    }

    #[test]
    fn a_slip_of_the_keyboard_finds_the_code_that_was_meant() {
        assert_eq!(nearest("type-not-oferred"), Some("type-not-offered"));
        assert_eq!(nearest("no such thing at all"), None);
    }
}
