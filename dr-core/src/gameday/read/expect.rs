//! What must be true at the end.

use super::{exit_code, refuse_needless, site};
use crate::config::{At, ExpectWord, Problem, RawBounds, RawExpectation, Report};
use crate::gameday::scenario::{Count, Expected};
use crate::model::Estate;

/// One expectation.
pub(super) fn read(raw: RawExpectation, estate: &Estate, report: &mut Report) -> Option<Expected> {
    let At { value, span } = raw.what?;
    let bounds = raw.bounds;
    refuse_needless(&bounds.written, fits(&value), report);
    let word = |text: String| At { value: text, span };
    Some(match value {
        ExpectWord::Word(word) => Expected::Word(word),
        ExpectWord::Run(runbook) => {
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
        ExpectWord::ServedBy(name) => Expected::ServedBy(site(&word(name), estate, report)?),
        ExpectWord::LostWrites => Expected::LostWrites(u64::from(bounds.count?)),
        ExpectWord::LostWithin => Expected::LostWithin(bounds.duration?),
        ExpectWord::Outage => Expected::LongestOutage(bounds.duration?),
        ExpectWord::Steady => Expected::Steady(bounds.share?),
        ExpectWord::Refused(code) => Expected::Refused {
            code,
            step: bounds.step.clone().map(|step| step.value),
            count: count(&bounds),
        },
        ExpectWord::Calls(call) => Expected::Calls {
            call,
            count: count(&bounds),
        },
        ExpectWord::Attempts(step) => Expected::Attempts {
            step,
            count: count(&bounds),
        },
    })
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
