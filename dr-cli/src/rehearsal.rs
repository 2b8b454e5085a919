//! Real people at this terminal in a rehearsal, while virtual time goes on.

use std::sync::Arc;
use std::sync::mpsc::{TryRecvError, channel};

use async_trait::async_trait;
use dr_core::gameday::{Inject, Team};
use dr_core::model::Duration;
use dr_core::port::{Answer, Clock, People, Question};
use dr_core::runbook::host::StopFlag;
use inquire::{InquireError, Text};

use crate::interrupt;
use crate::output::Output;
use crate::people::AtTerminal;

/// How often, in virtual time, it is looked whether a person has answered.
const LOOK: Duration = Duration::from_secs(1);

/// Whoever sits at this terminal answers for the whole team.
pub(crate) struct AtTable {
    out: Output,
    clock: Arc<dyn Clock>,
    who: String,
    stop: StopFlag,
}

impl AtTable {
    /// People at the terminal; `who` by default. Ctrl-C at a question presses `stop`.
    pub(crate) fn new(out: Output, clock: Arc<dyn Clock>, who: String, stop: StopFlag) -> Self {
        Self {
            out,
            clock,
            who,
            stop,
        }
    }
}

#[async_trait]
impl Team for AtTable {
    fn people(&self, _scripted: Arc<dyn People>) -> Arc<dyn People> {
        Arc::new(Beside {
            terminal: AtTerminal::new(self.out.clone(), self.who.clone()),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
            out: self.out.clone(),
        })
    }

    async fn answer(&self, inject: &Inject) -> Option<String> {
        let style = self.out.notice_style();
        let to = inject.to.as_deref().unwrap_or("all of you");
        self.out.error(&format!(
            "\n{} {}\n",
            style.warn(format!("a question for {to}:")),
            inject.question
        ));
        let answer = beside(&*self.clock, || Text::new("Answer:").prompt()).await;
        answer
            .and_then(|answer| said(answer, &self.stop, &self.out))
            .filter(|answer| !answer.trim().is_empty())
    }
}

/// Asks at the terminal while virtual time goes on: a decision takes as long in the story as it does at the table.
struct Beside {
    terminal: AtTerminal,
    clock: Arc<dyn Clock>,
    stop: StopFlag,
    out: Output,
}

/// What was said; nothing when the prompt was left. Ctrl-C there is no signal, and means what it means elsewhere.
fn said<T>(answer: Result<T, InquireError>, stop: &StopFlag, out: &Output) -> Option<T> {
    if matches!(answer, Err(InquireError::OperationInterrupted)) {
        stop.press();
        out.notice(interrupt::ENDS);
    }
    answer.ok()
}

#[async_trait]
impl People for Beside {
    async fn ask(
        &self,
        question: &Question,
        already: &[Answer],
        is_past_pivot: bool,
    ) -> Option<Answer> {
        let (terminal, question, already) =
            (self.terminal.clone(), question.clone(), already.to_vec());
        let prompt = move || terminal.prompt(&question, &already, is_past_pivot);
        let answer = beside(&*self.clock, prompt).await?;
        said(answer, &self.stop, &self.out).flatten()
    }
}

/// Lets `ask` wait on a thread of its own; `None` when that thread ended without an answer.
async fn beside<T: Send + 'static>(
    clock: &dyn Clock,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (answers, answer) = channel();
    std::thread::spawn(move || {
        // Nobody listens any more when the machine of the one who asked has died in the story.
        let _ = answers.send(ask());
    });
    loop {
        match answer.try_recv() {
            Ok(answer) => return Some(answer),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => clock.sleep(LOOK).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use dr_core::config::{builtin, load_estate};
    use dr_core::runbook::host::Stop;
    use dr_core::sim::Simulation;

    use super::*;
    use crate::output::{Color, Format};

    #[test]
    fn virtual_time_goes_on_while_a_person_thinks() {
        let estate = load_estate(builtin::storefront_estate()).expect("it is right");
        let simulation = Simulation::new(&estate, 1);
        let (go, wait) = channel::<()>();
        // Once ten seconds of virtual time have passed, the person answers.
        let clock = simulation.clock();
        let start = clock.now();
        let looks = std::sync::atomic::AtomicU64::new(0);
        simulation.pace(Box::new(move |_| {
            if looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 10 {
                let _ = go.send(());
                std::thread::yield_now();
            }
        }));
        let reader = simulation.operator("reader");
        let answer = simulation.run(&reader, beside(&*clock, move || wait.recv().map(|()| 7)));
        assert_eq!(answer.expect("it ends"), Some(Ok(7)));
        assert!(Duration::between(start, simulation.now()) >= Duration::from_secs(10));
    }

    #[test]
    fn ctrl_c_at_a_question_stops_the_story_and_leaving_the_question_does_not() {
        let out = Output::new(Format::Text, Color::Never, true, true);
        let stop = StopFlag::default();
        assert_eq!(
            said(Err::<(), _>(InquireError::OperationCanceled), &stop, &out),
            None
        );
        assert_eq!(stop.get(), Stop::No);
        assert_eq!(
            said(
                Err::<(), _>(InquireError::OperationInterrupted),
                &stop,
                &out
            ),
            None
        );
        assert_eq!(stop.get(), Stop::Hold);
    }
}
