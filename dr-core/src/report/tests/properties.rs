//! What holds for every journal.

use proptest::prelude::*;

use super::events::{Story, answered, asked, clients, fence, lost};
use super::journals::{all, completed, step_names};
use super::plan::{HEAD, at, id, plan};
use crate::action::{Before, Detail, Output, StepError, UndoError};
use crate::model::{Duration, Epoch, FenceLevel, Verb};
use crate::port::Decision;
use crate::report::{from_journal, timeline, to_html, to_json, to_text};
use crate::runbook::{Event, RunStatus};

/// Reads a page as a browser would as far as it matters here: the tags, and the text between them, unescaped.
fn tags_of(page: &str) -> Vec<&str> {
    page.match_indices('<')
        .filter_map(|(start, _)| {
            page[start..]
                .find('>')
                .map(|end| &page[start..=start + end])
        })
        .collect()
}

/// Text that would break out of markup, out of an attribute, or out of a terminal's line.
const HOSTILE: &str =
    "\"'><script>alert(1)</script><img src=x onerror=\"y\">\n\u{1b}[2Jgone & 'quoted'";

/// A journal in which every text that a person or a service wrote is hostile.
fn hostile() -> Story {
    let text = || HOSTILE.to_owned();
    let mut plan = plan();
    plan.runbook = text();
    plan.digest = text();
    plan.runbook_digest = text();
    for stage in &mut plan.stages {
        stage.name = text();
        for step in &mut stage.steps {
            step.undo = Some(text());
            for call in &mut step.calls {
                call.service = text().into();
                call.call = text().into();
            }
        }
    }
    plan.findings[0].message = text();
    plan.findings[0].code = text();
    plan.findings[0].fix = text();
    plan.stages[4].steps[0].verb = Verb::Notify(text());
    plan.stages[1].steps[0].verb = Verb::Exec(crate::model::Exec {
        command: vec![text()],
        observe: None,
        undo: None,
    });
    let mut story = Story::new(plan);
    story.header.by = text();
    story.header.dr_version = text();
    let mut evidence = fence(FenceLevel::ByLease, 200, true);
    evidence.observations = vec![text()];
    story
        .then(
            90,
            Event::RunStarted {
                by: text(),
                outage_since: None,
                findings: vec![],
                accepted: vec![],
            },
        )
        .then(91, asked("approve", HOSTILE, 1, HOSTILE))
        .then(
            92,
            answered("approve", HOSTILE, Decision::Yes, HOSTILE, HOSTILE),
        )
        .then(
            93,
            answered("approve", "approval", Decision::Yes, HOSTILE, HOSTILE),
        )
        .then(
            94,
            Event::StepSkipped {
                step: id("fence-primary"),
                who: text(),
                why: text(),
            },
        )
        .then(
            95,
            Event::StepStarted {
                step: id("provision-stack"),
                attempt: 1,
                before: Before::default(),
            },
        )
        .then(
            96,
            Event::StepInDoubt {
                step: id("provision-stack"),
                reason: text(),
            },
        )
        .then(
            97,
            Event::TakenOver {
                by: text(),
                epoch: Epoch(9),
            },
        )
        .then(
            98,
            Event::StepSucceeded {
                step: id("provision-stack"),
                output: Output::with(text(), Detail::Fence(evidence)),
                found_done: false,
            },
        )
        .then(
            99,
            Event::StepFailed {
                step: id("promote-database"),
                error: StepError::NotMet {
                    code: text(),
                    message: text(),
                },
                retry_at: None,
            },
        )
        .then(100, Event::Unwinding { because: text() })
        .then(
            101,
            Event::UndoStarted {
                step: id("provision-stack"),
            },
        )
        .then(
            102,
            Event::UndoFailed {
                step: id("provision-stack"),
                error: UndoError {
                    message: text(),
                    retryable: false,
                },
            },
        )
        .then(103, Event::Held { because: text() })
        .then(
            104,
            Event::Closed {
                status: RunStatus::Stuck,
                missing: vec![text()],
            },
        )
}

#[test]
fn no_text_of_a_journal_becomes_markup() {
    let story = hostile();
    let head = HOSTILE;
    for length in 0..=story.records.len() {
        let page = to_html(&from_journal(&story.header, &story.records[..length], head));
        assert!(page.contains("alert(1)"), "the text is shown");
        for tag in tags_of(&page) {
            assert!(
                !tag.starts_with("<script") && !tag.starts_with("<img"),
                "{tag}"
            );
            assert!(
                !tag.contains("alert(1)") || tag.starts_with("<title"),
                "{tag}"
            );
        }
    }
}

#[test]
fn the_terminals_summary_has_no_control_character_but_its_line_feeds() {
    let text = to_text(&hostile().report());
    assert!(text.contains("alert(1)"));
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    for (name, story) in all() {
        let page = to_html(&story.report());
        for forbidden in [
            "<script", "<link", "<img", "<iframe", "@import", "src=", "href=", "url(http",
        ] {
            assert!(!page.contains(forbidden), "{name} has {forbidden}");
        }
        let external = page.matches("http").count();
        let allowed =
            page.matches("http-equiv").count() + page.matches("http://www.w3.org/2000/svg").count();
        assert_eq!(external, allowed, "{name}");
    }
}

