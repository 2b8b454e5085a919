//! The people of a rehearsal: as the story says, or real ones at a terminal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::scenario::{Inject, OnCallTeam};
use crate::model::Reply;
use crate::port::{Answer, Clock, Decision, People, Question};

/// Who takes part.
#[async_trait]
pub trait Team: Send + Sync {
    /// Those whom runs ask. `scripted` are the ones of the story, in virtual time.
    fn people(&self, scripted: Arc<dyn People>) -> Arc<dyn People>;

    /// The answer to a question of the story; `None` when nobody answers.
    async fn answer(&self, inject: &Inject) -> Option<String>;
}

/// Nobody but the people of the story: questions of the story stay without an answer.
#[derive(Debug, Clone, Copy)]
pub struct NobodyElse;

#[async_trait]
impl Team for NobodyElse {
    fn people(&self, scripted: Arc<dyn People>) -> Arc<dyn People> {
        scripted
    }

    async fn answer(&self, _: &Inject) -> Option<String> {
        None
    }
}

/// The people of the story. Each question is answered by somebody who has not answered it yet.
pub(super) struct Scripted {
    clock: Arc<dyn Clock>,
    team: OnCallTeam,
    /// How often each scripted answer was given.
    given: Mutex<BTreeMap<usize, u32>>,
}

impl Scripted {
    pub(super) fn new(clock: Arc<dyn Clock>, team: OnCallTeam) -> Self {
        Self {
            clock,
            team,
            given: Mutex::default(),
        }
    }

    /// The scripted answer that fits a question, counted as given.
    fn scripted(&self, question: &Question) -> Option<&super::ScriptedAnswer> {
        // Counting leaves nothing half-done.
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let (index, answer) = self
            .team
            .answers
            .iter()
            .enumerate()
            .find(|(index, answer)| {
                let times = given.get(index).copied().unwrap_or(0);
                answer.to == question.code
                    && answer
                        .step
                        .as_ref()
                        .is_none_or(|step| *step == question.step)
                    && answer.times.is_none_or(|most| times < most)
            })?;
        *given.entry(index).or_default() += 1;
        Some(answer)
    }
}

#[async_trait]
impl People for Scripted {
    async fn ask(&self, question: &Question, already: &[Answer], _: bool) -> Option<Answer> {
        let scripted = self.scripted(question);
        let who = self
            .team
            .names
            .iter()
            .find(|name| already.iter().all(|answer| answer.who != **name))?;
        let decision = match scripted.map(|answer| answer.say) {
            None if question.people > 0 => Decision::Yes,
            None | Some(Reply::Nothing) => return None,
            Some(Reply::Yes) => Decision::Yes,
            Some(Reply::Retry) => Decision::Retry,
            Some(Reply::Skip) => Decision::Skip,
            Some(Reply::Abort) => Decision::Abort,
        };
        let after = scripted.and_then(|answer| answer.after);
        self.clock
            .sleep(after.unwrap_or(self.team.answer_after))
            .await;
        Some(Answer {
            step: question.step.clone(),
            code: question.code.clone(),
            decision,
            who: who.clone(),
            why: "rehearsed on the simulator".to_owned(),
            // The host writes down which plan was shown.
            plan_digest: String::new(),
        })
    }
}
