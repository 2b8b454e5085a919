//! The loop: carries out the machine's effects and feeds back what came of them.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::{FutureExt, pin_mut};
use sha2::{Digest as _, Sha256};

use super::{Host, HostError, Outcome, Stop};
use crate::action::{Action, Context, History, Observation, StepError, UndoError, for_verb};
use crate::model::{Duration, RunId, StepId};
use crate::port::{ErrorClass, LeaseDeadline, Permit, PortError};
use crate::runbook::engine::{Effect, Input, Machine};
use crate::runbook::event::Event;
use crate::runbook::inbox;
use crate::runbook::journal::Journal;
use crate::runbook::lock::{Lease, LockError, rule};
use crate::runbook::plan::Plan;

/// How often the lease is looked after and the inbox is read: often enough that two renewals may fail before the lease ends.
const TICK: Duration = Duration::from_secs(10);
/// How often an undo is tried before a person must repair.
const UNDO_TRIES: u32 = 5;

type Tasks<'a> = FuturesUnordered<BoxFuture<'a, Input>>;

/// What the tasks of one run share.
struct Shared {
    plan: Arc<Plan>,
    deadline: LeaseDeadline,
}

impl Host {
    pub(super) async fn drive(
        &self,
        run: RunId,
        mut machine: Machine,
        mut journal: Journal,
        mut lease: Lease,
    ) -> Result<Outcome, HostError> {
        let deadline = LeaseDeadline::new(lease.deadline());
        let result = self
            .carry_out(&run, &mut machine, &mut journal, &mut lease, &deadline)
            .await;
        if !matches!(result, Err(HostError::Fenced)) {
            // If it cannot be given back it runs out by itself.
            let _ = self.give_back(&mut lease, &deadline).await;
        }
        result?;
        Ok(Outcome {
            run,
            state: machine.into_state(),
        })
    }

    /// Gives the lock back. A call whose answer was lost, or that was under way when the run was stopped, may be on its way still:
    /// then the next holder waits for it, as it would for one of a holder that died.
    async fn give_back(
        &self,
        lease: &mut Lease,
        deadline: &LeaseDeadline,
    ) -> Result<(), LockError> {
        let (store, clock) = (&*self.store, &*self.ports.clock);
        if rule::may_be_on_its_way(deadline.last_permitted(), clock.now()) {
            lease.abandon(store, clock).await
        } else {
            lease.release(store, clock).await
        }
    }

    async fn carry_out(
        &self,
        run: &RunId,
        machine: &mut Machine,
        journal: &mut Journal,
        lease: &mut Lease,
        deadline: &LeaseDeadline,
    ) -> Result<(), HostError> {
        let clock = &self.ports.clock;
        let shared = Shared {
            plan: machine.state().plan.clone(),
            deadline: deadline.clone(),
        };
        let mut tasks: Tasks<'_> = FuturesUnordered::new();
        // What tasks came to while the store was waited for.
        let mut came: VecDeque<Input> = VecDeque::new();
        let mut inputs: VecDeque<Input> = VecDeque::new();
        let mut inbox_read = machine.state().inbox_read;
        let mut told_to_stop = false;
        let mut effects: VecDeque<Effect> = machine.begin(clock.now()).into();
        let mut tick = clock.sleep(TICK);
        loop {
            while let Some(effect) = effects.pop_front() {
                match effect {
                    Effect::Rest => return Ok(()),
                    Effect::Record(event) => {
                        let record = self.record(machine, journal, lease, deadline, event);
                        let more = beside(&mut tasks, &mut came, record).await?;
                        prepend(&mut effects, more);
                    }
                    Effect::Refuse(answer, why) => self.watcher.refused(&answer, why),
                    task => tasks.push(self.task(run, machine, lease, &shared, task)),
                }
            }
            match self.stop.get() {
                Stop::Now => return Err(HostError::Stopped),
                Stop::Hold if !told_to_stop => {
                    told_to_stop = true;
                    inputs.push_back(Input::Stop);
                }
                Stop::Hold | Stop::No => {}
            }
            // One input at a time: what it asks to record is durable before the machine sees the next.
            if let Some(input) = inputs.pop_front() {
                let more = machine.step(clock.now(), input);
                effects.extend(more.map_err(HostError::Illegal)?);
                continue;
            }
            let woken = match came.pop_front() {
                Some(input) => Next::Input(Box::new(input)),
                None => next(&mut tasks, &mut tick, self.stop.pressed(told_to_stop)).await,
            };
            match woken {
                Next::Input(input) => {
                    // Before a run holds because nobody here answered, it looks whether somebody did elsewhere.
                    if let Input::Unanswered(step) = &*input {
                        let answers = self.answers(run, &mut inbox_read);
                        let answers = beside(&mut tasks, &mut came, answers).await;
                        let settled = answers.iter().any(
                            |input| matches!(input, Input::Answered(answer, _) if answer.step == *step),
                        );
                        inputs.extend(answers);
                        if settled {
                            continue;
                        }
                    }
                    inputs.push_back(*input);
                }
                Next::Stop => {}
                Next::Tick => {
                    tick = clock.sleep(TICK);
                    let renewal = self.renew(lease, &shared.deadline);
                    beside(&mut tasks, &mut came, renewal).await?;
                    let answers = self.answers(run, &mut inbox_read);
                    inputs.extend(beside(&mut tasks, &mut came, answers).await);
                }
            }
        }
    }

