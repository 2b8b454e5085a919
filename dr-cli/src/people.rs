//! The people that a run asks: at this terminal, simulated, or nobody.

use async_trait::async_trait;
use clap::ValueEnum;
use dr_core::port::{Answer, Decision, People, Question};
use inquire::{InquireError, Select, Text};

use crate::output::Output;

/// Who answers when a run needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PeopleChoice {
    /// Simulated on-call people who say yes to what people may decide; simulated runs only
    Simulated,
    /// Whoever sits at this terminal
    Ask,
    /// Nobody: the run holds and says what to type
    None,
}

/// Nobody answers.
pub(crate) struct Nobody;

#[async_trait]
impl People for Nobody {
    async fn ask(&self, _: &Question, _: &[Answer], _: bool) -> Option<Answer> {
        None
    }
}

/// Asks at the terminal. A person who leaves the prompt (Esc, Ctrl-C) has not answered, and the run holds.
#[derive(Clone)]
pub(crate) struct AtTerminal {
    out: Output,
    who: String,
    /// Whether the prompt has a thread of its own, so that the run goes on beside it and its lease is renewed.
    beside: bool,
}

impl AtTerminal {
    /// Asks whoever sits there, `who` by default.
    pub(crate) fn new(out: Output, who: String) -> Self {
        Self {
            out,
            who,
            beside: false,
        }
    }

    /// The same, while time goes on: the prompt waits on a thread of its own.
    #[cfg(feature = "real")]
    pub(crate) fn beside(out: Output, who: String) -> Self {
        Self {
            beside: true,
            ..Self::new(out, who)
        }
    }

    /// Asks, and waits on this thread for the answer.
    pub(crate) fn prompt(
        &self,
        question: &Question,
        already: &[Answer],
        is_past_pivot: bool,
    ) -> Result<Option<Answer>, InquireError> {
        let style = self.out.notice_style();
        let missing = (question.people as usize).saturating_sub(already.len());
        let people = match missing {
            0 => String::new(),
            1 => ", 1 more person must say yes".to_owned(),
            n => format!(", {n} more people must say yes"),
        };
        self.out.error(&format!(
            "\n{} {}{people}\n{}\n",
            style.warn("the run asks:"),
            style.bold(format!("{} ({})", question.step, question.code)),
            question.text,
        ));
        let choices = choices(question, is_past_pivot);
        let Some(decision) = Select::new("What is decided?", choices).prompt()?.1 else {
            return Ok(None);
        };
        let who = Text::new("Who decides?").with_default(&self.who).prompt()?;
        let why = Text::new("Why?").prompt()?;
        Ok(Some(Answer {
            step: question.step.clone(),
            code: question.code.clone(),
            decision,
            who,
            why,
            // The host signs it with the digest of the plan that it carries out.
            plan_digest: String::new(),
        }))
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Choice(&'static str, Option<Decision>);

/// What can be decided about a question.
fn choices(question: &Question, is_past_pivot: bool) -> Vec<Choice> {
    let mut choices = Vec::new();
    if question.people > 0 {
        choices.push(Choice(
            "yes: go on, in full knowledge of what is said above",
            Some(Decision::Yes),
        ));
    }
    let abort = if is_past_pivot {
        "abort: stop here; the promotion stands, nothing is undone, and `dr run resume` goes on"
    } else {
        "abort: stop the run, undo what was done"
    };
    choices.extend([
        Choice("retry: try the step again", Some(Decision::Retry)),
        Choice("skip: go on without the step", Some(Decision::Skip)),
        Choice(abort, Some(Decision::Abort)),
        Choice("later: hold the run, decide with `dr run`", None),
    ]);
    choices
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[async_trait]
impl People for AtTerminal {
    async fn ask(
        &self,
        question: &Question,
        already: &[Answer],
        is_past_pivot: bool,
    ) -> Option<Answer> {
        if !self.beside {
            return self.prompt(question, already, is_past_pivot).ok().flatten();
        }
        let (this, question, already) = (self.clone(), question.clone(), already.to_vec());
        let prompt = move || this.prompt(&question, &already, is_past_pivot);
        let asked = tokio::task::spawn_blocking(prompt);
        asked.await.ok()?.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undo_is_offered_only_where_there_is_one() {
        let question = Question {
            step: "shift-front-door".parse().expect("a name"),
            code: "step-failed".to_owned(),
            text: String::new(),
            people: 0,
        };
        let abort = |is_past_pivot| {
            let choices = choices(&question, is_past_pivot);
            let mut of = choices.into_iter();
            of.find(|choice| choice.1 == Some(Decision::Abort))
                .expect("it can be aborted")
                .0
        };
        assert!(abort(false).contains("undo what was done"));
        assert!(abort(true).contains("nothing is undone"));
        assert!(abort(true).contains("dr run resume"));
    }
}
