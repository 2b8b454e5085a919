//! What an input other than a recorded event leads to: mostly, a record.

use jiff::Timestamp;

use super::decide::backoff;
use super::{APPROVAL, Doing, Effect, Machine};
use crate::action::{Observation, Output, StepError};
use crate::model::{StepId, Verb};
use crate::port::{Answer, Decision};
use crate::runbook::event::{Event, StepStatus};

impl Machine {
    pub(super) fn observed(
        &mut self,
        now: Timestamp,
        id: &StepId,
        observation: Observation,
    ) -> Vec<Effect> {
        let step = self.state.step(id);
        let in_doubt = step.status == StepStatus::InDoubt;
        let unsettled_until = step.settles.filter(|at| in_doubt && now < *at);
        let id = id.clone();
        let event = match observation {
            Observation::Done(output) => Event::StepSucceeded {
                step: id,
                output,
                found_done: true,
            },
            Observation::NotDone(_) | Observation::Partial(_) if in_doubt => {
                if let Some(at) = unsettled_until {
                    let wake = Effect::WakeAt(id.clone(), at);
                    return vec![self.launch(&id, Doing::Waiting, wake)];
                }
                self.doubt_reads.remove(&id);
                if step.failures + 1 >= self.state.planned(&id).attempts {
                    let reason =
                        "it was begun and did not take effect, as often as the plan allows"
                            .to_owned();
                    return vec![Effect::Record(self.failed(
                        now,
                        id,
                        StepError::NotMet {
                            code: "no-effect".to_owned(),
                            message: reason,
                        },
                    ))];
                }
                Event::DoubtResolved { step: id }
            }
            // Nothing new is begun once the run is to rest or to turn, nor what a person said to go on without while it was read.
            Observation::NotDone(_) | Observation::Partial(_)
                if self.stopping || self.state.aborting.is_some() || step.skip.is_some() =>
            {
                return self.proceed(now);
            }
            Observation::NotDone(before) | Observation::Partial(before) => Event::StepStarted {
                attempt: step.attempts + 1,
                before,
                step: id,
            },
            Observation::Unknown(_) if in_doubt => {
                *self.doubt_reads.entry(id).or_default() += 1;
                return self.proceed(now);
            }
            Observation::Unknown(error) => self.failed(now, id, StepError::Port(error)),
        };
        vec![Effect::Record(event)]
    }

    pub(super) fn performed(
        &self,
        now: Timestamp,
        step: StepId,
        result: Result<Output, StepError>,
    ) -> Event {
        match result {
            Ok(output) => Event::StepSucceeded {
                step,
                output,
                found_done: false,
            },
            Err(error) if error.is_doubt() => Event::StepInDoubt {
                step,
                reason: error.to_string(),
            },
            Err(error) => self.failed(now, step, error),
        }
    }

    /// The event of a failure, with the time of the next try where there is to be one.
    fn failed(&self, now: Timestamp, step: StepId, error: StepError) -> Event {
        let failures = self.state.step(&step).failures;
        let again = error.is_retryable() && failures + 1 < self.state.planned(&step).attempts;
        Event::StepFailed {
            step,
            error,
            retry_at: again.then(|| backoff(failures).after(now)),
        }
    }

    pub(super) fn woken(&mut self, now: Timestamp, id: &StepId) -> Vec<Effect> {
        if self.state.step(id).status == StepStatus::InDoubt && !self.stopping {
            return vec![self.launch(id, Doing::Observing, Effect::Observe(id.clone()))];
        }
        self.proceed(now)
    }

    /// Takes a person's answer in, or says why it changes nothing.
    pub(super) fn answered(
        &mut self,
        now: Timestamp,
        answer: Answer,
        inbox: Option<u64>,
    ) -> Vec<Effect> {
        if let Some(why) = self.refusal(&answer) {
            let mut effects = vec![Effect::Refuse(answer.clone(), why)];
            if self.doing.get(&answer.step) == Some(&Doing::Asking) {
                // Its question stands; nobody else is at hand to ask.
                self.doing.remove(&answer.step);
                if let Some(question) = self.state.questions.get(&answer.step) {
                    self.unanswered
                        .insert(answer.step.clone(), question.text.clone());
                }
                effects.extend(self.proceed(now));
            }
            return effects;
        }
        if self.doing.get(&answer.step) == Some(&Doing::Asking) {
            self.doing.remove(&answer.step);
        }
        self.unanswered.remove(&answer.step);
        self.doubt_reads.remove(&answer.step);
        vec![Effect::Record(Event::Answered { answer, inbox })]
    }

    fn refusal(&self, answer: &Answer) -> Option<&'static str> {
        let Some(planned) = self.state.plan.step(&answer.step) else {
            return Some("the plan has no such step");
        };
        if answer.plan_digest != self.state.plan.digest {
            return Some("it was given for another plan");
        }
        if answer.who.trim().is_empty() || answer.why.trim().is_empty() {
            return Some("it needs a name and a reason");
        }
        let step = self.state.step(&answer.step);
        match answer.decision {
            Decision::Abort if self.state.unwinding.is_some() => Some("the run unwinds already"),
            Decision::Abort => None,
            _ if self.state.unwinding.is_some() => Some("the run unwinds"),
            Decision::Yes => {
                let open = self.state.questions.get(&answer.step);
                let fits = match open {
                    Some(question) => question.code == answer.code && question.people > 0,
                    // An approval may be given before it is asked for.
                    None => answer.code == APPROVAL && matches!(planned.verb, Verb::Approve { .. }),
                };
                if !fits {
                    Some("nothing of that code is asked there that a yes would settle")
                } else if self
                    .state
                    .yes_by(&answer.step, &answer.code)
                    .contains(&answer.who.as_str())
                {
                    Some("the same person said yes already")
                } else {
                    None
                }
            }
            Decision::Skip if planned.pivot => Some("a promotion cannot be skipped"),
            Decision::Skip if step.is_behind() => Some("the step is behind"),
            Decision::Skip => None,
            Decision::Retry if matches!(step.status, StepStatus::Failed | StepStatus::InDoubt) => {
                None
            }
            Decision::Retry => Some("the step neither failed nor is in doubt"),
        }
    }
}