    /// What people answered elsewhere since. The inbox is their way in; that it cannot be read for a moment stops nothing.
    async fn answers(&self, run: &RunId, read: &mut u64) -> Vec<Input> {
        let answers = inbox::read_from(&*self.store, run, *read).await;
        let numbered = answers.unwrap_or_default().into_iter().map(|answer| {
            let number = *read;
            *read += 1;
            Input::Answered(answer, Some(number))
        });
        numbered.collect()
    }

    /// Makes an event durable, then lets the machine see it.
    async fn record(
        &self,
        machine: &mut Machine,
        journal: &mut Journal,
        lease: &mut Lease,
        deadline: &LeaseDeadline,
        event: Event,
    ) -> Result<Vec<Effect>, HostError> {
        let record = self.append(journal, lease, deadline, event).await?;
        let effects = machine
            .step(record.at, Input::Recorded(record.event.clone()))
            .map_err(HostError::Illegal)?;
        self.watcher.recorded(machine.state(), &record);
        Ok(effects)
    }

    /// The future behind an effect that takes time.
    fn task<'a>(
        &'a self,
        run: &RunId,
        machine: &Machine,
        lease: &Lease,
        shared: &Shared,
        effect: Effect,
    ) -> BoxFuture<'a, Input> {
        let state = machine.state();
        match effect {
            Effect::WakeAt(step, at) => {
                let wait = self
                    .ports
                    .clock
                    .sleep(Duration::between(self.ports.clock.now(), at));
                wait.map(move |()| Input::Woken(step)).boxed()
            }
            Effect::Ask(question) => {
                let already: Vec<_> = state
                    .answers
                    .iter()
                    .filter(|answer| answer.step == question.step && answer.code == question.code)
                    .cloned()
                    .collect();
                let digest = state.plan.digest.clone();
                let is_past_pivot = state.is_past_pivot();
                async move {
                    match self.people.ask(&question, &already, is_past_pivot).await {
                        Some(mut answer) => {
                            answer.plan_digest = digest;
                            Input::Answered(answer, None)
                        }
                        None => Input::Unanswered(question.step),
                    }
                }
                .boxed()
            }
            Effect::Observe(step) | Effect::Apply(step) | Effect::Undo(step)
                if state.plan.step(&step).is_none() =>
            {
                unreachable!("the machine names only steps of its plan: {step}")
            }
            Effect::Observe(step) => {
                let work = self.work(run, machine, lease, shared, step);
                async move { work.observe().await }.boxed()
            }
            Effect::Apply(step) => {
                let before = state.step(&step).before.clone();
                let work = self.work(run, machine, lease, shared, step);
                async move { work.apply(&before).await }.boxed()
            }
            Effect::Undo(step) => {
                let before = state.step(&step).before.clone();
                let work = self.work(run, machine, lease, shared, step);
                async move { work.undo(&before).await }.boxed()
            }
            Effect::Record(_) | Effect::Refuse(..) | Effect::Rest => {
                unreachable!("the loop carries these out itself")
            }
        }
    }

    fn work<'a>(
        &'a self,
        run: &RunId,
        machine: &Machine,
        lease: &Lease,
        shared: &Shared,
        step: StepId,
    ) -> Work<'a> {
        let planned = machine.state().planned(&step);
        Work {
            host: self,
            plan: shared.plan.clone(),
            history: machine.state().history.clone(),
            permit: Permit {
                run: run.clone(),
                step: step.clone(),
                epoch: lease.epoch(),
                token: token(run, &step),
                deadline: shared.deadline.clone(),
            },
            timeout: planned.timeout,
            action: for_verb(&planned.verb),
            step,
        }
    }
}

/// One call of an action, with all that it needs.
struct Work<'a> {
    host: &'a Host,
    plan: Arc<Plan>,
    history: History,
    permit: Permit,
    timeout: Duration,
    action: &'static dyn Action,
    step: StepId,
}