#[test]
fn every_beginning_of_a_journal_gives_a_report() {
    for (name, story) in all() {
        for length in 0..=story.records.len() {
            let report = from_journal(&story.header, &story.records[..length], HEAD);
            assert!(
                report.anomalies.is_empty(),
                "{name} {length}: {:?}",
                report.anomalies
            );
            assert!(!to_html(&report).is_empty() && !to_text(&report).is_empty());
        }
    }
}

#[test]
fn a_report_of_an_unfinished_run_says_as_of_when() {
    let story = completed();
    for length in 1..story.records.len() {
        let report = from_journal(&story.header, &story.records[..length], HEAD);
        assert_eq!(report.run.as_of, story.records[length - 1].at);
        assert!(report.run.ended.is_none() && to_html(&report).contains("as of the last record"));
    }
}

fn event() -> impl Strategy<Value = Event> {
    let names = step_names();
    (
        0..16_u8,
        0..names.len(),
        any::<bool>(),
        0..4_u32,
        -500..40_000_i64,
        any::<String>(),
    )
        .prop_map(move |(kind, step, flag, number, when, text)| {
            let step = names[step].clone();
            let name = step.as_str();
            match kind {
                0 => Event::RunStarted {
                    by: text,
                    outage_since: flag.then(|| at(when)),
                    findings: vec![],
                    accepted: vec![],
                },
                1 => Event::TakenOver {
                    by: text,
                    epoch: Epoch(u64::from(number)),
                },
                2 => Event::StepStarted {
                    step,
                    attempt: number,
                    before: Before::default(),
                },
                3 => Event::StepSucceeded {
                    output: match number {
                        0 => Output::said(text),
                        1 => Output::with(text, lost(flag.then_some(when), None)),
                        2 => Output::with(
                            text,
                            clients(
                                when,
                                Some((when - 60, flag.then_some(when - 3))),
                                &["california"],
                            ),
                        ),
                        _ => Output::with(
                            text,
                            Detail::Fence(fence(FenceLevel::ByLease, when, flag)),
                        ),
                    },
                    step,
                    found_done: flag,
                },
                4 => Event::StepFailed {
                    step,
                    error: StepError::TimedOut {
                        after: Duration::from_secs(u64::from(number)),
                    },
                    retry_at: flag.then(|| at(when)),
                },
                5 => Event::StepInDoubt { step, reason: text },
                6 => Event::DoubtResolved { step },
                7 => Event::StepSkipped {
                    step,
                    who: text.clone(),
                    why: text,
                },
                8 => asked(
                    name,
                    if flag { "approval" } else { "fence-unproven" },
                    number,
                    &text,
                ),
                9 => answered(
                    name,
                    if flag { "approval" } else { "fence-unproven" },
                    match number {
                        0 => Decision::Yes,
                        1 => Decision::Retry,
                        2 => Decision::Skip,
                        _ => Decision::Abort,
                    },
                    &text,
                    &text,
                ),
                10 => Event::Unwinding { because: text },
                11 => Event::UndoStarted { step },
                12 => Event::Undone {
                    step,
                    summary: text,
                },
                13 => Event::UndoFailed {
                    step,
                    error: UndoError {
                        message: text,
                        retryable: flag,
                    },
                },
                14 => Event::Held { because: text },
                _ => Event::Closed {
                    status: if flag {
                        RunStatus::Completed
                    } else {
                        RunStatus::Aborted
                    },
                    missing: vec![text],
                },
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_records_in_any_order_give_a_report_that_reads_back(
        events in proptest::collection::vec((-100..50_000_i64, event()), 0..40),
    ) {
        let story = events
            .into_iter()
            .fold(Story::new(plan()), |story, (when, event)| story.then(when, event));
        let report = story.report();
        let page = to_html(&report);
        prop_assert_eq!(&page, &to_html(&report));
        let _ = to_text(&report);
        let back: crate::report::Report = serde_json::from_str(&to_json(&report)).expect("valid JSON");
        prop_assert_eq!(back, report);
    }

    #[test]
    fn a_drawing_shows_any_text_as_text(text in any::<String>()) {
        let drawing = timeline::svg(&timeline::Timeline {
            id: "t".to_owned(),
            title: text.clone(),
            range: (at(0), at(100)),
            origin: at(0),
            groups: vec![timeline::Group { name: text.clone(), lanes: vec![timeline::Lane {
                label: text.clone(),
                pivot: false,
                bars: vec![timeline::Bar {
                    from: at(3), until: at(9), open: false, look: timeline::Look::Work, title: text.clone(),
                }],
            }] }],
            bands: vec![],
            marks: vec![timeline::Mark { at: at(50), look: timeline::MarkLook::Plain, label: text }],
            quiet: vec![],
        });
        for tag in tags_of(&drawing) {
            let name: String = tag[1..].trim_start_matches('/').chars().take_while(char::is_ascii_alphabetic).collect();
            prop_assert!(
                ["svg", "title", "defs", "pattern", "rect", "line", "circle", "clipPath", "text", "g"].contains(&name.as_str()),
                "{}", tag
            );
        }
    }
}
