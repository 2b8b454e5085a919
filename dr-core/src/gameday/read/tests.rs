//! The language: what is taken, and how what is wrong is told.

use super::super::*;
use crate::config::{self, Problems, Source, builtin};
use crate::model::{Ending, Estate, Happening, Reply, Steadiness, Stir};
use crate::sim::Fault;

fn estate() -> Estate {
    config::load_estate(builtin::storefront_estate()).expect("the shipped estate is right")
}

const HEAD: &str = "gameday: x\nabout: y\npeople: { names: [ ada, grace ], answer-after: 1m }\n";

/// A game day with that story and what follows it; the story's first line is line 5.
fn parse(story: &str) -> Result<Scenario, Problems> {
    let text = format!("{HEAD}story:\n{story}");
    Scenario::parse(Source::new("x.yaml", text), &estate())
}

fn right(story: &str) -> Scenario {
    parse(story).unwrap_or_else(|problems| panic!("{problems}"))
}

fn wrong(story: &str) -> Vec<(&'static str, usize)> {
    let problems = parse(story).expect_err("it is wrong").list;
    problems.iter().map(|p| (p.code, p.span.line)).collect()
}

fn help(story: &str) -> String {
    let problems = parse(story).expect_err("it is wrong").list;
    problems[0].help.clone().unwrap_or_default()
}

#[test]
fn everything_wrong_with_a_game_day_is_told_at_once_and_in_its_place() {
    let story = "  - fault: region-drak\n    site: primary\n  - fault: region-dark\n  - fault: region-dark\n    site: utah\n  - resume: failover\n  - wait: 1m\n    mode: planned\n  - verify: standby-ready\nexpect: [ glory ]\n";
    assert_eq!(
        wrong(story),
        [
            ("unknown-fault", 5),
            ("wrong-place", 7),
            ("unknown-site", 9),
            ("nothing-to-resume", 10),
            ("needless-key", 12),
            ("not-for-gamedays", 13),
            ("unknown-expectation", 14),
        ]
    );
}

#[test]
fn an_unknown_key_is_told_with_its_line_and_what_was_meant() {
    assert_eq!(wrong("  - wait: 1m\n    wiat: 2m\n"), [("unknown-key", 6)]);
    let meant = [
        ("  - run: failover\n    expct: held\n", "expect"),
        ("  - kill: adda\n", "ada"),
        ("  - fault: region-dark\n    site: primery\n", "primary"),
        (
            "  - fault: database-lost\n    site: primary\n    component: databse\n",
            "database",
        ),
        (
            "  - wait: 1m\nmeanwhile:\n  - at: 1m\n    fualt: partition\n",
            "fault",
        ),
        (
            "  - wait: 1m\nexpect:\n  - sreved-by: standby\n",
            "served-by",
        ),
    ];
    for (story, word) in meant {
        assert_eq!(help(story), format!("did you mean `{word}`?"), "{story}");
    }
}

#[test]
fn a_fault_says_all_that_it_needs_and_nothing_else() {
    for (fault, code) in [
        ("slow\n    site: primary", "missing-detail"),
        ("answer-lost", "missing-detail"),
        ("answer-lost\n    call: promote", "unknown-call"),
        ("backup-starts\n    site: standby", "missing-detail"),
        ("clock-wrong\n    person: ada", "missing-detail"),
        (
            "clock-wrong\n    person: bob\n    ahead: 3s",
            "unknown-person",
        ),
        ("partition\n    site: primary", "wrong-place"),
        ("partition\n    times: 3", "needless-key"),
        (
            "database-lost\n    site: primary\n    for: 3m",
            "endless-fault",
        ),
    ] {
        let codes: Vec<&str> = wrong(&format!("  - fault: {fault}\n"))
            .into_iter()
            .map(|(code, _)| code)
            .collect();
        assert_eq!(codes, [code], "{fault}");
    }
}

