//! Journals and machines under numbers, so that a state of the model is small. What a number stands for is the engine's own:
//! a journal's [`RunState`] is folded by [`RunState::apply`], and a [`Machine`] is driven by [`Machine::step`].

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use dr_core::action::{Before, Observation, StepError, UndoError};
use dr_core::model::{Epoch, FenceLevel};
use dr_core::port::{Answer, Decision};
use dr_core::runbook::engine::{Effect, Input, Machine, RunState};
use dr_core::runbook::event::Event;
use dr_core::runbook::journal::{Digest, Record};
use dr_core::runbook::plan::Plan;

use super::clock::at;
use super::plan::{Step, failover};

/// A journal; 0 where there is none.
pub(crate) type LogId = u32;
/// A machine as it stands.
pub(crate) type MachineId = u32;
/// An event.
pub(crate) type EventId = u32;
/// Why a step failed.
pub(crate) type ErrorId = u32;

/// Where there is no journal.
pub(crate) const NO_LOG: LogId = 0;

/// A journal by its last line.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    /// The journal before that line.
    pub(crate) parent: LogId,
    /// Its lines.
    pub(crate) lines: u16,
    /// The epoch of the last line.
    pub(crate) epoch: u8,
    /// Who wrote the last line.
    pub(crate) by: u8,
    /// The last line; `None` where that is the header.
    pub(crate) record: Option<Record>,
    /// The event that it records.
    pub(crate) event: EventId,
    /// The digest of the last line.
    pub(crate) head: Digest,
    /// What the lines say together; `None` when the engine refuses one of them.
    pub(crate) state: Option<Arc<RunState>>,
}

/// What a machine is told, in few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Told {
    Recorded(EventId),
    NotDone(Step),
    /// Read while a call of the same operator is on its way.
    NotYetDone(Step),
    FoundDone(Step, FenceLevel),
    Done(Step, FenceLevel),
    Failed(Step, ErrorId),
    Undone(Step),
    UndoFailed(Step),
    Woken(Step),
    Answered(Step, Reply),
    Unanswered(Step),
}

/// What a person says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reply {
    Yes,
    Retry,
    Abort,
}

/// What a machine asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wants {
    Record(EventId),
    Observe(Step),
    Apply(Step),
    Undo(Step),
    Wait(Step),
    Ask(Step),
    Rest,
}

#[derive(Default)]
struct Shelves {
    logs: Vec<Arc<Log>>,
    log_ids: BTreeMap<(LogId, u8, u8, EventId), LogId>,
    events: Vec<Event>,
    event_ids: BTreeMap<String, EventId>,
    errors: Vec<StepError>,
    machines: Vec<Arc<Machine>>,
    machine_ids: BTreeMap<u16, Vec<MachineId>>,
    begun: BTreeMap<LogId, (MachineId, Wants)>,
    steps: BTreeMap<(MachineId, Told), (MachineId, Wants)>,
}

/// The numbers given so far.
pub(crate) struct Archive {
    plan: Arc<Plan>,
    shelves: RwLock<Shelves>,
}

impl Default for Archive {
    fn default() -> Self {
        Self {
            plan: Arc::new(failover()),
            shelves: RwLock::default(),
        }
    }
}

