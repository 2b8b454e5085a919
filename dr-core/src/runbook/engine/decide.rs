//! What to do next.

use jiff::Timestamp;

use super::{APPROVAL, DOUBT_READS, Doing, Effect, Machine, NOT_PROTECTED};
use crate::action::Output;
use crate::model::{Duration, Mode, OnDoubt, StepId, Verb};
use crate::port::Question;
use crate::runbook::event::{Event, RunStatus, StepStatus};

/// The wait before try number `failures + 1`: 2 s, 4 s, 8 s … at most a minute.
pub(super) fn backoff(failures: u32) -> Duration {
    Duration::from_secs((2_u64 << failures.min(5)).min(60))
}

impl Machine {
    /// What the recorded state asks for. Called after every change of it.
    pub(super) fn proceed(&mut self, now: Timestamp) -> Vec<Effect> {
        match self.state.status {
            RunStatus::Running => self.forward(now),
            RunStatus::Unwinding => self.backward(),
            _ => vec![Effect::Rest],
        }
    }

    /// Whether something is under way that may change or read the world.
    fn is_busy(&self) -> bool {
        self.doing
            .values()
            .any(|doing| !matches!(doing, Doing::Waiting | Doing::Asking))
    }

    fn forward(&mut self, now: Timestamp) -> Vec<Effect> {
        let stage = self.state.current_stage();
        let plan = self.state.plan.clone();
        let Some(stage) = plan.stages.get(stage) else {
            return self.finish();
        };
        let mut steps: Vec<&StepId> = stage.steps.iter().map(|step| &step.id).collect();

        if let Some(event) = steps.iter().find_map(|id| self.skip(id)) {
            return vec![Effect::Record(event)];
        }
        if let Some((who, why)) = self.state.aborting.clone() {
            match self.pivot_in_doubt().filter(|_| !self.stopping) {
                // Whether the run can be undone hangs on what became of the promotion: that is read first, and nothing else done.
                Some(pivot) => steps.retain(|id| **id == pivot),
                None => return self.turn(&format!("{who} aborted the run: {why}")),
            }
        }
        if self.stopping {
            return self.rest("interrupted by the operator");
        }
        let failed = steps.iter().find(|id| {
            let step = self.state.step(id);
            step.is_exhausted() && step.gate().is_none()
        });
        if let Some(id) = failed {
            // A planned run has fenced a healthy primary: going back at once serves clients soonest. An unplanned one has
            // nothing to go back to, so a person decides.
            if self.state.plan.mode == Mode::Planned && !self.state.is_past_pivot() {
                let error = self.state.step(id).error.as_ref().map(ToString::to_string);
                return self.turn(&format!("step {id} failed: {}", error.unwrap_or_default()));
            }
        }
        let mut effects = Vec::new();
        for id in &steps {
            match self.next_for(id, now) {
                Some(Effect::Record(event)) => {
                    effects.push(Effect::Record(event));
                    return effects;
                }
                Some(effect) => effects.push(effect),
                None => {}
            }
        }
        if effects.is_empty() && self.doing.is_empty() {
            let because: Vec<&str> = self.unanswered.values().map(String::as_str).collect();
            return vec![Effect::Record(Event::Held {
                because: because.join("; "),
            })];
        }
        effects
    }

    /// The next effect for one step of the current stage; `None` while it is under way, behind, or waits for people.
    fn next_for(&mut self, id: &StepId, now: Timestamp) -> Option<Effect> {
        if self.doing.contains_key(id) || self.unanswered.contains_key(id) {
            return None;
        }
        let step = self.state.step(id).clone();
        if let Some(question) = self.state.questions.get(id) {
            let question = question.clone();
            return Some(self.launch(id, Doing::Asking, Effect::Ask(question)));
        }
        if let Verb::Approve { people } = self.state.planned(id).verb
            && step.status == StepStatus::Pending
        {
            return Some(Effect::Record(self.approval(id, people)));
        }
        match step.status {
            StepStatus::Pending => {
                Some(self.launch(id, Doing::Observing, Effect::Observe(id.clone())))
            }
            StepStatus::Started => {
                Some(self.launch(id, Doing::Applying, Effect::Apply(id.clone())))
            }
            StepStatus::InDoubt => Some(self.resolve(id, now)),
            StepStatus::Failed => match step.retry_at {
                Some(at) if at > now => {
                    Some(self.launch(id, Doing::Waiting, Effect::WakeAt(id.clone(), at)))
                }
                Some(_) => Some(self.launch(id, Doing::Observing, Effect::Observe(id.clone()))),
                None if step.cleared => {
                    Some(self.launch(id, Doing::Observing, Effect::Observe(id.clone())))
                }
                None => Some(Effect::Record(Event::Asked {
                    question: self.question_of(id),
                })),
            },
            _ => None,
        }
    }

