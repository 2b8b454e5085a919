//! What the steps read and which calls they make: the shape of the actions `fence`, `promote` and `reprotect` for a site with one
//! database. What decides is the engine's: the gate of the promotion, the end of a write lease, the deadline of every call.

use dr_core::action::{Promotion, StepError};
use dr_core::model::{
    DatabaseRole, DatabaseState, DatabaseStatus, Duration, FenceLevel, LeaseState, Position,
    Replication,
};
use dr_core::port::{ErrorClass, LeaseDeadline, PortError, Question};
use dr_core::runbook::engine::RunState;

use super::archive::Told;
use super::clock::{ON_ITS_WAY, at};
use super::model::Protocol;
use super::plan::Step;
use super::state::{Basis, Call, Change, Direction, Note, Operator, State, Task, World};

impl Protocol {
    /// Reads whether a step is done.
    pub(crate) fn observe(&self, state: &mut State, by: u8, step: Step) {
        let world = state.world;
        let confirmed = world.reachable && (world.fenced || world.rebuilt);
        let done = match step {
            Step::Fence if confirmed => Some(FenceLevel::Confirmed),
            Step::Fence if !world.reachable && self.lease_has_ended(state, by) => {
                Some(FenceLevel::ByLease)
            }
            Step::Fence => None,
            Step::Promote => world.promoted.then_some(FenceLevel::Unknown),
            Step::Former => {
                (confirmed || self.was_confirmed(state, by)).then_some(FenceLevel::Confirmed)
            }
            Step::Reprotect => world.rebuilt.then_some(FenceLevel::Unknown),
        };
        let told = match done {
            Some(level) => Told::FoundDone(step, level),
            None if self.is_early(state, by) => Told::NotYetDone(step),
            None => Told::NotDone(step),
        };
        self.tell(state, by, told);
    }

    /// Whether a call of that operator is still on its way: then less than a call's time has passed since it gave it up.
    fn is_early(&self, state: &State, by: u8) -> bool {
        !self.bounds.believes_early && state.calls.iter().any(|call| call.by == by)
    }

    /// Carries a step out up to its next call, or to its end. `false` while it waits.
    pub(crate) fn apply(&self, state: &mut State, by: u8, step: Step) -> bool {
        let world = state.world;
        let told = match step {
            Step::Fence => return self.apply_fence(state, by),
            Step::Promote if world.promoted => Told::Done(step, FenceLevel::Unknown),
            Step::Promote => match self.gate(state, by) {
                Ok(()) => return self.call(state, by, step, Direction::Forward, Change::Promote),
                Err(error) => Told::Failed(step, self.archive.error_id(error)),
            },
            Step::Former | Step::Reprotect if !world.reachable => {
                Told::Failed(step, self.archive.error_id(site_gone(step)))
            }
            Step::Former if world.fenced || world.rebuilt => {
                Told::Done(step, FenceLevel::Confirmed)
            }
            Step::Former => {
                return self.call(state, by, step, Direction::Forward, Change::Fence);
            }
            Step::Reprotect if world.rebuilt => Told::Done(step, FenceLevel::Unknown),
            Step::Reprotect => {
                return self.call(state, by, step, Direction::Forward, Change::Rebuild);
            }
        };
        self.tell(state, by, told);
        true
    }

    /// Revokes the write lease, then fences the site itself where it answers, else waits for the lease to run out.
    fn apply_fence(&self, state: &mut State, by: u8) -> bool {
        let world = state.world;
        let forward = Direction::Forward;
        if world.reachable && world.fenced {
            self.tell(state, by, Told::Done(Step::Fence, FenceLevel::Confirmed));
            return true;
        }
        let next = match world.ends {
            None => Some(Change::Revoke),
            Some(_) => world.reachable.then_some(Change::Fence),
        };
        if let Some(change) = next.filter(|_| self.may_call(state, by)) {
            return self.call(state, by, Step::Fence, forward, change);
        }
        if self.lease_has_ended(state, by) {
            self.tell(state, by, Told::Done(Step::Fence, FenceLevel::ByLease));
            return true;
        }
        false
    }

    /// The step's time is over without a proof: what the observers see is all the evidence there is.
    pub(crate) fn settle_for_less(&self, state: &mut State, by: u8) -> bool {
        let waits = state
            .holding(by)
            .is_some_and(|holding| holding.task == Task::Apply(Step::Fence));
        if !waits || (state.world.reachable && self.may_call(state, by)) {
            return false;
        }
        let told = Told::Done(Step::Fence, FenceLevel::IsolatedObserved);
        self.tell(state, by, told);
        true
    }

    /// Takes the fence back up to its next call, or to its end.
    pub(crate) fn undo(&self, state: &mut State, by: u8, step: Step) -> bool {
        let world = state.world;
        let told = if !world.fenced && world.ends.is_none() {
            Told::Undone(step)
        } else if world.reachable && self.may_call(state, by) {
            return self.call(state, by, step, Direction::Backward, Change::Unfence);
        } else {
            Told::UndoFailed(step)
        };
        self.tell(state, by, told);
        true
    }

    /// Whether the operator may begin a call now, as every adapter asks before it sends one.
    pub(crate) fn may_call(&self, state: &State, by: u8) -> bool {
        let Some(holding) = state.holding(by) else {
            return false;
        };
        let deadline = LeaseDeadline::new((self.rules.deadline)(at(holding.until)));
        !(self.rules.has_passed)(&deadline, at(state.ahead[usize::from(by)]))
    }

