//! What people were asked, how long they took, and what they decided.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Duration, StepId, Waiver};
use crate::port::{Answer, Decision, Question};

/// The code of the question that an `approve` step asks. A yes to any other question passes a gate.
const APPROVAL: &str = "approval";

/// What kind of decision it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionKind {
    /// Yes to a step that asks for it.
    Approval,
    /// Yes to a gate that would have held the run.
    Waiver,
    /// The step is tried again.
    Retry,
    /// The run goes on without the step.
    Skip,
    /// The run stops.
    Abort,
}

impl DecisionKind {
    /// The word that a report shows.
    pub fn words(self) -> &'static str {
        match self {
            Self::Approval => "approved",
            Self::Waiver => "waived a gate",
            Self::Retry => "ordered a retry",
            Self::Skip => "skipped the step",
            Self::Abort => "stopped the run",
        }
    }

    /// Whether a person took on what the machine would not have done by itself.
    pub fn is_override(self) -> bool {
        self != Self::Approval
    }
}

/// One signed decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionReport {
    /// When.
    pub at: Timestamp,
    /// Its kind.
    pub kind: DecisionKind,
    /// The step that it is about; `None` for what was accepted before the run began.
    pub step: Option<StepId>,
    /// The code of the question or of the finding that it answers: `fence-unproven`.
    pub code: String,
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
    /// Whether the person signed the digest of the plan that ran; `None` where the journal holds no signature.
    pub saw_this_plan: Option<bool>,
}

/// One question, from when it was asked until it was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionReport {
    /// The step that waited.
    pub step: StepId,
    /// Its code: `approval`.
    pub code: String,
    /// What was asked.
    pub text: String,
    /// How many different people had to say yes.
    pub people: u32,
    /// When it was asked.
    pub asked: Timestamp,
    /// When it was settled; `None` while it is open.
    pub settled: Option<Timestamp>,
    /// How long people took.
    pub took: Option<Duration>,
    /// How it was settled, or how far it is.
    pub outcome: String,
    /// Who said yes.
    pub said_yes: BTreeSet<String>,
}

/// The questions and the decisions of a run, as its journal is read.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) questions: Vec<QuestionReport>,
    pub(super) decisions: Vec<DecisionReport>,
}

impl People {
    /// Blocking findings of the preflight that people accepted.
    pub(super) fn accepted(&mut self, waivers: &[Waiver]) {
        self.decisions
            .extend(waivers.iter().map(|waiver| DecisionReport {
                at: waiver.at,
                kind: DecisionKind::Waiver,
                step: None,
                code: waiver.code.clone(),
                who: waiver.who.clone(),
                why: waiver.why.clone(),
                saw_this_plan: None,
            }));
    }

    /// A question that is open already is not asked anew: people have had it since.
    pub(super) fn asked(&mut self, question: &Question, at: Timestamp) {
        if self.open(&question.step, &question.code).is_some() {
            return;
        }
        // An approval may be given before it is asked for.
        let said_yes: BTreeSet<String> = self
            .decisions
            .iter()
            .filter(|d| {
                matches!(d.kind, DecisionKind::Approval | DecisionKind::Waiver)
                    && d.step.as_ref() == Some(&question.step)
                    && d.code == question.code
            })
            .map(|d| d.who.clone())
            .collect();
        self.questions.push(QuestionReport {
            step: question.step.clone(),
            code: question.code.clone(),
            text: question.text.clone(),
            people: question.people,
            asked: at,
            settled: None,
            took: None,
            outcome: "open".to_owned(),
            said_yes,
        });
    }

    /// Whether the answer settled the question that it was to.
    pub(super) fn answered(&mut self, answer: &Answer, plan_digest: &str, at: Timestamp) -> bool {
        let kind = match answer.decision {
            Decision::Yes if answer.code == APPROVAL => DecisionKind::Approval,
            Decision::Yes => DecisionKind::Waiver,
            Decision::Retry => DecisionKind::Retry,
            Decision::Skip => DecisionKind::Skip,
            Decision::Abort => DecisionKind::Abort,
        };
        self.decisions.push(DecisionReport {
            at,
            kind,
            step: Some(answer.step.clone()),
            code: answer.code.clone(),
            who: answer.who.clone(),
            why: answer.why.clone(),
            saw_this_plan: Some(answer.plan_digest == plan_digest),
        });
        let Some(question) = self.open(&answer.step, &answer.code) else {
            return false;
        };
        if answer.decision != Decision::Yes {
            settle(question, at, format!("{} {}", answer.who, kind.words()));
            return true;
        }
        question.said_yes.insert(answer.who.clone());
        let yes = question.said_yes.len();
        let wanted = question.people;
        question.outcome = format!("{yes} of {wanted} said yes");
        let enough = wanted > 0 && u32::try_from(yes).unwrap_or(u32::MAX) >= wanted;
        if enough {
            let outcome = question.outcome.clone();
            settle(question, at, outcome);
        }
        enough
    }

    /// A step was skipped. The decision may stand in the journal already, as an answer.
    pub(super) fn skipped(&mut self, step: &StepId, who: &str, why: &str, at: Timestamp) {
        let known = self.decisions.iter().any(|decision| {
            decision.kind == DecisionKind::Skip
                && decision.step.as_ref() == Some(step)
                && decision.who == who
        });
        if !known {
            self.decisions.push(DecisionReport {
                at,
                kind: DecisionKind::Skip,
                step: Some(step.clone()),
                code: String::new(),
                who: who.to_owned(),
                why: why.to_owned(),
                saw_this_plan: None,
            });
        }
    }

    /// The step moved on: what was asked about it is settled without an answer.
    pub(super) fn step_moved_on(&mut self, step: &StepId, at: Timestamp) {
        for question in &mut self.questions {
            if question.step == *step && question.settled.is_none() {
                settle(question, at, "the run went on".to_owned());
            }
        }
    }

    /// The run is over: nothing is asked any more.
    pub(super) fn run_over(&mut self, at: Timestamp) {
        for question in &mut self.questions {
            if question.settled.is_none() {
                settle(question, at, "the run ended".to_owned());
            }
        }
    }

    fn open(&mut self, step: &StepId, code: &str) -> Option<&mut QuestionReport> {
        self.questions
            .iter_mut()
            .find(|q| q.step == *step && q.code == code && q.settled.is_none())
    }
}

fn settle(question: &mut QuestionReport, at: Timestamp, outcome: String) {
    question.settled = Some(at);
    question.took = Some(Duration::between(question.asked, at));
    question.outcome = outcome;
}