#[test]
fn a_fault_finds_its_component_and_its_end() {
    let scenario = right(
        "  - fault: database-lost\n    site: primary\n  - fault: out-of-capacity\n    site: california\n    for: 9m\n  - fault: clock-wrong\n    person: grace\n    behind: 4s\n",
    );
    let site = |name: &str| name.parse().expect("a name");
    let id = |name: &str| name.parse().expect("a name");
    let starved = (id("app"), site("california"));
    assert_eq!(
        scenario.story,
        [
            Act::Fault(
                Fault::DatabaseLost {
                    database: id("database"),
                    site: site("ohio"),
                },
                None
            ),
            Act::Fault(
                Fault::OutOfCapacity {
                    fleet: starved.0.clone(),
                    site: starved.1.clone(),
                },
                Some((
                    "9m".parse().expect("a duration"),
                    Fault::CapacityReturns {
                        fleet: starved.0,
                        site: starved.1,
                    }
                ))
            ),
            Act::Fault(
                Fault::ClockOff {
                    operator: "grace".to_owned(),
                    ahead: false,
                    by: "4s".parse().expect("a duration"),
                },
                None
            ),
        ]
    );
}

#[test]
fn every_word_for_a_fault_becomes_one_when_its_details_are_given() {
    for (word, happening) in Happening::WORDS {
        let details = [
            ("site", "standby"),
            ("component", "database"),
            ("call", "rds:PromoteReadReplica"),
            ("service", "rds"),
            ("times", "2"),
            ("members", "2"),
            ("resolver", "0"),
            ("lasts", "2m"),
            ("person", "ada"),
            ("ahead", "2s"),
        ];
        // What is missing is asked for, so a fault that takes all that it asks for has every detail.
        let mut story = format!("  - fault: {word}\n");
        for _ in 0..4 {
            let Err(problems) = parse(&story) else { break };
            let wanted = problems.list[0].help.clone().unwrap_or_default();
            let (key, value) = details
                .iter()
                .find(|(key, _)| wanted.contains(&format!("`{key}: ")))
                .unwrap_or_else(|| panic!("{word} asks for something else: {wanted}"));
            story.push_str(&format!("    {key}: {value}\n"));
        }
        let scenario = parse(&story).unwrap_or_else(|problems| panic!("{word}: {problems}"));
        assert!(matches!(scenario.story[0], Act::Fault(_, None)));
        if let Some(end) = happening.end() {
            story.push_str("    for: 3m\n");
            let scenario = parse(&story).unwrap_or_else(|problems| panic!("{word}: {problems}"));
            assert!(
                matches!(scenario.story[0], Act::Fault(_, Some(_))),
                "{end:?}"
            );
        }
    }
}

#[test]
fn an_act_beside_the_story_has_one_moment() {
    let side = |moment: &str| format!("  - wait: 1m\nmeanwhile:\n  - wait: 2m\n{moment}");
    assert_eq!(wrong(&side("")), [("no-moment", 7)]);
    assert_eq!(
        wrong(&side("    at: 1m\n    when: { step: a }\n")),
        [("no-moment", 8)]
    );
    assert_eq!(
        wrong(&side("    at: 1m\n    after: 1m\n")),
        [("needless-key", 9)]
    );
    assert_eq!(wrong(&side("    when: { is: held }\n")), [("no-moment", 8)]);
    assert_eq!(
        wrong(&side("    when: { step: a, is: held }\n")),
        [("unknown-moment", 8)]
    );
    let scenario = right(&side(
        "    when: { run: failover, is: held }\n    after: 5m\n",
    ));
    assert_eq!(
        scenario.meanwhile[0].trigger,
        Trigger::When(
            Moment {
                run: Some("failover".to_owned()),
                step: None,
                asked: None,
                is: Stir::Held,
            },
            "5m".parse().expect("a duration")
        )
    );
}

