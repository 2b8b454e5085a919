//! The real binary: what it prints, what it returns, what it leaves.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]

mod place;

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use place::{Ended, Place};

/// The long help of a command and of all below it, without the options that all share.
fn help(place: &Place, command: &str, all: &mut String) {
    let text = place.ends(&format!("{command} --help"), 0).stdout;
    let own = match text.split_once("Global options:") {
        Some((before, after)) => {
            let rest = after.find("Examples:").or(after.find("Start here:"));
            format!("{before}{}", rest.map_or("", |at| &after[at..]))
        }
        None => text.clone(),
    };
    all.push_str(&format!("\n==== dr {command}\n{}\n", own.trim_end()));
    let below = text
        .split_once("\nCommands:\n")
        .map(|(_, rest)| rest.lines().take_while(|line| !line.trim().is_empty()));
    for line in below.into_iter().flatten() {
        let name = line.split_whitespace().next().unwrap_or("help");
        // A line of a wrapped description begins further in.
        if line.starts_with("   ") || name == "help" {
            continue;
        }
        help(place, format!("{command} {name}").trim(), all);
    }
}

#[test]
fn the_help_of_every_command() {
    let mut all = String::new();
    help(&Place::new(), "", &mut all);
    insta::assert_snapshot!(all);
}

#[test]
fn each_kind_of_end_has_its_exit_code() {
    let place = Place::new();
    place.write("broken.yaml", "estate: x\n");
    place.write("latin1.yaml", "estate: x\n");
    fs::write(place.path("latin1.yaml"), b"estate: \xe9\n").unwrap();
    place.write("plan.json", "{}");
    for (line, code) in [
        ("--version", 0),
        ("estate show", 0),
        ("runbook lint", 0),
        ("run list", 0),
        ("", 2),
        ("estate", 2),
        ("failover --speed 0", 2),
        ("failover --simulate --accept because", 2),
        ("estate check --estate nowhere.yaml", 2),
        ("plan failover", 2),
        ("failover --yes", 2),
        ("run show nothing-1", 2),
        ("simulator dark atlantis", 2),
        ("failback --simulate --yes", 2),
        ("estate check --estate broken.yaml", 12),
        ("estate check --estate latin1.yaml", 12),
        ("failover --simulate --yes --plan plan.json", 12),
        ("failover --simulate --yes --people none", 21),
        ("failover --simulate --yes", 50),
        ("failover --simulate --yes --seed 7", 50),
    ] {
        place.ends(line, code);
    }
    let run = place.open_run();
    let journal = place.path(&format!(".dr/simulator/runs/{run}/journal.jsonl"));
    let damaged = fs::read_to_string(&journal)
        .unwrap()
        .replacen("storefront", "storeback!", 1);
    fs::write(&journal, damaged).unwrap();
    place.ends(&format!("run show {run}"), 51);
    place.ends(&format!("run resume {run}"), 51);
}

#[test]
fn everything_wrong_with_an_estate_is_told_at_once_with_its_place() {
    let place = Place::new();
    place.write(
        "estate.yaml",
        "estate: shop\nsites:\n  ohio: { platform: aws, region: us-east-2, role: primary }\n  california: { platform: aws, region: us-west-1, role: standby }\nobjectives: { rpo: 5x, rto: 30m }\ncomponents:\n  database: { kind: database, technology: rds, klass: db.t2.small, nodes: 2 }\n",
    );
    let told = place.ends("estate check", 12);
    assert_eq!(told.stdout, "");
    insta::assert_snapshot!("a_wrong_estate", told.stderr);
    let json = place.ends("estate check --output json", 12).json();
    insta::assert_json_snapshot!("a_wrong_estate_for_programs", json);
}

#[test]
fn a_run_that_nobody_can_confirm_is_refused_before_anything_happens() {
    let place = Place::new();
    let refused = place.ends("failover --simulate", 2);
    assert!(
        refused
            .stderr
            .contains("next: dr failover --simulate --yes"),
        "{}",
        refused.stderr
    );
    let world = place.path(".dr/simulator/world.json");
    assert!(!world.exists(), "the refused command left a world");
}

