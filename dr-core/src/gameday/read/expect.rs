//! What must be true at the end.

use super::known::{self, Known, exit_code};
use super::{refuse_needless, site};
use crate::config::{At, ExpectWord, Problem, RawBounds, RawExpectation, Report};
use crate::gameday::codes;
use crate::gameday::scenario::{Count, Expected};
use crate::model::Ending;

/// One expectation.
pub(super) fn read(
    raw: RawExpectation,
    known: &Known<'_>,
    report: &mut Report,
) -> Option<Expected> {
    let At { value, span } = raw.what?;
    let bounds = raw.bounds;
    refuse_needless(&bounds.written, fits(&value), report);
    let word = |text: String| At { value: text, span };
    counted(&bounds, report);
    Some(match value {
        ExpectWord::Word(word) => Expected::Word(word),
        ExpectWord::Run(runbook) => {
            known.is_run(&word(runbook.clone()), report);
            rests(&bounds, report);
            if bounds.written.is_empty() {
                let message = "what is expected of the run?";
                report.add(
                    Problem::new("missing-detail", span, message)
                        .help("add `is: completed`, `exit-code: 0` or `recovers-within: 30m`"),
                );
            }
            Expected::Run {
                runbook,
                is: bounds.is.map(|is| is.value),
                exit_code: match bounds.exit_code {
                    Some(word) => Some(exit_code(word, report)?),
                    None => None,
                },
                recovers_within: bounds.recovers_within.map(|within| within.value),
            }
        }
        ExpectWord::ServedBy(name) => Expected::ServedBy(site(&word(name), known.estate, report)?),
        ExpectWord::LostWrites => Expected::LostWrites(u64::from(bounds.count?)),
        ExpectWord::LostWithin => Expected::LostWithin(bounds.duration?),
        ExpectWord::Outage => Expected::LongestOutage(bounds.duration?),
        ExpectWord::Steady => Expected::Steady(bounds.share?),
        ExpectWord::Refused(code) => {
            let lists: [&[&str]; 4] = [
                &codes::QUESTIONS,
                &codes::FINDINGS,
                &codes::REFUSALS,
                &codes::FAILURES,
            ];
            known::code(&word(code.clone()), &lists, "a refusal", report);
            if let Some(step) = &bounds.step {
                known.step(step, None, report);
            }
            Expected::Refused {
                code,
                step: bounds.step.clone().map(|step| step.value),
                count: count(&bounds),
            }
        }
        ExpectWord::Calls(call) => {
            let calls = known.calls.names();
            known.call(&word(call.clone()), &calls, report);
            Expected::Calls {
                call,
                count: count(&bounds),
            }
        }
        ExpectWord::Attempts(step) => {
            let at = At { value: step, span };
            known.step(&at, None, report);
            Expected::Attempts {
                step: at.value,
                count: count(&bounds),
            }
        }
    })
}

/// Reports bounds that no number is within.
fn counted(bounds: &RawBounds, report: &mut Report) {
    if let (Some(least), Some(most)) = (bounds.at_least, bounds.at_most)
        && least.value > most.value
    {
        let message = format!(
            "nothing is at least {} and at most {}",
            least.value, most.value
        );
        report.add(Problem::new("empty-range", most.span, message).help("exchange the two"));
    }
}

/// Reports an end that a run which was begun cannot have.
fn rests(bounds: &RawBounds, report: &mut Report) {
    let Some(is) = bounds.is else {
        return;
    };
    if matches!(is.value, Ending::Refused | Ending::Killed | Ending::CutOff) {
        let message = format!("no run stands as {}", is.value.name());
        let help = "write `completed`, `held`, `unwound`, `stuck` or `aborted`; the others are of the act that runs it";
        report.add(Problem::new("not-for-runs", is.span, message).help(help));
    }
}

/// At least once, where nothing is said.
fn count(bounds: &RawBounds) -> Count {
    let at_most = bounds.at_most.map(|most| u64::from(most.value));
    let at_least = match bounds.at_least {
        Some(least) => u64::from(least.value),
        None => u64::from(at_most.is_none()),
    };
    Count { at_least, at_most }
}

fn fits(what: &ExpectWord) -> &'static [&'static str] {
    match what {
        ExpectWord::Run(_) => &["is", "exit-code", "recovers-within"],
        ExpectWord::Refused(_) => &["step", "at-least", "at-most"],
        ExpectWord::Calls(_) | ExpectWord::Attempts(_) => &["at-least", "at-most"],
        _ => &[],
    }
}