    /// Looks at the deadline, and is then about to make the call.
    fn call(
        &self,
        state: &mut State,
        by: u8,
        step: Step,
        direction: Direction,
        change: Change,
    ) -> bool {
        if !self.may_call(state, by) {
            let error = port_error(ErrorClass::Conflict, "not sent: the lease has ended");
            let error = self.archive.error_id(StepError::Port(error));
            self.tell(state, by, Told::Failed(step, error));
            state.note = Note::RefusedByDeadline;
            return true;
        }
        if let Operator::Holding(holding) = &mut state.operators[usize::from(by)] {
            holding.task = Task::Await(step, direction);
            holding.looked = Some(0);
            state.calls.push(Call {
                by,
                epoch: holding.epoch,
                change,
                sent: false,
                awaited: true,
                left: self.bounds.stopped,
            });
        }
        true
    }

    /// The call leaves the operator.
    pub(crate) fn send(&self, call: &mut Call) {
        call.sent = true;
        // It is over when that has passed.
        call.left = ON_ITS_WAY - 1;
    }

    /// The call arrives and is answered.
    pub(crate) fn arrive(&self, state: &mut State, call: Call) {
        if call.change == Change::Promote && !state.world.promoted {
            state.basis = self.basis(state);
        }
        state.world.change(call.change);
        if !call.awaited {
            return;
        }
        if let Operator::Holding(holding) = &mut state.operators[usize::from(call.by)]
            && let Task::Await(step, direction) = holding.task
        {
            holding.task = match direction {
                Direction::Forward => Task::Apply(step),
                Direction::Backward => Task::Undo(step),
            };
        }
    }

    /// The operator learns of its call that it failed; with [`ErrorClass::Indeterminate`], that nobody knows.
    pub(crate) fn fail(&self, state: &mut State, by: u8, class: ErrorClass) {
        let Operator::Holding(holding) = &mut state.operators[usize::from(by)] else {
            return;
        };
        match holding.task {
            // A fence reads and tries again until its time is over, and so does an undo.
            Task::Await(Step::Fence, Direction::Forward) => {
                holding.task = Task::Apply(Step::Fence);
            }
            Task::Await(step, Direction::Backward) => holding.task = Task::Undo(step),
            Task::Await(step, Direction::Forward) => {
                let error = StepError::Port(port_error(class, "the call failed"));
                let error = self.archive.error_id(error);
                self.tell(state, by, Told::Failed(step, error));
            }
            _ => {}
        }
    }

    fn run(&self, state: &State, by: u8) -> Option<RunState> {
        let machine = state.holding(by)?.machine?;
        Some(self.archive.machine(machine).state().clone())
    }

    fn was_confirmed(&self, state: &State, by: u8) -> bool {
        self.run(state, by).is_some_and(|run| {
            let fence = run.history.fence();
            fence.is_some_and(|fence| fence.level == FenceLevel::Confirmed && !fence.pending)
        })
    }

    fn lease_has_ended(&self, state: &State, by: u8) -> bool {
        let from = &self.archive.plan().direction.from;
        let now = at(state.ahead[usize::from(by)]);
        let lease = LeaseState {
            holder: from.clone(),
            renewable: state.world.ends.is_none(),
            expires_at: at(state.world.ends.unwrap_or(0)),
        };
        let ends = (self.rules.lease_ends_for)(&lease, from, now);
        ends.is_some_and(|ends| ends <= now)
    }

    /// The gates of the promotion, for a replica that has everything but the last moments.
    fn gate(&self, state: &State, by: u8) -> Result<(), StepError> {
        let run = self.run(state, by).expect("a machine asked for the step");
        let step = Step::Promote.id();
        let plan = self.archive.plan();
        let source = state.world.reachable.then(|| old_primary(&state.world));
        (self.rules.gate)(&Promotion {
            step: &step,
            mode: plan.mode,
            from: &plan.direction.from,
            rpo: plan.estate.objectives.rpo,
            now: at(0),
            fence: run.history.fence(),
            replica: &replica(),
            source: source.as_ref(),
            passed_by: &|code| run.history.waived_by(&step, code).len(),
        })
    }

    /// What the promotion that arrives now rests on, as the journal tells. Judged without the gate.
    fn basis(&self, state: &State) -> Basis {
        let log = self.archive.log(state.log);
        let Some(run) = log.and_then(|log| log.state.clone()) else {
            return Basis::Nothing;
        };
        let level = run.history.fence().map(|fence| fence.level);
        let people = run.history.waived_by(&Step::Promote.id(), "fence-unproven");
        match level {
            Some(FenceLevel::Confirmed | FenceLevel::ByLease) => Basis::Proven,
            _ if people.len() >= 2 => Basis::Waived,
            _ => Basis::Nothing,
        }
    }
}

fn old_primary(world: &World) -> DatabaseState {
    DatabaseState {
        role: DatabaseRole::Primary,
        status: DatabaseStatus::Available,
        writable: world.old_takes_writes(),
        fenced: world.fenced,
        position: Position::Writes(7),
        replication: None,
        lacks: Vec::new(),
    }
}

fn replica() -> DatabaseState {
    DatabaseState {
        role: DatabaseRole::Replica {
            source: super::plan::id("ohio"),
        },
        status: DatabaseStatus::Available,
        writable: false,
        fenced: false,
        position: Position::Writes(7),
        replication: Some(Replication {
            lag: Duration::ZERO,
            measured_at: at(0),
            source_position: None,
            last_applied_commit: at(0),
        }),
        lacks: Vec::new(),
    }
}

fn site_gone(step: Step) -> StepError {
    StepError::Gate(Question {
        step: step.id(),
        code: "former-primary-unreachable".to_owned(),
        text: "it does not answer".to_owned(),
        people: 0,
    })
}

fn port_error(class: ErrorClass, message: &str) -> PortError {
    PortError {
        class,
        operation: "change".to_owned(),
        place: "the site".to_owned(),
        message: message.to_owned(),
    }
}
