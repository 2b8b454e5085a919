//! The language: what is taken, and how what is wrong is told.

use super::super::tests::{estate, runbooks};
use super::super::*;
use crate::config::{self, Problems, Source};
use crate::model::{Ending, Happening, Mode, Reply, Steadiness, Stir};
use crate::sim::Fault;

const HEAD: &str = "gameday: x\nabout: y\npeople: { names: [ ada, grace ], answer-after: 1m }\n";

/// A game day with that story and what follows it; the story's first line is line 5.
fn parse(story: &str) -> Result<Scenario, Problems> {
    let text = format!("{HEAD}story:\n{story}");
    Scenario::parse(Source::new("x.yaml", text), &estate(), &runbooks())
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
    let side = |moment: &str| format!("  - run: failover\nmeanwhile:\n  - wait: 2m\n{moment}");
    assert_eq!(wrong(&side("")), [("no-moment", 7)]);
    assert_eq!(
        wrong(&side("    at: 1m\n    when: { step: approve }\n")),
        [("no-moment", 8)]
    );
    assert_eq!(
        wrong(&side("    at: 1m\n    after: 1m\n")),
        [("needless-key", 9)]
    );
    assert_eq!(wrong(&side("    when: { is: held }\n")), [("no-moment", 8)]);
    assert_eq!(
        wrong(&side("    when: { step: approve, is: held }\n")),
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
    let wrong = |expect: &str| {
        wrong(&format!(
            "  - wait: 1m\n  - run: failover\nexpect:\n{expect}"
        ))
    };
    assert_eq!(wrong("  - lost-writes: 4\n"), [("wrong-shape", 8)]);
    assert_eq!(wrong("  - run: failover\n"), [("missing-detail", 8)]);
    assert_eq!(
        wrong("  - run: failover\n    exit-code: 300\n"),
        [("unknown-exit-code", 9)]
    );
    assert_eq!(wrong("  - served-by: utah\n"), [("unknown-site", 8)]);
    assert_eq!(
        wrong("  - served-by: standby\n    at-most: 1\n"),
        [("needless-key", 9)]
    );
    assert_eq!(wrong("  - at-most: 1\n"), [("missing-expectation", 8)]);
}

#[test]
fn people_say_what_the_story_lets_them_say() {
    let text = "gameday: x\nabout: y\nproves: z\nsteady-state: { after: not-met }\npeople:\n  names: [ ada ]\n  answer-after: 1m\n  answers:\n    - to: approval\n      say: abort\n      after: 12m\n      times: 1\nstory:\n  - ask: Who?\n    to: ada\n    hint: Grace.\n";
    let scenario = Scenario::parse(Source::new("x.yaml", text), &estate(), &runbooks())
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

/// What is wrong with an act, with the line and the advice.
fn told(story: &str) -> Vec<(&'static str, usize, String)> {
    let problems = parse(story).expect_err("it is wrong").list;
    let told = problems.into_iter();
    told.map(|p| (p.code, p.span.line, p.help.unwrap_or_default()))
        .collect()
}

#[test]
fn a_fault_that_names_what_is_not_there_is_told_with_what_was_meant() {
    for (fault, code, meant) in [
        (
            "service-down\n    site: standby\n    service: rdss",
            "unknown-service",
            "rds",
        ),
        (
            "answer-lost\n    call: rds:PromoteReadReplicas",
            "unknown-call",
            "rds:PromoteReadReplica",
        ),
        (
            "answer-lost\n    call: rds:promotereadreplica",
            "unknown-call",
            "rds:PromoteReadReplica",
        ),
        (
            "denied\n    site: standby\n    call: rsd:*",
            "unknown-call",
            "rds:*",
        ),
    ] {
        let told = told(&format!("  - fault: {fault}\n"));
        let line = 5 + fault.lines().count() - 1;
        assert_eq!(
            told,
            [(code, line, format!("did you mean `{meant}`?"))],
            "{fault}"
        );
    }
    // What is made of no site is denied at none, and a service that answers elsewhere is not down there.
    assert_eq!(
        wrong("  - fault: denied\n    site: standby\n    call: dns:Query\n"),
        [("unknown-call", 7)]
    );
    assert_eq!(
        wrong("  - fault: service-down\n    site: standby\n    service: http\n"),
        [("unknown-service", 7)]
    );
    right("  - fault: denied\n    site: standby\n    call: rds:*\n");
}

#[test]
fn a_figure_with_which_nothing_would_go_wrong_is_refused() {
    for (story, line) in [
        ("  - fault: slow\n    site: standby\n    times: 0\n", 7),
        ("  - fault: slow\n    site: standby\n    times: 1\n", 7),
        ("  - fault: write-load\n    times: 0\n", 6),
        ("  - fault: write-load\n    times: 1000000\n", 6),
        ("  - fault: promotion-refused\n    times: 0\n", 6),
        ("  - fault: resolver-ignores-ttl\n    resolver: 4\n", 6),
        ("  - fault: resolver-ignores-ttl\n    resolver: 77\n", 6),
        (
            "  - fault: throttling\n    site: standby\n    share: 0%\n",
            7,
        ),
        ("  - run: failover\n    tries: 0\n", 6),
        ("  - run: failover\n  - resume: failover\n    tries: 0\n", 7),
    ] {
        assert_eq!(wrong(story), [("out-of-range", line)], "{story}");
    }
    for story in [
        "  - wait: 0s\n",
        "  - fault: partition\n    for: 0s\n",
        "  - fault: backup-starts\n    site: standby\n    lasts: 0s\n",
    ] {
        assert_eq!(wrong(story)[0].0, "zero-duration", "{story}");
    }
    right("  - fault: resolver-ignores-ttl\n    resolver: 3\n");
}

#[test]
fn a_story_longer_than_can_be_played_is_refused_where_it_becomes_so() {
    assert_eq!(wrong("  - wait: 5000d\n")[0], ("story-too-long", 5));
    let twice = "  - wait: 4d\n  - wait: 4d\n";
    assert_eq!(wrong(twice), [("story-too-long", 6)]);
    right("  - wait: 4d\n  - wait: 2d\n");
}

#[test]
fn runbooks_steps_codes_and_exit_codes_that_there_are_not_are_told_with_their_line() {
    for (story, code, line, meant) in [
        ("  - run: failoevr\n", "unknown-runbook", 5, "failover"),
        (
            "  - run: failover\n    code: lock-hold\n",
            "unknown-code",
            6,
            "lock-held",
        ),
        (
            "  - run: failover\n    accept: [ nosuch, lag-exceeds-rop ]\n",
            "unknown-code",
            6,
            "lag-exceeds-rpo",
        ),
        (
            "  - run: failover\nmeanwhile:\n  - when: { step: promot-database }\n    kill: ada\n",
            "unknown-step",
            7,
            "promote-database",
        ),
        (
            "  - run: failover\nmeanwhile:\n  - when: { asked: aproval }\n    kill: ada\n",
            "unknown-code",
            7,
            "approval",
        ),
        (
            "  - run: failover\nexpect:\n  - refused: fence-unprovn\n",
            "unknown-code",
            7,
            "fence-unproven",
        ),
        (
            "  - run: failover\nexpect:\n  - attempts: promote-databse\n",
            "unknown-step",
            7,
            "promote-database",
        ),
        (
            "  - run: failover\nexpect:\n  - calls: rds:PromoteReadReplika\n",
            "unknown-call",
            7,
            "rds:PromoteReadReplica",
        ),
    ] {
        let told = told(story);
        let last = told.last().expect("something is wrong");
        assert_eq!((last.0, last.1), (code, line), "{story}");
        assert_eq!(last.2, format!("did you mean `{meant}`?"), "{story}");
    }
    assert_eq!(
        told("  - run: failover\n    exit-code: 7\n"),
        [(
            "unknown-exit-code",
            6,
            "one of 0, 1, 2, 20, 21, 22, 23, 24, 31, 50, 51: docs/exit-codes.md".to_owned()
        )]
    );
    let never = "  - run: failover\nexpect:\n  - run: failback\n    is: held\n";
    assert_eq!(wrong(never), [("never-run", 7)]);
    let refused = "  - run: failover\nexpect:\n  - run: failover\n    is: refused\n";
    assert_eq!(wrong(refused), [("not-for-runs", 8)]);
    let range =
        "  - run: failover\nexpect:\n  - attempts: approve\n    at-least: 3\n    at-most: 1\n";
    assert_eq!(wrong(range), [("empty-range", 9)]);
}

#[test]
fn a_way_home_is_planned_unless_it_says_otherwise_and_a_failover_is_not() {
    let scenario =
        right("  - run: failover\n  - run: failback\n  - run: failover\n    mode: planned\n");
    let modes: Vec<Mode> = scenario
        .story
        .iter()
        .filter_map(|act| match act {
            Act::Run(run) => Some(run.mode),
            _ => None,
        })
        .collect();
    assert_eq!(modes, [Mode::Unplanned, Mode::Planned, Mode::Planned]);
}
