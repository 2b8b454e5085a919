//! `dr gameday` as people type it.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

fn dr(place: &TempDir, line: &str) -> Output {
    Command::new(cargo_bin("dr"))
        .args(line.split_whitespace())
        .env_clear()
        .current_dir(place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_list_says_in_a_line_what_each_game_day_proves() {
    let place = tempfile::tempdir().unwrap();
    let listed = dr(&place, "gameday list");
    assert_eq!(listed.status.code(), Some(0));
    let text = stdout(&listed);
    assert!(text.lines().count() >= 14, "{text}");
    let line = text
        .lines()
        .find(|line| line.starts_with("promotion-answer-lost "))
        .unwrap();
    assert!(line.ends_with("A promotion in doubt is settled by reading, and made once."));
}

#[test]
fn a_game_day_is_played_reported_and_its_runs_too() {
    let place = tempfile::tempdir().unwrap();
    let none = dr(&place, "gameday report promotion-answer-lost");
    assert_eq!(none.status.code(), Some(2));
    let played = dr(&place, "gameday run promotion-answer-lost --seed 3");
    assert_eq!(played.status.code(), Some(0), "{}", stdout(&played));
    let card = dr(
        &place,
        "--output json gameday report promotion-answer-lost --html day.html",
    );
    let card: serde_json::Value = serde_json::from_slice(&card.stdout).unwrap();
    assert_eq!(
        (&card["verdict"], &card["seed"]),
        (&"met".into(), &3.into())
    );
    let page = std::fs::read_to_string(place.path().join("day.html")).unwrap();
    assert!(page.contains("Steady state"));
    let run = card["runs"][0]["run"].as_str().unwrap();
    let report = dr(&place, &format!("report {run}"));
    assert!(report.status.success(), "{report:?}");
    let all = stdout(&dr(&place, "gameday report"));
    assert!(
        all.contains("promotion-answer-lost: everything was as expected (seed 3"),
        "{all}"
    );
}

#[test]
fn a_steady_state_that_is_not_met_and_a_missed_bound_have_exit_codes_of_their_own() {
    let place = tempfile::tempdir().unwrap();
    let story = |after: &str, bound: &str| {
        format!(
            "gameday: x\nabout: y\npeople: {{ names: [ ada ], answer-after: 1m }}\n{after}story:\n  - fault: region-dark\n    site: primary\n    for: 5m\n  - wait: 6m\nexpect:\n  - longest-outage: {{ at-most: {bound} }}\n"
        )
    };
    let play = |text: String| {
        std::fs::write(place.path().join("x.yaml"), text).unwrap();
        dr(&place, "gameday run x.yaml").status.code()
    };
    assert_eq!(play(story("", "10m")), Some(0));
    assert_eq!(play(story("", "2m")), Some(31));
    assert_eq!(
        play(story("steady-state: { after: not-met }\n", "10m")),
        Some(30)
    );
    assert_eq!(play("gameday: x\n".to_owned()), Some(12));
}

#[test]
fn people_are_asked_only_where_there_is_time_and_a_terminal() {
    let place = tempfile::tempdir().unwrap();
    for (line, said) in [
        ("gameday run two-operators --people ask", "needs a speed"),
        (
            "gameday run two-operators --people ask --speed 60",
            "no terminal",
        ),
    ] {
        let refused = dr(&place, line);
        assert_eq!(refused.status.code(), Some(2));
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(text.contains(said), "{text}");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "that real time passes is what is tested"
)]
fn a_speed_lets_real_time_pass() {
    let place = tempfile::tempdir().unwrap();
    let text = "gameday: x\nabout: y\npeople: { names: [ ada ], answer-after: 1m }\nstory:\n  - wait: 10m\n";
    std::fs::write(place.path().join("x.yaml"), text).unwrap();
    let started = std::time::Instant::now();
    let played = dr(&place, "gameday run x.yaml --speed 1200");
    assert_eq!(played.status.code(), Some(0));
    assert!(started.elapsed() >= std::time::Duration::from_millis(500));
}

#[test]
fn the_shipped_game_days_are_copied_by_init_and_those_built_in_stay_within_reach() {
    let place = tempfile::tempdir().unwrap();
    let built_in = stdout(&dr(&place, "gameday list"));
    assert!(dr(&place, "init").status.success());
    let copied = stdout(&dr(&place, "gameday list"));
    assert_eq!(copied.lines().count(), built_in.lines().count());
    let played = dr(&place, "gameday run region-loss");
    assert_eq!(played.status.code(), Some(0), "{}", stdout(&played));
    std::fs::remove_dir_all(place.path().join("gamedays")).unwrap();
    let none = dr(&place, "gameday list");
    let told = String::from_utf8(none.stderr).unwrap();
    assert!(
        told.contains("dr gameday list --estate storefront"),
        "{told}"
    );
    let listed = stdout(&dr(&place, "gameday list --estate storefront"));
    assert_eq!(listed, built_in);
}

#[test]
fn a_slip_in_a_game_day_is_told_when_it_is_read_with_its_line() {
    let place = tempfile::tempdir().unwrap();
    let story = "gameday: x\nabout: y\npeople: { names: [ ada ], answer-after: 1m }\nstory:\n  - run: failvoer\n";
    std::fs::write(place.path().join("x.yaml"), story).unwrap();
    let told = dr(&place, "gameday run x.yaml");
    assert_eq!(told.status.code(), Some(12));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("there is no runbook failvoer"), "{told}");
    assert!(told.contains("x.yaml:5:"), "{told}");
    assert!(told.contains("did you mean `failover`?"), "{told}");
}
