//! Simulated people.

use std::sync::Arc;

use async_trait::async_trait;

use crate::model::Duration;
use crate::port::{Answer, Clock, Decision, People, Question};

/// How an on-call team decides: `None` when nobody answers.
pub type Decide = Box<dyn Fn(&Question) -> Option<Decision> + Send + Sync>;

/// An on-call team. Each question is answered after a while by a person who has not answered it yet.
pub struct OnCall {
    clock: Arc<dyn Clock>,
    names: Vec<String>,
    delay: Duration,
    decide: Decide,
}

impl OnCall {
    /// A team that says yes to every approval and gate that people can pass, and is silent where the cause must be mended.
    /// Each answer takes `delay` of virtual time.
    pub fn new(clock: Arc<dyn Clock>, names: &[&str], delay: Duration) -> Self {
        Self {
            clock,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            delay,
            decide: Box::new(|question| (question.people > 0).then_some(Decision::Yes)),
        }
    }

    /// Decides in another way.
    #[must_use]
    pub fn deciding(mut self, decide: Decide) -> Self {
        self.decide = decide;
        self
    }
}

#[async_trait]
impl People for OnCall {
    async fn ask(&self, question: &Question, already: &[Answer], _: bool) -> Option<Answer> {
        let who = self
            .names
            .iter()
            .find(|name| already.iter().all(|answer| answer.who != **name))?;
        let decision = (self.decide)(question)?;
        self.clock.sleep(self.delay).await;
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

/// Nobody answers.
pub struct Silent;

#[async_trait]
impl People for Silent {
    async fn ask(&self, _: &Question, _: &[Answer], _: bool) -> Option<Answer> {
        None
    }
}