impl Archive {
    fn read<T>(&self, look: impl FnOnce(&Shelves) -> T) -> T {
        look(&self.shelves.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Shelves) -> T) -> T {
        change(&mut self.shelves.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// The plan of the run.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The journal of that number; `None` for [`NO_LOG`].
    pub(crate) fn log(&self, id: LogId) -> Option<Arc<Log>> {
        let index = (id as usize).checked_sub(1)?;
        Some(self.read(|shelves| Arc::clone(&shelves.logs[index])))
    }

    /// The first `lines` lines of a journal.
    pub(crate) fn prefix(&self, mut id: LogId, lines: u16) -> LogId {
        while let Some(log) = self.log(id).filter(|log| log.lines > lines) {
            id = log.parent;
        }
        id
    }

    /// Whether every line of `start` stands in `whole`.
    pub(crate) fn begins_with(&self, whole: LogId, start: LogId) -> bool {
        let lines = self.log(start).map_or(0, |log| log.lines);
        self.prefix(whole, lines) == start
    }

    /// The journal that begins with a header of this epoch.
    pub(crate) fn header(&self, epoch: u8, by: u8) -> LogId {
        let key = (NO_LOG, epoch, by, EventId::MAX);
        if let Some(id) = self.read(|shelves| shelves.log_ids.get(&key).copied()) {
            return id;
        }
        let log = Log {
            parent: NO_LOG,
            lines: 1,
            epoch,
            by,
            record: None,
            event: EventId::MAX,
            head: Digest::of(&[epoch, by]),
            state: Some(Arc::new(RunState::new(
                Arc::clone(&self.plan),
                Epoch(epoch.into()),
            ))),
        };
        self.shelve(key, log)
    }

    /// The journal with one more line.
    pub(crate) fn append(&self, parent: LogId, epoch: u8, by: u8, event: EventId) -> LogId {
        let key = (parent, epoch, by, event);
        if let Some(id) = self.read(|shelves| shelves.log_ids.get(&key).copied()) {
            return id;
        }
        let before = self.log(parent).expect("only a journal is appended to");
        let record = Record {
            seq: before.lines.into(),
            epoch: Epoch(epoch.into()),
            at: at(0),
            event: self.event(event),
            prev: before.head.clone(),
        };
        let line = serde_json::to_vec(&record).expect("an event serialises");
        let state = before.state.as_ref().and_then(|state| {
            let mut state = RunState::clone(state);
            let taken_in = state.apply(record.at, &record.event);
            taken_in.ok().map(|()| Arc::new(state))
        });
        let log = Log {
            parent,
            lines: before.lines + 1,
            epoch,
            by,
            record: Some(record),
            event,
            head: Digest::of(&line),
            state,
        };
        self.shelve(key, log)
    }

    fn shelve(&self, key: (LogId, u8, u8, EventId), log: Log) -> LogId {
        self.write(|shelves| {
            *shelves.log_ids.entry(key).or_insert_with(|| {
                shelves.logs.push(Arc::new(log));
                number(shelves.logs.len())
            })
        })
    }

    /// The number of an event.
    pub(crate) fn event_id(&self, event: Event) -> EventId {
        let text = serde_json::to_string(&event).expect("an event serialises");
        if let Some(id) = self.read(|shelves| shelves.event_ids.get(&text).copied()) {
            return id;
        }
        self.write(|shelves| {
            *shelves.event_ids.entry(text).or_insert_with(|| {
                shelves.events.push(event);
                number(shelves.events.len() - 1)
            })
        })
    }

    fn event(&self, id: EventId) -> Event {
        self.read(|shelves| shelves.events[id as usize].clone())
    }

    /// The number of an error.
    pub(crate) fn error_id(&self, error: StepError) -> ErrorId {
        self.write(|shelves| {
            let known = shelves.errors.iter().position(|known| *known == error);
            let index = known.unwrap_or_else(|| {
                shelves.errors.push(error);
                shelves.errors.len() - 1
            });
            number(index)
        })
    }

    /// A machine.
    pub(crate) fn machine(&self, id: MachineId) -> Arc<Machine> {
        self.read(|shelves| Arc::clone(&shelves.machines[id as usize]))
    }

    /// A machine for the run of that journal, and what it asks for first.
    pub(crate) fn begin(&self, log: LogId) -> (MachineId, Wants) {
        if let Some(known) = self.read(|shelves| shelves.begun.get(&log).copied()) {
            return known;
        }
        let state = self.log(log).and_then(|log| log.state.clone());
        let state = state.expect("a machine begins only with a journal that the engine takes");
        let mut machine = Machine::new(RunState::clone(&state));
        let effects = machine.begin(at(0));
        let begun = self.keep(machine, &effects);
        self.write(|shelves| *shelves.begun.entry(log).or_insert(begun))
    }

    /// The machine after it was told something, and what it asks for then.
    ///
    /// # Panics
    /// When the machine refuses an event that it asked to record.
    pub(crate) fn tell(&self, id: MachineId, told: Told) -> (MachineId, Wants) {
        if let Some(known) = self.read(|shelves| shelves.steps.get(&(id, told)).copied()) {
            return known;
        }
        let mut machine = Machine::clone(&self.machine(id));
        let (now, input) = self.input(&machine, told);
        let effects = machine
            .step(now, input)
            .expect("the machine takes every event that it asked to record");
        let next = self.keep(machine, &effects);
        self.write(|shelves| *shelves.steps.entry((id, told)).or_insert(next))
    }

    /// Stages of one step each leave exactly one thing to do at a time.
    fn keep(&self, machine: Machine, effects: &[Effect]) -> (MachineId, Wants) {
        let [effect] = effects else {
            panic!("one thing at a time: {effects:?}");
        };
        let wants = match effect {
            Effect::Record(event) => Wants::Record(self.event_id(event.clone())),
            Effect::Observe(step) => Wants::Observe(Step::of(step)),
            Effect::Apply(step) => Wants::Apply(Step::of(step)),
            Effect::Undo(step) => Wants::Undo(Step::of(step)),
            Effect::WakeAt(step, _) => Wants::Wait(Step::of(step)),
            Effect::Ask(question) => Wants::Ask(Step::of(&question.step)),
            Effect::Refuse(answer, why) => panic!("{answer:?} is refused: {why}"),
            Effect::Rest => Wants::Rest,
        };
        let touched = machine.state().history.outputs.len() + machine.state().answers.len() * 8;
        let bucket = u16::try_from(touched).expect("a few outputs and answers");
        let id = self.write(|shelves| {
            let alike = shelves.machine_ids.entry(bucket).or_default();
            let machines = &mut shelves.machines;
            let known = alike
                .iter()
                .find(|id| *machines[**id as usize] == machine)
                .copied();
            known.unwrap_or_else(|| {
                machines.push(Arc::new(machine));
                let id = number(machines.len() - 1);
                alike.push(id);
                id
            })
        });
        (id, wants)
    }

    /// The input behind a few words, and the time that the machine is told with it. The engine's own waits are over whenever
    /// the model likes: a step wakes at the instant that it asked for, and everything else happens at one instant.
    fn input(&self, machine: &Machine, told: Told) -> (jiff::Timestamp, Input) {
        let now = at(0);
        let input = match told {
            Told::Recorded(event) => Input::Recorded(self.event(event)),
            Told::NotDone(step) => {
                let settles = machine.state().step(&step.id()).settles;
                let observed = Observation::NotDone(Before::default());
                return (settles.unwrap_or(now), Input::Observed(step.id(), observed));
            }
            Told::NotYetDone(step) => {
                Input::Observed(step.id(), Observation::NotDone(Before::default()))
            }
            Told::FoundDone(step, level) => {
                Input::Observed(step.id(), Observation::Done(step.output(level)))
            }
            Told::Done(step, level) => Input::Performed(step.id(), Ok(step.output(level))),
            Told::Failed(step, error) => {
                let error = self.read(|shelves| shelves.errors[error as usize].clone());
                Input::Performed(step.id(), Err(error))
            }
            Told::Undone(step) => Input::Undone(step.id(), Ok("it is lifted".to_owned())),
            Told::UndoFailed(step) => {
                let error = UndoError {
                    message: "it could not be lifted".to_owned(),
                    retryable: false,
                };
                Input::Undone(step.id(), Err(error))
            }
            Told::Woken(step) => {
                let retry_at = machine.state().step(&step.id()).retry_at;
                return (retry_at.unwrap_or(now), Input::Woken(step.id()));
            }
            Told::Answered(step, reply) => Input::Answered(self.answer(machine, step, reply), None),
            Told::Unanswered(step) => Input::Unanswered(step.id()),
        };
        (now, input)
    }

    /// The next person's answer to what the step asks.
    fn answer(&self, machine: &Machine, step: Step, reply: Reply) -> Answer {
        let id = step.id();
        let code = machine
            .state()
            .questions
            .get(&id)
            .map(|question| question.code.clone())
            .expect("people answer what they are asked");
        let people = ["ann", "bob", "cleo"];
        let before = machine.state().yes_by(&id, &code).len();
        Answer {
            step: id,
            code,
            decision: match reply {
                Reply::Yes => Decision::Yes,
                Reply::Retry => Decision::Retry,
                Reply::Abort => Decision::Abort,
            },
            who: people[before].to_owned(),
            why: "because".to_owned(),
            plan_digest: self.plan.digest.clone(),
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than four thousand million of them")
}