#[test]
fn a_lost_region_is_survived_and_service_is_taken_home() {
    let place = Place::new();
    place.ends("failover --simulate --yes", 21);
    let run = place.open_run();
    let shown = place
        .ends(&format!("run show {run} --output json"), 0)
        .json();
    assert_eq!(shown["past_pivot"], true);
    assert_eq!(shown["questions"][0]["step"], "fence-former-primary");

    place.ends("simulator return ohio", 0);
    place.ends(&format!("run resume {run}"), 0);
    place.ends("failback --simulate --yes", 0);

    let truth = place.ends("simulator truth --output json", 0).json();
    assert_eq!(truth["truth"]["writable_primaries"]["database"][0], "ohio");
    assert_eq!(truth["violations"].as_array().unwrap().len(), 0);
    let html = place.ends(&format!("report {run} --format html"), 0).stdout;
    assert!(html.contains("<svg"), "the report draws no timeline");
}

#[test]
fn an_approval_given_elsewhere_lets_a_held_run_go_on() {
    let place = Place::new();
    place.ends("failover --simulate --yes --people none", 21);
    let run = place.open_run();
    let before = place
        .ends(&format!("run show {run} --output json"), 0)
        .json();
    assert_eq!(before["questions"][0]["code"], "approval");
    assert_eq!(before["past_pivot"], false);

    place.ends(
        &format!("run approve {run} approve --who ada --why gone"),
        0,
    );
    place.ends(&format!("run resume {run} --people none"), 21);
    let after = place
        .ends(&format!("run show {run} --output json"), 0)
        .json();
    assert_eq!(after["past_pivot"], true);
}

#[test]
fn an_aborted_run_is_undone_before_its_pivot() {
    let place = Place::new();
    place.ends("failover --simulate --yes --people none", 21);
    let run = place.open_run();
    place.ends(&format!("run abort {run} --who ada --why back"), 0);
    place.ends(&format!("run resume {run} --people none"), 22);
    let over = place.ends(&format!("run abort {run} --who ada --why again"), 2);
    assert!(over.stderr.contains("is over"), "{}", over.stderr);
}

#[test]
fn a_decision_about_a_step_that_is_not_there_names_those_that_are() {
    let place = Place::new();
    place.ends("failover --simulate --yes --people none", 21);
    let run = place.open_run();
    let told = place.ends(&format!("run skip {run} promote --who ada --why no"), 2);
    assert!(told.stderr.contains("promote-database"), "{}", told.stderr);
}

#[test]
fn the_events_of_a_run_are_lines_of_json_and_the_last_one_says_how_it_ended() {
    let place = Place::new();
    let ended = place.ends("switchover --simulate --yes --output json", 0);
    let lines: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (last, records) = lines.split_last().unwrap();
    for (index, line) in records.iter().enumerate() {
        assert_eq!(line["type"], "record");
        assert_eq!(line["record"]["seq"], index + 1);
    }
    assert_eq!(records[0]["record"]["event"]["event"], "run-started");
    // A run is called after its plan's digest, which a comment in a runbook changes.
    let run = last["run"].as_str().unwrap().to_owned();
    let last: Value = serde_json::from_str(&last.to_string().replace(&run, "RUN")).unwrap();
    insta::assert_json_snapshot!("the_end_of_a_run", last);
}

#[test]
fn the_same_seed_writes_the_same_journal() {
    let journal = |place: &Place| {
        place.ends("failover --simulate --yes --seed 5 --who ada", 21);
        let run = place.open_run();
        fs::read(place.path(&format!(".dr/simulator/runs/{run}/journal.jsonl"))).unwrap()
    };
    let (one, other) = (Place::new(), Place::new());
    assert!(
        journal(&one) == journal(&other),
        "two runs of one seed differ"
    );
}

