//! The estates that are shipped, embedded, so that `dr` has something to show without any file.

use super::Source;

const STOREFRONT: &str = include_str!("../../../runbooks/storefront/estate.yaml");

const STOREFRONT_RUNBOOKS: [(&str, &str); 2] = [
    (
        "failover",
        include_str!("../../../runbooks/storefront/failover.yaml"),
    ),
    (
        "failback",
        include_str!("../../../runbooks/storefront/failback.yaml"),
    ),
];

/// The names of the storefront's game days, with their texts.
macro_rules! gamedays {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../runbooks/storefront/gamedays/", $name, ".yaml")))),*]
    };
}

const STOREFRONT_GAMEDAYS: &[(&str, &str)] = gamedays![
    "region-loss",
    "region-isolated",
    "database-loss",
    "lag-beyond-rpo",
    "throttling-storm",
    "short-of-quota",
    "no-capacity",
    "backup-in-the-way",
    "promotion-answer-lost",
    "operator-dies-at-the-pivot",
    "two-operators",
    "resolvers-ignore-ttls",
    "old-primary-returns",
    "failback-under-load",
    "standby-dies-too",
    "clock-skew",
    "monitoring-blind",
];

const STOREFRONT_DISASTERS: &str = include_str!("../../../runbooks/storefront/disasters.yaml");

/// What may go wrong with an estate, and how often, where its owners have declared nothing.
pub fn disasters() -> Source {
    Source::new("built-in storefront/disasters.yaml", STOREFRONT_DISASTERS)
}

/// The estate of a web shop in us-east-2 and us-west-1.
pub fn storefront_estate() -> Source {
    Source::new("built-in storefront/estate.yaml", STOREFRONT)
}

/// The storefront's runbook of that name.
pub fn storefront_runbook(name: &str) -> Option<Source> {
    STOREFRONT_RUNBOOKS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| Source::new(format!("built-in storefront/{name}.yaml"), *text))
}

/// The names of the storefront's runbooks.
pub fn runbook_names() -> [&'static str; 2] {
    STOREFRONT_RUNBOOKS.map(|(name, _)| name)
}

/// The storefront's game day of that name.
pub fn storefront_gameday(name: &str) -> Option<Source> {
    STOREFRONT_GAMEDAYS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| Source::new(format!("built-in storefront/gamedays/{name}.yaml"), *text))
}

/// The names of the storefront's game days.
pub fn gameday_names() -> Vec<&'static str> {
    STOREFRONT_GAMEDAYS.iter().map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_estate;
    use crate::runbook::Runbook;

    #[test]
    fn the_shipped_estate_is_right() {
        let estate =
            load_estate(storefront_estate()).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(estate.home().id.as_str(), "ohio");
        assert_eq!(estate.components.len(), 11);
        insta::assert_json_snapshot!(estate);
    }

    #[test]
    fn the_shipped_runbooks_are_right_and_called_as_their_files() {
        for name in runbook_names() {
            let source = storefront_runbook(name).expect("it is named");
            let runbook = Runbook::parse(source).unwrap_or_else(|problems| panic!("{problems}"));
            assert_eq!(runbook.name, name);
        }
        assert!(storefront_runbook("fallback").is_none());
    }
}