    pub(super) fn launch(&mut self, id: &StepId, doing: Doing, effect: Effect) -> Effect {
        self.doing.insert(id.clone(), doing);
        effect
    }

    /// Reads what became of a step in doubt, and asks a person when it cannot be read.
    fn resolve(&mut self, id: &StepId, now: Timestamp) -> Effect {
        let reads = self.doubt_reads.get(id).copied().unwrap_or(0);
        let cleared = self.state.step(id).cleared;
        let hold = self.state.planned(id).on_doubt == OnDoubt::Hold;
        if (hold || reads >= DOUBT_READS) && !(cleared && reads == 0) {
            return Effect::Record(Event::Asked {
                question: Question {
                    step: id.clone(),
                    code: "in-doubt".to_owned(),
                    text: format!(
                        "step {id} was started and its outcome is unknown: see what became of it, then retry or skip it"
                    ),
                    people: 0,
                },
            });
        }
        if reads == 0 {
            return self.launch(id, Doing::Observing, Effect::Observe(id.clone()));
        }
        let at = backoff(reads).after(now);
        self.launch(id, Doing::Waiting, Effect::WakeAt(id.clone(), at))
    }

    fn approval(&self, id: &StepId, people: u32) -> Event {
        let yes = self.state.yes_by(id, APPROVAL);
        if yes.len() >= people as usize {
            return Event::StepSucceeded {
                step: id.clone(),
                output: Output::said(format!("approved by {}", yes.join(", "))),
                found_done: false,
            };
        }
        let plan = &self.state.plan;
        Event::Asked {
            question: Question {
                step: id.clone(),
                code: APPROVAL.to_owned(),
                text: format!(
                    "{} {} {}: {} becomes primary of {} (plan {})",
                    plan.mode,
                    plan.runbook,
                    plan.direction,
                    plan.direction.to,
                    plan.estate.name,
                    plan.digest.get(..12).unwrap_or(&plan.digest),
                ),
                people,
            },
        }
    }

    /// What a person is asked about a step that failed for good.
    fn question_of(&self, id: &StepId) -> Question {
        let step = self.state.step(id);
        if let Some(gate) = step.gate() {
            return Question {
                step: id.clone(),
                ..gate.clone()
            };
        }
        let error = step
            .error
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        Question {
            step: id.clone(),
            code: "step-failed".to_owned(),
            text: format!(
                "step {id} failed: {error}; mend the cause and retry, skip the step, or abort"
            ),
            people: 0,
        }
    }

    /// The event for a step that a person wants to go on without, once nothing is under way for it.
    fn skip(&self, id: &StepId) -> Option<Event> {
        let step = self.state.step(id);
        let (who, why) = step.skip.clone()?;
        let idle = self
            .doing
            .get(id)
            .is_none_or(|doing| *doing == Doing::Asking);
        let can = matches!(
            step.status,
            StepStatus::Pending | StepStatus::Failed | StepStatus::InDoubt
        );
        (idle && can).then(|| Event::StepSkipped {
            step: id.clone(),
            who,
            why,
        })
    }

    /// A promotion of which it is not known whether it took effect.
    fn pivot_in_doubt(&self) -> Option<StepId> {
        let mut pivots = self.state.plan.steps().filter(|step| step.pivot);
        let doubtful = pivots.find(|step| self.state.step(&step.id).status == StepStatus::InDoubt);
        doubtful.map(|step| step.id.clone())
    }

