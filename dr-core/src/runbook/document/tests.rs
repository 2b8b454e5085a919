use super::*;
use crate::config::builtin;
use crate::model::{Check, FenceTarget};

fn steps(lines: &str) -> Vec<Step> {
    let text = format!("runbook: test\nstages:\n  - stage: all\n    steps:\n{lines}");
    let runbook = Runbook::parse(Source::new("test.yaml", text))
        .unwrap_or_else(|problems| panic!("{problems}"));
    runbook
        .stages
        .into_iter()
        .flat_map(|stage| stage.steps)
        .collect()
}

fn ids(lines: &str) -> Vec<String> {
    steps(lines)
        .iter()
        .map(|step| step.id.to_string())
        .collect()
}

#[test]
fn every_verb_is_read_and_names_its_step() {
    let lines = "
      - verify: standby-ready
      - approve: { people: 2 }
      - fence: former-primary
      - provision: stack
      - activate: source
      - promote: database
      - shift: front-door
      - repoint: metrics
      - reprotect: database
      - demote: database
      - converge: stack
      - wait: 30s
      - notify: done
      - exec: { command: [ /bin/true ] }
";
    let read = steps(lines);
    let words: Vec<&str> = read.iter().map(|step| step.verb.name()).collect();
    assert_eq!(words, Verb::NAMES);
    assert_eq!(read[0].verb, Verb::Verify(Check::StandbyReady));
    assert_eq!(read[1].verb, Verb::Approve { people: 2 });
    assert_eq!(read[2].verb, Verb::Fence(FenceTarget::FormerPrimary));
    assert_eq!(read[11].verb, Verb::Wait(Duration::from_secs(30)));
    let names = ids(lines);
    assert_eq!(
        names,
        [
            "verify-standby-ready",
            "approve",
            "fence-former-primary",
            "provision-stack",
            "activate-source",
            "promote-database",
            "shift-front-door",
            "repoint-metrics",
            "reprotect-database",
            "demote-database",
            "converge-stack",
            "wait",
            "notify",
            "exec",
        ]
    );
}

#[test]
fn a_made_name_gives_way_to_names_that_are_taken() {
    let lines = "
      - verify: steady-state
      - verify: steady-state
      - { wait: 1s, id: verify-steady-state }
      - verify: steady-state
";
    assert_eq!(
        ids(lines),
        [
            "verify-steady-state-2",
            "verify-steady-state-3",
            "verify-steady-state",
            "verify-steady-state-4",
        ]
    );
}

#[test]
fn a_made_name_is_a_name_however_long_the_component_is_called() {
    let component = "x".repeat(63);
    let lines = format!("      - reprotect: {component}\n      - reprotect: {component}\n");
    let names = ids(&lines);
    assert_eq!(names[0], format!("reprotect-{}", "x".repeat(53)));
    assert_eq!(names[1], format!("reprotect-{}-2", "x".repeat(51)));
}

#[test]
fn the_options_of_a_step_are_read_and_have_defaults() {
    let read = steps(
        "
      - { promote: database, id: pivot, timeout: 20m, attempts: 5, only: unplanned, on-doubt: hold }
      - promote: other
",
    );
    let [written, plain] = read.as_slice() else {
        panic!("two steps were written");
    };
    assert_eq!(written.id.as_str(), "pivot");
    assert_eq!(written.timeout, Some(Duration::from_mins(20)));
    assert_eq!(written.attempts, Some(5));
    assert_eq!(written.only, Some(Only::Unplanned));
    assert_eq!(written.on_doubt, OnDoubt::Hold);
    assert_eq!(
        (plain.timeout, plain.attempts, plain.only),
        (None, None, None)
    );
    assert_eq!(plain.on_doubt, OnDoubt::Observe);
}

#[test]
fn a_command_is_kept_word_for_word() {
    let read = steps(
        "
      - exec:
          command: [ /usr/bin/env, warm, --all, '*' ]
          observe: [ test, -e, /run/warm ]
          undo: [ rm, /run/warm ]
",
    );
    let Verb::Exec(exec) = &read[0].verb else {
        panic!("a command was written");
    };
    assert_eq!(exec.command, ["/usr/bin/env", "warm", "--all", "*"]);
    assert_eq!(exec.observe.as_deref().map(<[_]>::len), Some(3));
    assert_eq!(
        exec.undo.as_deref(),
        Some(["rm", "/run/warm"].map(str::to_owned).as_slice())
    );
}

#[test]
fn a_span_marks_the_verb_with_its_object() {
    let source = builtin::storefront_runbook("failover").unwrap();
    let runbook = Runbook::parse(source).unwrap();
    let text = &runbook.source.text;
    let marked = |span: Span| &text[span.offset..span.offset + span.length];
    let promote = runbook.steps().find(|step| step.verb.is_pivot()).unwrap();
    assert_eq!(marked(promote.span), "promote: database");
    assert_eq!(marked(runbook.stages[0].span), "check");
}

#[test]
fn the_digest_is_of_the_text_as_it_is() {
    let runbook = |text: &str| Runbook::parse(Source::new("a.yaml", text)).unwrap();
    let text = "runbook: r\nstages: [ { stage: s, steps: [ { wait: 1s } ] } ]\n";
    let one = runbook(text);
    assert_eq!(one.digest.len(), 64);
    assert_eq!(one.digest, runbook(text).digest);
    assert_ne!(one.digest, runbook(&format!("# a remark\n{text}")).digest);
}