impl Work<'_> {
    fn context(&self) -> Context<'_> {
        Context {
            estate: &self.plan.estate,
            direction: &self.plan.direction,
            mode: self.plan.mode,
            step: &self.step,
            verb: &self
                .plan
                .step(&self.step)
                .expect("work is made only for steps of the plan")
                .verb,
            timeout: self.timeout,
            ports: &self.host.ports,
            permit: &self.permit,
            history: &self.history,
        }
    }

    /// The result of `work`, or `None` when the step's time was over first.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let limit = self.host.ports.clock.sleep(self.timeout);
        pin_mut!(work);
        match select(work, limit).await {
            Either::Left((result, _)) => Some(result),
            Either::Right(((), _)) => None,
        }
    }

    async fn observe(self) -> Input {
        let context = self.context();
        let observation = self
            .in_time(self.action.observe(&context))
            .await
            .unwrap_or_else(|| {
                Observation::Unknown(PortError {
                    class: ErrorClass::Transient,
                    operation: "observe".to_owned(),
                    place: self.step.to_string(),
                    message: format!("not read after {}", self.timeout),
                })
            });
        Input::Observed(self.step.clone(), observation)
    }

    async fn apply(self, before: &crate::action::Before) -> Input {
        let context = self.context();
        let result = self
            .in_time(self.action.apply(&context, before))
            .await
            .unwrap_or(Err(StepError::TimedOut {
                after: self.timeout,
            }));
        Input::Performed(self.step.clone(), result)
    }

    async fn undo(self, before: &crate::action::Before) -> Input {
        let context = self.context();
        let mut tries = 0;
        let result = loop {
            let result = self
                .in_time(self.action.undo(&context, before))
                .await
                .unwrap_or_else(|| {
                    Err(UndoError {
                        message: format!("not undone after {}", self.timeout),
                        retryable: true,
                    })
                });
            tries += 1;
            match &result {
                Err(error) if error.retryable && tries < UNDO_TRIES => {
                    let wait = Duration::from_secs(2_u64 << tries);
                    self.host.ports.clock.sleep(wait).await;
                }
                _ => break result,
            }
        };
        Input::Undone(self.step.clone(), result)
    }
}

/// What the loop wakes up for.
enum Next {
    Input(Box<Input>),
    Tick,
    Stop,
}

async fn next(
    tasks: &mut Tasks<'_>,
    tick: &mut (impl Future<Output = ()> + Unpin),
    stop: impl Future<Output = ()> + Unpin,
) -> Next {
    let input = async {
        match tasks.next().await {
            Some(input) => input,
            // Nothing is under way: only the tick or the operator goes on.
            None => std::future::pending().await,
        }
    };
    pin_mut!(input);
    match select(input, select(tick, stop)).await {
        Either::Left((input, _)) => Next::Input(Box::new(input)),
        Either::Right((Either::Left(_), _)) => Next::Tick,
        Either::Right((Either::Right(_), _)) => Next::Stop,
    }
}

/// Waits for the store while the tasks go on. A task that is not polled stands still: one that has looked at the lease's
/// deadline would make its call whenever the store answers, and that may be too late.
async fn beside<T>(
    tasks: &mut Tasks<'_>,
    came: &mut VecDeque<Input>,
    work: impl Future<Output = T>,
) -> T {
    pin_mut!(work);
    while !tasks.is_empty() {
        match select(&mut work, tasks.next()).await {
            Either::Left((done, _)) => return done,
            Either::Right((input, _)) => came.extend(input),
        }
    }
    work.await
}

/// What follows from a recorded event comes before what was asked for earlier.
fn prepend(effects: &mut VecDeque<Effect>, more: Vec<Effect>) {
    for effect in more.into_iter().rev() {
        effects.push_front(effect);
    }
}

/// Same for every attempt of the same step of the same run, different for any other.
fn token(run: &RunId, step: &StepId) -> String {
    let digest = Sha256::digest(format!("{run}/{step}"));
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_step_of_each_run_has_a_token_of_its_own() {
        let token = |run: &str, step: &str| {
            let (run, step) = (run.parse().expect("a name"), step.parse().expect("a name"));
            super::token(&run, &step)
        };
        let steps = ["shift-front-door", "repoint-metrics", "promote-database"];
        let mut seen = std::collections::BTreeSet::new();
        for run in ["failover-1", "failover-2"] {
            for step in steps {
                assert!(seen.insert(token(run, step)), "{run} {step}");
                assert!(!seen.insert(token(run, step)), "a repeat is told by it");
            }
        }
        // EC2 takes at most 64 characters (API reference, "RunInstances", ClientToken).
        assert!(seen.iter().all(|token| token.len() <= 64));
    }
}
