//! The way on: what `dr` advises, and that it works as it stands there.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

mod place;

use place::Place;

#[test]
fn a_run_that_is_aborted_past_its_pivot_can_be_gone_on_with_and_status_says_how() {
    let place = Place::new();
    // Held behind the promotion: the old primary is lost.
    place.ends("failover --simulate --yes", 21);
    let run = place.open_run();
    place.ends(&format!("run abort {run} --who ada --why tired"), 0);
    let held = place.ends(&format!("run resume {run} --people none"), 21);
    assert!(
        held.stdout.contains("The promotion stands"),
        "{}",
        held.stdout
    );
    let resume = format!("dr run resume {run}");
    assert!(held.stdout.contains(&resume), "{}", held.stdout);
    let status = place.dr("status --simulate");
    assert!(
        status.stdout.contains("ada aborted the run: tired"),
        "{}",
        status.stdout
    );
    assert!(status.stdout.contains(&resume), "{}", status.stdout);
    // Nobody begins another run on half a move.
    let other = place.ends("failover --simulate --yes", 50);
    assert!(other.stderr.contains(&resume), "{}", other.stderr);
    place.ends("simulator return ohio", 0);
    place.ends(&format!("run resume {run}"), 0);
    let status = place.ends("status --simulate", 0);
    assert!(
        status.stdout.contains("california · PRIMARY"),
        "{}",
        status.stdout
    );
}

#[test]
fn what_is_advised_works_with_the_store_and_the_estate_that_were_given() {
    let place = Place::new();
    place.ends("init shop", 0);
    let given = "--estate shop/estate.yaml --store kept";
    let held = place.ends(
        &format!("failover --simulate --yes --people none {given}"),
        21,
    );
    let advised: Vec<&str> = held
        .stdout
        .lines()
        .filter_map(|line| line.trim().strip_prefix("next"))
        .map(str::trim)
        .collect();
    let resume = advised
        .iter()
        .find(|line| line.starts_with("dr run resume"));
    let resume = resume
        .expect("it says how to go on")
        .strip_prefix("dr ")
        .unwrap();
    assert!(resume.ends_with(given), "{resume}");
    place.ends(&format!("{resume} --people none"), 21);
    let again = place.ends(&format!("failover --simulate --yes {given}"), 50);
    let hint = again
        .stderr
        .lines()
        .find(|line| line.contains("dr run show"));
    assert!(hint.unwrap().ends_with(given), "{}", again.stderr);
}

#[test]
fn what_the_simulator_is_told_answers_programs_with_an_object() {
    let place = Place::new();
    let dark = place.ends("simulator dark ohio --output json", 0).json();
    assert_eq!(dark["dark"], serde_json::json!(["ohio"]));
    for line in ["advance 10m", "return ohio", "reset"] {
        let told = place
            .ends(&format!("simulator {line} --output json"), 0)
            .json();
        assert!(told["at"].is_string(), "{told}");
    }
}

#[test]
fn a_page_that_cannot_be_written_is_told_before_the_work() {
    let place = Place::new();
    place.write("file", "");
    for line in [
        "prove failover --html file/out.html",
        "simulate failover --html file/out.html",
    ] {
        let told = place.ends(line, 1);
        assert!(told.stderr.contains("cannot create"), "{}", told.stderr);
        assert!(!told.stderr.contains("trials"), "{}", told.stderr);
    }
    let told = place.ends("gameday run region-loss --store file", 1);
    assert!(!told.stderr.contains("the steady state"), "{}", told.stderr);
}

#[test]
fn the_fence_of_a_site_that_is_back_can_be_applied_alone() {
    let place = Place::new();
    place.ends("failover --simulate --yes", 21);
    let run = place.open_run();
    place.ends("simulator return ohio", 0);
    place.ends(&format!("run resume {run} --until-fenced"), 21);
    let shown = place
        .ends(&format!("run show {run} --output json"), 0)
        .json();
    let steps = shown["steps"].as_array().unwrap();
    let status = |name: &str| {
        let step = steps.iter().find(|step| step["step"] == name);
        step.map(|step| step["status"].clone()).unwrap()
    };
    assert_eq!(status("fence-former-primary"), "succeeded");
    assert_eq!(status("demote-database"), "pending");
    let status = place.dr("status --simulate");
    assert!(
        !status.stdout.contains("fence of ohio"),
        "{}",
        status.stdout
    );
    // There is nothing left to be fenced.
    let refused = place.ends(&format!("run resume {run} --until-fenced"), 2);
    assert!(
        refused.stderr.contains("does not stand before the fence"),
        "{}",
        refused.stderr
    );
    place.ends(&format!("run resume {run}"), 0);
}