    /// Turns back before the pivot, once nothing is under way. Past it there is nothing to turn back to: the run rests where it
    /// stands, and whoever resumes it goes on with what is left. It stays open, so that no other run begins on half a move.
    fn turn(&mut self, because: &str) -> Vec<Effect> {
        if self.is_busy() {
            return Vec::new();
        }
        if !self.state.is_past_pivot() {
            return vec![Effect::Record(Event::Unwinding {
                because: because.to_owned(),
            })];
        }
        let state = &self.state;
        let left: Vec<&str> = state
            .plan
            .steps()
            .filter(|step| !state.step(&step.id).is_behind())
            .map(|step| step.id.as_str())
            .collect();
        let left = match left.as_slice() {
            [] => "every step is behind".to_owned(),
            left => format!("left to do: {}", left.join(", ")),
        };
        self.rest(&format!(
            "{because}. The promotion stands and is not undone: {} is primary; {left}",
            state.plan.direction.to
        ))
    }

    fn rest(&self, because: &str) -> Vec<Effect> {
        if self.is_busy() {
            return Vec::new();
        }
        vec![Effect::Record(Event::Held {
            because: because.to_owned(),
        })]
    }

    /// Every step is behind: complete, when the estate is protected again.
    fn finish(&mut self) -> Vec<Effect> {
        let missing = self.state.unprotected();
        if missing.is_empty() {
            return vec![Effect::Record(Event::Closed {
                status: RunStatus::Completed,
                missing,
            })];
        }
        if self.stopping {
            return self.rest("interrupted by the operator");
        }
        let Some(last) = self.state.plan.steps().last().map(|step| step.id.clone()) else {
            return vec![Effect::Record(Event::Held {
                because: missing.join("; "),
            })];
        };
        if !self.state.yes_by(&last, NOT_PROTECTED).is_empty() {
            return vec![Effect::Record(Event::Closed {
                status: RunStatus::Aborted,
                missing,
            })];
        }
        if let Some((who, why)) = self.state.aborting.clone() {
            return self.turn(&format!("{who} aborted the run: {why}"));
        }
        if self.doing.contains_key(&last) {
            return Vec::new();
        }
        if let Some(because) = self.unanswered.get(&last) {
            return vec![Effect::Record(Event::Held {
                because: because.clone(),
            })];
        }
        let text = format!(
            "every step is behind, but the estate is not protected: {}; close the run as it is?",
            missing.join("; ")
        );
        match self.state.questions.get(&last).cloned() {
            Some(question) => vec![self.launch(&last, Doing::Asking, Effect::Ask(question))],
            None => vec![Effect::Record(Event::Asked {
                question: Question {
                    step: last,
                    code: NOT_PROTECTED.to_owned(),
                    text,
                    people: 1,
                },
            })],
        }
    }

    /// Takes steps back, the last started first, one at a time.
    fn backward(&mut self) -> Vec<Effect> {
        self.doing
            .retain(|_, doing| !matches!(doing, Doing::Waiting | Doing::Asking));
        if self.is_busy() {
            return Vec::new();
        }
        if self.stopping {
            return self.rest("interrupted by the operator");
        }
        let under_way = self
            .state
            .steps
            .iter()
            .find(|(_, step)| step.status == StepStatus::UndoStarted)
            .map(|(id, _)| id.clone());
        if let Some(id) = under_way {
            return vec![self.launch(&id, Doing::Undoing, Effect::Undo(id.clone()))];
        }
        let next = self
            .state
            .steps
            .iter()
            .filter(|(id, step)| {
                step.touched.is_some()
                    && !matches!(
                        step.status,
                        StepStatus::Undone | StepStatus::UndoFailed | StepStatus::Skipped
                    )
                    && self.state.planned(id).undo.is_some()
            })
            .max_by_key(|(_, step)| step.touched)
            .map(|(id, _)| id.clone());
        if let Some(step) = next {
            return vec![Effect::Record(Event::UndoStarted { step })];
        }
        let left: Vec<String> = self
            .state
            .steps
            .iter()
            .filter(|(_, step)| step.status == StepStatus::UndoFailed)
            .map(|(id, _)| format!("step {id} could not be undone"))
            .collect();
        let status = if left.is_empty() {
            RunStatus::Unwound
        } else {
            RunStatus::Stuck
        };
        vec![Effect::Record(Event::Closed {
            status,
            missing: left,
        })]
    }
}
