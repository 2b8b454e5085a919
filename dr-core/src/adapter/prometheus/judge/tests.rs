use proptest::prelude::*;

use super::super::answer::{Labels, up_query};
use super::*;

fn sides() -> [Side; 2] {
    let side = |site: &str, targets: &[&str]| {
        let targets: Vec<String> = targets.iter().map(|&t| t.to_owned()).collect();
        Side::new(&site.parse().unwrap(), &targets)
    };
    [
        side("ohio", &["a:1", "b:1", "shared:1"]),
        side("california", &["c:1", "d:1", "shared:1"]),
    ]
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn scrape(address: &str, job: &str, health: &str) -> Target {
    Target {
        discovered_labels: labels(&[("__address__", address), ("__meta_filepath", "/x/dr.json")]),
        labels: labels(&[("instance", address), ("job", job)]),
        health: health.to_owned(),
        scrape_interval: "10s".to_owned(),
    }
}

fn scraped(addresses: &[&str]) -> Targets {
    let active = addresses.iter();
    Targets {
        active: active.map(|address| scrape(address, "app", "up")).collect(),
    }
}

fn young(target: &Target) -> Sample {
    Sample::new(target.labels.clone(), 1000.0, 999.0)
}

#[test]
fn a_site_is_watched_when_something_of_it_and_nothing_of_the_other_one_is_scraped() {
    let sides = sides();
    let watched =
        |addresses: &[&str]| watched(&sides, &scraped(addresses)).map(|side| side.site.to_string());
    assert_eq!(watched(&["a:1"]).unwrap(), "ohio");
    assert_eq!(
        watched(&["c:1", "shared:1", "else:1"]).unwrap(),
        "california"
    );
    assert!(watched(&["a:1", "c:1"]).is_err());
    assert!(watched(&["shared:1", "else:1"]).is_err());
    assert!(watched(&[]).is_err());
}

#[test]
fn what_comes_from_another_file_is_none_of_ours() {
    let targets = scraped(&["a:1"]);
    assert_eq!(targets.clone().of_file("dr.json").active.len(), 1);
    assert!(targets.clone().of_file("r.json").active.is_empty());
    assert!(targets.of_file("other.json").active.is_empty());
}

#[test]
fn a_target_is_up_only_with_a_young_sample_of_each_job_that_scrapes_it() {
    let [ohio, _] = sides();
    let count = |active: Vec<Target>, samples: &[Sample]| up(&ohio, &Targets { active }, samples);
    let (app, node) = (scrape("a:1", "app", "up"), scrape("a:1", "node", "up"));
    let both = vec![app.clone(), node.clone()];
    assert_eq!(count(both.clone(), &[young(&app), young(&node)]), 1);
    assert_eq!(
        count(both.clone(), &[young(&app)]),
        0,
        "one job stored nothing"
    );
    let stale = Sample::new(node.labels.clone(), 1000.0, 969.0);
    assert_eq!(count(both.clone(), &[young(&app), stale]), 0, "31 s old");
    let ahead = Sample::new(node.labels.clone(), 1000.0, 1001.0);
    assert_eq!(count(both, &[young(&app), ahead]), 0, "no age at all");
    let down = scrape("a:1", "app", "down");
    assert_eq!(count(vec![down.clone()], &[young(&down)]), 0);
    let other = scrape("c:1", "app", "up");
    assert_eq!(
        count(vec![other.clone()], &[young(&other)]),
        0,
        "of the other site"
    );
}

#[test]
fn sites_that_cannot_be_told_apart_by_their_targets_are_refused() {
    let [ohio, california] = sides();
    assert!(distinct(&[ohio.clone(), california.clone()]).is_ok());
    let within = Side {
        targets: BTreeSet::from(["shared:1".to_owned()]),
        ..california.clone()
    };
    assert!(distinct(&[ohio.clone(), within.clone()]).is_err());
    assert!(distinct(&[within, ohio.clone()]).is_err());
    let none = Side {
        targets: BTreeSet::new(),
        ..california
    };
    assert!(distinct(&[ohio, none]).is_err());
}

#[test]
fn alerts_reach_nobody_without_a_manager_or_while_the_dead_mans_check_is_silent() {
    let managers: AlertManagers =
        serde_json::from_str(r#"{"activeAlertmanagers": [{"url": "http://a/"}]}"#).unwrap();
    let alerts = |state: &str| -> Alerts {
        let alert = serde_json::json!({"labels": {"alertname": "Watchdog"}, "state": state});
        serde_json::from_value(serde_json::json!({ "alerts": [alert] })).unwrap()
    };
    assert!(unheard(&AlertManagers::default(), None).is_some());
    assert_eq!(unheard(&managers, None), None);
    assert_eq!(
        unheard(&managers, Some(("Watchdog", &alerts("firing")))),
        None
    );
    assert!(unheard(&managers, Some(("Watchdog", &alerts("pending")))).is_some());
    assert!(unheard(&managers, Some(("DeadMan", &alerts("firing")))).is_some());
}

#[test]
fn a_name_of_a_job_is_no_part_of_the_query_language() {
    let mut targets = scraped(&["a:1"]);
    targets.active[0]
        .labels
        .insert("job".to_owned(), "a\"} or vector(1) #.".to_owned());
    let query = up_query(&targets);
    let one =
        r#"up{job=~"a\\x{22}\\x{7d}\\x{20}or\\x{20}vector\\x{28}1\\x{29}\\x{20}\\x{23}\\x{2e}"}"#;
    assert_eq!(query, format!("timestamp({one}) and ({one} == 1)"));
}

proptest! {
    #[test]
    fn no_more_is_up_than_is_bound_and_what_is_scraped_whole_is_watched(
        here in proptest::sample::subsequence(vec!["a:1", "b:1", "shared:1"], 0..=3),
        there in proptest::sample::subsequence(vec!["c:1", "d:1"], 0..=2),
    ) {
        let sides = sides();
        let targets = scraped(&[here, there].concat());
        let samples: Vec<Sample> = targets.active.iter().map(young).collect();
        for side in &sides {
            prop_assert!(up(side, &targets, &samples) <= side.targets.len());
            if scrapes(side, &sides, &targets) {
                prop_assert_eq!(watched(&sides, &targets).unwrap(), side);
                prop_assert_eq!(up(side, &targets, &samples), side.targets.len());
            }
        }
    }
}