#[test]
fn exactly_the_plan_that_was_kept_is_run() {
    let place = Place::new();
    let planned = place
        .ends("plan switchover --simulate --output json -o plan.json", 0)
        .json();
    let text = fs::read_to_string(place.path("plan.json")).unwrap();
    let ended = place.ends(
        "switchover --simulate --yes --plan plan.json --output json",
        0,
    );
    let run = ended
        .stdout
        .lines()
        .last()
        .unwrap()
        .parse::<Value>()
        .unwrap()["run"]
        .clone();
    let shown = place
        .ends(
            &format!("run show {} --output json", run.as_str().unwrap()),
            0,
        )
        .json();
    assert_eq!(shown["plan_digest"], planned["digest"]);

    place.write(
        "plan.json",
        &text.replacen("\"attempts\": 3", "\"attempts\": 9", 1),
    );
    let refused = place.ends("switchover --simulate --yes --plan plan.json", 12);
    assert!(
        refused.stderr.contains("changed after it was made"),
        "{}",
        refused.stderr
    );
}

#[test]
fn only_one_process_at_a_time_moves_a_simulated_world() {
    let place = Place::new();
    fs::create_dir_all(place.path(".dr/simulator")).unwrap();
    let driver = File::create(place.path(".dr/simulator/driver.lock")).unwrap();
    driver.lock().unwrap();
    place.ends("failover --simulate --yes", 50);
    place.ends("simulator dark ohio", 50);
    // Looking is no moving.
    place.ends("plan failover --simulate", 0);
    place.ends("simulator truth", 0);
    drop(driver);
    place.ends("simulator dark ohio", 0);
}

#[test]
fn to_plan_on_a_new_world_leaves_the_old_one_and_its_runs_alone() {
    let place = Place::new();
    place.ends("failover --simulate --yes", 21);
    let world = fs::read(place.path(".dr/simulator/world.json")).unwrap();
    place.ends("plan failover --simulate --seed 9", 0);
    assert_eq!(
        fs::read(place.path(".dr/simulator/world.json")).unwrap(),
        world
    );
    place.open_run();
}

#[test]
fn a_new_world_takes_the_place_of_one_whose_runs_are_over() {
    let place = Place::new();
    place.ends("switchover --simulate --yes", 0);
    place.ends("switchover --simulate --yes --seed 2", 0);
    let list = place.ends("run list --output json", 0).json();
    assert_eq!(list["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    for line in [
        "estate schema",
        "man",
        "switchover --simulate --yes --output json",
    ] {
        let mut child = place
            .command(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = Ended::of(child.wait_with_output().unwrap());
        assert_eq!(ended.code, 0, "dr {line}: {}", ended.stderr);
        assert!(
            !ended.stderr.contains("panicked"),
            "dr {line}: {}",
            ended.stderr
        );
    }
}

#[test]
fn what_init_writes_is_right_and_nothing_is_overwritten() {
    let place = Place::new();
    place.ends("init shop", 0);
    place.ends("estate check --estate shop/estate.yaml", 0);
    place.ends("runbook lint --estate shop/estate.yaml", 0);
    place.write("shop/estate.yaml", "mine");
    place.ends("init shop", 2);
    let kept = fs::read_to_string(place.path("shop/estate.yaml")).unwrap();
    assert_eq!(kept, "mine");
    assert!(!Path::new(&place.path("estate.yaml")).exists());
}

#[test]
fn completions_and_manual_pages_know_the_commands() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ends(&format!("completions {shell}"), 0).stdout;
        assert!(script.contains("switchover"), "{shell}");
    }
    place.ends("man pages", 0);
    for page in ["dr.1", "dr-failover.1", "dr-run-approve.1"] {
        let text = fs::read_to_string(place.path("pages").join(page)).unwrap();
        assert!(text.starts_with(".ie"), "{page}");
    }
}
