//! What an operator does under the lock: it opens the journal, appends, and carries out what its machine asks for.

use dr_core::model::Epoch;
use dr_core::runbook::event::Event;
use dr_core::runbook::journal::rule::Settled;

use super::archive::{LogId, NO_LOG, Told, Wants};
use super::model::{Fate, Protocol};
use super::state::{Holding, Note, Operator, State, Task};

impl Protocol {
    /// Whether the run is over, as its journal tells.
    pub(crate) fn is_over(&self, state: &State) -> bool {
        let log = self.archive.log(state.log);
        log.and_then(|log| log.state.clone())
            .is_some_and(|run| run.status.is_over())
    }

    /// Reads the journal, and begins one where there is none.
    pub(crate) fn open(&self, state: &mut State, by: u8) {
        let found = state.log;
        let over = self.is_over(state);
        let Operator::Holding(holding) = &mut state.operators[usize::from(by)] else {
            return;
        };
        holding.known = found;
        holding.task = if over {
            Task::GiveBack
        } else if found == NO_LOG {
            Task::Append(self.archive.header(holding.epoch, by))
        } else {
            self.opening(holding, by)
        };
    }

    /// The next line of an operator that has no machine yet.
    fn opening(&self, holding: &mut Holding, by: u8) -> Task {
        let log = self.archive.log(holding.known).expect("it was read");
        let Some(run) = &log.state else {
            return Task::GiveBack;
        };
        let event = if run.started.is_none() {
            Event::RunStarted {
                by: by.to_string(),
                outage_since: None,
                findings: Vec::new(),
                accepted: Vec::new(),
            }
        } else if log.epoch == holding.epoch && run.epoch == Epoch(holding.epoch.into()) {
            let (machine, wants) = self.archive.begin(holding.known);
            holding.machine = Some(machine);
            return self.task(holding, by, wants);
        } else {
            Event::TakenOver {
                by: by.to_string(),
                epoch: Epoch(holding.epoch.into()),
            }
        };
        let event = self.archive.event_id(event);
        Task::Append(self.archive.append(holding.known, holding.epoch, by, event))
    }

    fn task(&self, holding: &Holding, by: u8, wants: Wants) -> Task {
        match wants {
            Wants::Record(event) => {
                Task::Append(self.archive.append(holding.known, holding.epoch, by, event))
            }
            Wants::Observe(step) => Task::Observe(step),
            Wants::Apply(step) => Task::Apply(step),
            Wants::Undo(step) => Task::Undo(step),
            Wants::Wait(step) => Task::Wait(step),
            Wants::Ask(step) => Task::Ask(step),
            Wants::Rest => Task::GiveBack,
        }
    }

    /// Tells the operator's machine, which then asks for something else.
    pub(crate) fn tell(&self, state: &mut State, by: u8, told: Told) {
        let Operator::Holding(holding) = &mut state.operators[usize::from(by)] else {
            return;
        };
        let machine = holding.machine.expect("only what a machine asked for ends");
        let (machine, wants) = self.archive.tell(machine, told);
        holding.machine = Some(machine);
        holding.task = self.task(holding, by, wants);
    }

    /// Writes the line that the operator wants to append.
    pub(crate) fn append(&self, state: &mut State, by: u8, line: LogId, fate: Fate) -> bool {
        let wanted = self.archive.log(line).expect("it is to be written");
        let Operator::Holding(holding) = &mut state.operators[usize::from(by)] else {
            return false;
        };
        let last = self.archive.log(holding.known);
        if let Some(last) = last {
            let allowed =
                (self.rules.may_append)(Epoch(holding.epoch.into()), Epoch(last.epoch.into()));
            if allowed.is_err() {
                if fate == Fate::Answered {
                    state.end(by);
                    state.note = Note::RefusedByEpoch;
                }
                return fate == Fate::Answered;
            }
        }
        let lines = self.archive.log(state.log).map_or(0, |log| log.lines);
        let is_free = lines + 1 == wanted.lines || !self.rules.swaps_the_journal;
        match (fate, is_free) {
            (Fate::RequestLost, _) | (Fate::Answered, false) => holding.task = Task::Settle(line),
            (Fate::AnswerLost, true) => {
                holding.task = Task::Settle(line);
                state.log = line;
            }
            (Fate::AnswerLost, false) => return false,
            (Fate::Answered, true) => {
                state.log = line;
                self.recorded(state, by, line);
            }
        }
        true
    }

    /// Reads what became of the line.
    pub(crate) fn settle(&self, state: &mut State, by: u8, line: LogId) {
        let wanted = self.archive.log(line).expect("it was to be written");
        let found = self.archive.log(state.log);
        let lines = found.as_ref().map_or(0, |log| log.lines);
        let there = (lines >= wanted.lines).then(|| self.archive.prefix(state.log, wanted.lines));
        let Operator::Holding(holding) = &mut state.operators[usize::from(by)] else {
            return;
        };
        let (Some(record), Some(found)) = (&wanted.record, found) else {
            // The header.
            match there {
                Some(there) if there == line => {
                    state.note = Note::AppendSettled;
                    self.recorded(state, by, line);
                }
                Some(_) => holding.task = Task::GiveBack,
                None => holding.task = Task::Append(line),
            }
            return;
        };
        if lines + 1 < wanted.lines {
            holding.task = Task::GiveBack;
            return;
        }
        let at_its_place = there.and_then(|there| self.archive.log(there));
        let other = at_its_place.as_ref().and_then(|log| log.record.as_ref());
        match (self.rules.settle)(record, Epoch(found.epoch.into()), other) {
            Settled::Written => {
                state.note = Note::AppendSettled;
                self.recorded(state, by, there.unwrap_or(line));
            }
            Settled::Absent => holding.task = Task::Append(line),
            Settled::Fenced { .. } => {
                state.end(by);
                state.note = Note::RefusedByEpoch;
            }
            Settled::Taken { .. } => holding.task = Task::GiveBack,
        }
    }

    /// The line is durable.
    fn recorded(&self, state: &mut State, by: u8, line: LogId) {
        let Operator::Holding(holding) = &mut state.operators[usize::from(by)] else {
            return;
        };
        holding.known = line;
        if holding.machine.is_none() {
            holding.task = self.opening(holding, by);
            return;
        }
        let event = self.archive.log(line).expect("it was written").event;
        self.tell(state, by, Told::Recorded(event));
    }
}
