//! Real people at this terminal in a rehearsal, while virtual time goes on.

use std::sync::Arc;
use std::sync::mpsc::{TryRecvError, channel};

use async_trait::async_trait;
use dr_core::gameday::{Inject, Team};
use dr_core::model::Duration;
use dr_core::port::{Answer, Clock, People, Question};
use inquire::Text;

use crate::output::Output;
use crate::people::AtTerminal;

/// How often, in virtual time, it is looked whether a person has answered.
const LOOK: Duration = Duration::from_secs(1);

/// Whoever sits at this terminal answers for the whole team.
pub(crate) struct AtTable {
    out: Output,
    clock: Arc<dyn Clock>,
    who: String,
}

impl AtTable {
    /// People at the terminal; `who` by default.
    pub(crate) fn new(out: Output, clock: Arc<dyn Clock>, who: String) -> Self {
        Self { out, clock, who }
    }
}

#[async_trait]
impl Team for AtTable {
    fn people(&self, _scripted: Arc<dyn People>) -> Arc<dyn People> {
        Arc::new(Beside {
            terminal: AtTerminal::new(self.out.clone(), self.who.clone()),
            clock: self.clock.clone(),
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
        beside(&*self.clock, || Text::new("Answer:").prompt().ok())
            .await
            .flatten()
            .filter(|answer| !answer.trim().is_empty())
    }
}

/// Asks at the terminal while virtual time goes on: a decision takes as long in the story as it does at the table.
struct Beside {
    terminal: AtTerminal,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl People for Beside {
    async fn ask(&self, question: &Question, already: &[Answer]) -> Option<Answer> {
        let (terminal, question, already) =
            (self.terminal.clone(), question.clone(), already.to_vec());
        beside(&*self.clock, move || {
            terminal.prompt(&question, &already).ok().flatten()
        })
        .await
        .flatten()
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
    use dr_core::sim::Simulation;

    use super::*;

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
}
