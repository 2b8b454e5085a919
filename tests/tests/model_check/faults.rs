//! Rules with one thing wrong each. Every one must lead to a counterexample, or the model would prove nothing.

use dr_core::action::{StepError, lease_ends_for};
use dr_core::runbook::journal::rule::Settled;
use dr_core::runbook::lock::rule::{self, Claim};
use dr_core::runbook::lock::{CALL, SKEW};

use super::claims::{
    DURABLE, EPOCHS_GROW, EVIDENCE, NO_LATE_CALL, ONE_ACTS, ONE_HOLDER, ONE_PEN, ONE_WRITER, SENSE,
};
use super::model::Bounds;
use super::rules::Rules;

/// A broken rule.
pub(crate) struct Fault {
    /// What is wrong.
    pub(crate) name: &'static str,
    /// The rules with it.
    pub(crate) rules: Rules,
    /// How far the model must go to notice.
    pub(crate) bounds: Bounds,
    /// The promises of which at least one must break.
    pub(crate) breaks: &'static [&'static str],
}

/// All of them.
pub(crate) fn all() -> Vec<Fault> {
    let fault = |name, breaks: &'static [&'static str], change: fn(&mut Rules)| {
        let mut rules = Rules::default();
        change(&mut rules);
        let late = breaks.contains(&EVIDENCE) || breaks.contains(&ONE_WRITER);
        Fault {
            name,
            rules,
            bounds: if late {
                Bounds::people(2)
            } else {
                Bounds::default()
            },
            breaks,
        }
    };
    vec![
        fault("a take-over does not wait", &[NO_LATE_CALL], |rules| {
            rules.claim = |last, now| match rule::claim(last, now) {
                Claim::Free { .. } => Claim::Free { quiet: None },
                held @ Claim::Held(_) => held,
            };
        }),
        fault("a take-over waits for no call", &[NO_LATE_CALL], |rules| {
            rules.claim = |last, now| match rule::claim(last, now) {
                Claim::Free { quiet } => Claim::Free {
                    quiet: quiet.map(|quiet| CALL.before(quiet)),
                },
                held @ Claim::Held(_) => held,
            };
        }),
        fault(
            "a lease that lasts is taken",
            &[ONE_ACTS, NO_LATE_CALL],
            |rules| {
                rules.claim = |_, _| Claim::Free { quiet: None };
            },
        ),
        fault(
            "nobody looks at the deadline",
            &[ONE_ACTS, NO_LATE_CALL],
            |rules| {
                rules.has_passed = |_, _| false;
            },
        ),
        fault(
            "a take-over keeps the epoch",
            &[ONE_HOLDER, EPOCHS_GROW],
            |rules| {
                rules.next_epoch = |last| last.unwrap_or_else(|| rule::next_epoch(None));
            },
        ),
        fault(
            "the lock is written over whatever is there",
            &[ONE_HOLDER, EPOCHS_GROW],
            |rules| {
                rules.swaps_the_lock = false;
            },
        ),
        fault(
            "a lease is renewed whoever holds the lock",
            &[ONE_HOLDER, ONE_ACTS, EPOCHS_GROW],
            |rules| {
                rules.is_still_ours = |_, _, _, _| true;
            },
        ),
        fault(
            "an append does not compare epochs",
            &[ONE_PEN, SENSE],
            |rules| {
                rules.may_append = |_, _| Ok(());
            },
        ),
        fault(
            "an append replaces what has its number",
            &[DURABLE],
            |rules| {
                rules.swaps_the_journal = false;
            },
        ),
        fault(
            "an append in doubt is written again",
            &[DURABLE, SENSE],
            |rules| {
                rules.settle = |_, _, _| Settled::Absent;
                rules.swaps_the_journal = false;
            },
        ),
        fault(
            "the gate of the promotion is open",
            &[EVIDENCE, ONE_WRITER],
            |rules| {
                rules.gate = |_| Ok(());
            },
        ),
        fault("one person passes the gate", &[EVIDENCE], |rules| {
            rules.gate = |promotion| match promotion.check() {
                Err(StepError::Gate(question)) if (promotion.passed_by)(&question.code) > 0 => {
                    Ok(())
                }
                answer => answer,
            };
        }),
        fault(
            "the write lease ends by the clock that runs ahead",
            &[ONE_WRITER],
            |rules| {
                rules.lease_ends_for = |lease, site, now| {
                    lease_ends_for(lease, site, now).map(|ends| SKEW.before(ends))
                };
            },
        ),
        fault(
            "the lock is given back with a call on its way",
            &[NO_LATE_CALL],
            |rules| {
                rules.may_be_on_its_way = |_, _| false;
            },
        ),
    ]
}