#[test]
fn an_expectation_is_a_word_or_a_figure_with_its_bound() {
    let scenario = right(
        "  - run: failover\n    expect: refused\n    code: lag-exceeds-rpo\n    exit-code: 20\nexpect:\n  - no-violation\n  - run: failover\n    is: held\n    exit-code: 21\n    recovers-within: 20m\n  - served-by: standby\n  - lost-writes: { at-most: 4 }\n  - longest-outage: { at-most: 9m }\n  - refused: fence-unproven\n    step: fence-primary\n    at-most: 2\n  - calls: rds:PromoteReadReplica\n    at-most: 1\n  - attempts: promote-database\n  - steady: { at-least: 80% }\n",
    );
    let Act::Run(run) = &scenario.story[0] else {
        panic!("it is a run");
    };
    assert_eq!(
        run.expect,
        ExpectedEnd {
            ending: Some(Ending::Refused),
            code: Some("lag-exceeds-rpo".to_owned()),
            exit_code: Some(20),
        }
    );
    let said: Vec<String> = scenario.expect.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "no-violation",
            "run failover held, exit code 21, recovers within 20m",
            "served by california",
            "lost writes at most 4",
            "outage at most 9m",
            "refused fence-unproven by fence-primary at most 2 times",
            "rds:PromoteReadReplica at most 1 times",
            "promote-database begun at least 1 times",
            "steady at least 80%",
        ]
    );
}

#[test]
fn a_wrong_expectation_is_told_in_its_place() {
    let wrong = |expect: &str| wrong(&format!("  - wait: 1m\nexpect:\n{expect}"));
    assert_eq!(wrong("  - lost-writes: 4\n"), [("wrong-shape", 7)]);
    assert_eq!(wrong("  - run: failover\n"), [("missing-detail", 7)]);
    assert_eq!(
        wrong("  - run: failover\n    exit-code: 300\n"),
        [("invalid-exit-code", 8)]
    );
    assert_eq!(wrong("  - served-by: utah\n"), [("unknown-site", 7)]);
    assert_eq!(
        wrong("  - served-by: standby\n    at-most: 1\n"),
        [("needless-key", 8)]
    );
    assert_eq!(wrong("  - at-most: 1\n"), [("missing-expectation", 7)]);
}

#[test]
fn people_say_what_the_story_lets_them_say() {
    let text = "gameday: x\nabout: y\nproves: z\nsteady-state: { after: not-met }\npeople:\n  names: [ ada ]\n  answer-after: 1m\n  answers:\n    - to: approval\n      say: abort\n      after: 12m\n      times: 1\nstory:\n  - ask: Who?\n    to: ada\n    hint: Grace.\n";
    let scenario = Scenario::parse(Source::new("x.yaml", text), &estate())
        .unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(scenario.steady_after, Steadiness::NotMet);
    let answer = &scenario.people.answers[0];
    assert_eq!((answer.say, answer.times), (Reply::Abort, Some(1)));
    assert!(matches!(&scenario.story[0], Act::Ask(inject) if inject.hint.is_some()));
}

#[test]
fn the_schema_takes_a_game_day_and_refuses_an_unknown_key() {
    let schema = config::gameday_schema();
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let good = serde_json::json!({
        "gameday": "x", "about": "y", "people": { "names": ["ada"], "answer-after": "1m" },
        "story": [ { "fault": "region-dark", "site": "primary", "for": "3m" }, { "run": "failover", "expect": "held" } ],
        "meanwhile": [ { "when": { "step": "promote-database" }, "after": "3s", "kill": "ada" } ],
        "expect": [ "no-violation", { "lost-writes": { "at-most": 3 } }, { "run": "failover", "is": "held" } ]
    });
    assert!(validator.is_valid(&good));
    for (list, item, key) in [
        ("story", 0, "cite"),
        ("meanwhile", 0, "wehn"),
        ("expect", 1, "least"),
    ] {
        let mut bad = good.clone();
        bad[list][item][key] = serde_json::json!("primary");
        assert!(!validator.is_valid(&bad), "{key}");
    }
}
