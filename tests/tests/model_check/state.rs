//! A state of the model: three operators, the lock, the journal, the two sites, and the calls on their way to them.

use super::archive::{LogId, MachineId, NO_LOG};
use super::clock::{AHEAD, LONG, ON_ITS_WAY, STOPPED, Ticks, pass};
use super::plan::Step;

/// How many operators there are.
pub(crate) const OPERATORS: usize = 3;

/// The lock as it stands in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    /// Of the holder, or of the last one.
    pub(crate) epoch: u8,
    /// `None` once it was given back.
    pub(crate) holder: Option<Tenant>,
}

/// Who holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tenant {
    /// The operator.
    pub(crate) by: u8,
    /// Until when, by the operator's clock.
    pub(crate) until: Ticks,
}

/// One operator's process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Operator {
    /// Has not run yet.
    New,
    /// Not running, or looking at the lock now and then.
    Idle,
    /// It found the lock free.
    Taking(Taking),
    /// It has the lock, and waits until no call of the last holder can be on its way.
    Waiting(Waiting),
    /// It acts.
    Holding(Holding),
}

/// An operator that wants to write the lock, or does not know whether it did.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Taking {
    /// Nobody has written the lock since it was read.
    pub(crate) fresh: bool,
    /// Whether it was written, where the answer was lost. The operator does not know.
    pub(crate) written: Option<bool>,
    /// The epoch that is written.
    pub(crate) epoch: u8,
    /// When the last holder's calls are over.
    pub(crate) quiet: Option<Ticks>,
}

impl Taking {
    /// Whether the lock stands as this operator wrote it.
    pub(crate) fn stands(&self, lock: Lock, by: u8) -> bool {
        self.written == Some(true)
            && lock.epoch == self.epoch
            && lock.holder.is_some_and(|holder| holder.by == by)
    }
}

/// An operator that waits before it begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Waiting {
    /// Its epoch.
    pub(crate) epoch: u8,
    /// Until when its lease lasts.
    pub(crate) until: Ticks,
    /// When it may begin.
    pub(crate) quiet: Ticks,
}

/// An operator that acts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holding {
    /// Its epoch.
    pub(crate) epoch: u8,
    /// Until when its lease lasts, as far as it knows.
    pub(crate) until: Ticks,
    /// The answer of its last renewal was lost: in the store its lease may last longer.
    pub(crate) behind: bool,
    /// When it last found that it may begin a call; `None` long after.
    pub(crate) looked: Option<Ticks>,
    /// The journal as far as it knows.
    pub(crate) known: LogId,
    /// Its machine, once it has one.
    pub(crate) machine: Option<MachineId>,
    /// What it is about to do.
    pub(crate) task: Task,
}

/// What an operator is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Task {
    /// Read the journal.
    Open,
    /// Write the last line of this journal.
    Append(LogId),
    /// Find out whether that line was written.
    Settle(LogId),
    /// Read whether the step is done.
    Observe(Step),
    /// Carry the step out, as far as that takes no further call.
    Apply(Step),
    /// Take the step back, as far as that takes no further call.
    Undo(Step),
    /// Wait for the answer of a call of the step.
    Await(Step, Direction),
    /// Wait until the step is tried again.
    Wait(Step),
    /// Ask people about the step.
    Ask(Step),
    /// Give the lock back.
    GiveBack,
}

/// Whether a step is carried out or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// A call that changes the world, from the look at the deadline on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Call {
    /// Who makes it.
    pub(crate) by: u8,
    /// Under which epoch.
    pub(crate) epoch: u8,
    /// What it changes.
    pub(crate) change: Change,
    /// It has left the operator. Before, the operator is stopped between its look at the deadline and the call.
    pub(crate) sent: bool,
    /// The operator waits for its answer.
    pub(crate) awaited: bool,
    /// The longest that it may stay in this stage.
    pub(crate) left: Ticks,
}

/// What a call changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Change {
    /// The application at the old primary gets no further renewals of its write lease.
    Revoke,
    /// The old primary refuses writes.
    Fence,
    /// It takes writes again, and the application may renew.
    Unfence,
    /// The standby takes writes.
    Promote,
    /// The old primary becomes a replica of the new one.
    Rebuild,
}

/// The two sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// Operators reach the old primary. It runs and clients reach it, whether operators do or not: a site that is dead as well
    /// does nothing that this one does not.
    pub(crate) reachable: bool,
    /// It refuses writes.
    pub(crate) fenced: bool,
    /// Until when its application may write, once it gets no more renewals.
    pub(crate) ends: Option<Ticks>,
    /// The standby takes writes.
    pub(crate) promoted: bool,
    /// The old primary is a replica of the new one.
    pub(crate) rebuilt: bool,
}

impl World {
    /// Whether clients can write at the old primary. Its application's clock is right: of all clocks within the bound, the
    /// one that stops latest.
    pub(crate) fn old_takes_writes(&self) -> bool {
        let may = self.ends.is_none_or(|ends| ends > 0);
        !self.fenced && !self.rebuilt && may
    }

    /// Carries a call out.
    pub(crate) fn change(&mut self, change: Change) {
        match change {
            // The application renewed just before.
            Change::Revoke => self.ends = self.ends.or(Some(WRITE_LEASE)),
            Change::Fence => self.fenced = true,
            Change::Unfence => {
                self.fenced = false;
                self.ends = None;
            }
            Change::Promote => self.promoted = true,
            Change::Rebuild => self.rebuilt = true,
        }
    }
}

/// How far back a look at the deadline matters: as long as the call that followed may be on its way.
const LOOKS_BACK: Ticks = STOPPED + ON_ITS_WAY;

/// How long the application's write lease lasts.
const WRITE_LEASE: Ticks = 2;

/// What a promotion rested on, as its journal tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Basis {
    /// There was no promotion.
    NoPromotion,
    /// A fence that is proven.
    Proven,
    /// Two people.
    Waived,
    /// Neither.
    Nothing,
}

/// What just happened, where a property asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Note {
    Nothing,
    LockSettled,
    AppendSettled,
    RefusedByEpoch,
    RefusedByDeadline,
}

/// What may still go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Left {
    /// Operators that crash.
    pub(crate) crashes: u8,
    /// Operators that stop at once when told to.
    pub(crate) quits: u8,
    /// Answers and requests that are lost.
    pub(crate) losses: u8,
    /// Promotions that the service refuses.
    pub(crate) refusals: u8,
    /// Answers of people.
    pub(crate) replies: u8,
}

/// Which long leases come to their end while time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wane {
    /// None.
    None,
    /// As their holders know them: a renewal was answered by nobody, so that in the store they last longer.
    Beliefs,
    /// All.
    All,
}

/// A state of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// By how much each operator's clock is ahead.
    pub(crate) ahead: [Ticks; OPERATORS],
    /// The lock.
    pub(crate) lock: Lock,
    /// The journal.
    pub(crate) log: LogId,
    /// The operators.
    pub(crate) operators: [Operator; OPERATORS],
    /// The calls on their way, in order.
    pub(crate) calls: Vec<Call>,
    /// The two sites.
    pub(crate) world: World,
    /// What may still go wrong.
    pub(crate) left: Left,
    /// The highest epoch under which an operator began to act.
    pub(crate) acted: u8,
    /// The highest epoch that was ever taken, and whether one was taken twice.
    pub(crate) taken: (u8, bool),
    /// What the promotion rested on.
    pub(crate) basis: Basis,
    /// What just happened.
    pub(crate) note: Note,
}

impl State {
    /// Before anybody does anything.
    pub(crate) fn new(ahead: [Ticks; OPERATORS], left: Left) -> Self {
        Self {
            ahead,
            lock: Lock {
                epoch: 0,
                holder: None,
            },
            log: NO_LOG,
            operators: [const { Operator::New }; OPERATORS],
            calls: Vec::new(),
            world: World {
                reachable: false,
                fenced: false,
                ends: None,
                promoted: false,
                rebuilt: false,
            },
            left,
            acted: 0,
            taken: (0, false),
            basis: Basis::NoPromotion,
            note: Note::Nothing,
        }
    }

    /// An operator that acts.
    pub(crate) fn holding(&self, by: u8) -> Option<&Holding> {
        match &self.operators[usize::from(by)] {
            Operator::Holding(holding) => Some(holding),
            _ => None,
        }
    }

    /// Those that act.
    pub(crate) fn acting(&self) -> impl Iterator<Item = (u8, &Holding)> {
        (0..)
            .zip(&self.operators)
            .filter_map(|(by, operator)| match operator {
                Operator::Holding(holding) => Some((by, holding)),
                _ => None,
            })
    }

    /// Whether nobody has anything to do but wait.
    pub(crate) fn is_quiet(&self) -> bool {
        let lease_ends = self.world.ends.is_some_and(|ends| ends > -AHEAD);
        self.calls.is_empty()
            && self.operators.iter().all(|operator| match operator {
                Operator::New | Operator::Idle | Operator::Waiting(_) => true,
                Operator::Taking(_) => false,
                Operator::Holding(holding) => {
                    holding.task == Task::Apply(Step::Fence) && lease_ends
                }
            })
    }

    /// Whether nobody acts, or who acts waits for people.
    pub(crate) fn nobody_acts(&self) -> bool {
        self.acting()
            .all(|(_, holding)| matches!(holding.task, Task::Ask(_)))
    }

    /// Whether no call is due: time cannot pass one that is.
    pub(crate) fn may_wait(&self) -> bool {
        self.calls.iter().all(|call| call.left > 0)
    }

    /// Everything one tick later. `wane`: which long leases are long no more.
    pub(crate) fn wait(&mut self, wane: Wane) {
        let pass_lease = |until: &mut Ticks, wanes: bool| {
            if *until < LONG || wanes {
                pass(until);
            }
        };
        if let Some(holder) = &mut self.lock.holder {
            pass_lease(&mut holder.until, wane == Wane::All);
        }
        for (operator, ahead) in self.operators.iter_mut().zip(self.ahead) {
            match operator {
                Operator::New | Operator::Idle => {}
                Operator::Taking(taking) => {
                    taking.quiet.iter_mut().for_each(pass);
                    taking.quiet = taking.quiet.filter(|quiet| *quiet > ahead);
                }
                Operator::Waiting(waiting) => {
                    pass_lease(&mut waiting.until, wane == Wane::All);
                    pass(&mut waiting.quiet);
                }
                Operator::Holding(holding) => {
                    let wanes = match wane {
                        Wane::None => false,
                        Wane::Beliefs => holding.behind,
                        Wane::All => true,
                    };
                    pass_lease(&mut holding.until, wanes);
                    // No rule tells a lease that has ended from one that ended before.
                    holding.until = holding.until.max(0);
                    holding.looked = holding.looked.map(|looked| looked - 1);
                    holding.looked = holding.looked.filter(|looked| *looked > -LOOKS_BACK);
                }
            }
        }
        if let Some(ends) = &mut self.world.ends {
            *ends = (*ends - 1).max(-AHEAD);
        }
        for call in &mut self.calls {
            call.left -= 1;
        }
    }

    /// The process of `by` ends. What it was about to send is never sent; what it sent may still arrive.
    pub(crate) fn end(&mut self, by: u8) {
        self.calls.retain(|call| call.by != by || call.sent);
        for call in self.calls.iter_mut().filter(|call| call.by == by) {
            call.awaited = false;
        }
        self.operators[usize::from(by)] = Operator::Idle;
    }

    /// Somebody wrote the lock: what others read of it is old.
    pub(crate) fn lock_was_written(&mut self) {
        for operator in &mut self.operators {
            if let Operator::Taking(taking) = operator {
                taking.fresh = false;
            }
        }
    }

    /// Those whose write of the lock can only be refused look at it again: in which state they did not send it is all one.
    pub(crate) fn forget_what_is_refused(&mut self) {
        let lock = self.lock;
        for (by, operator) in (0..).zip(&mut self.operators) {
            if let Operator::Taking(taking) = operator
                && !taking.fresh
                && !taking.stands(lock, by)
            {
                *operator = Operator::Idle;
            }
        }
    }

    /// Where no call of an operator is on its way, the model lets it give the lock back without more ado: the next one then begins
    /// earlier than it would, or later.
    pub(crate) fn forget_what_has_arrived(&mut self) {
        for (by, operator) in (0..).zip(&mut self.operators) {
            if let Operator::Holding(holding) = operator
                && !self.calls.iter().any(|call| call.by == by)
            {
                holding.looked = None;
            }
        }
    }

    /// Whether it is this operator's turn to begin, of those that have not run yet: they differ by their clocks alone.
    pub(crate) fn may_begin(&self, by: u8) -> bool {
        let index = usize::from(by);
        let alike = |other: usize| {
            self.ahead[other] == self.ahead[index] && self.operators[other] == Operator::New
        };
        self.operators[index] != Operator::New || !(0..index).any(alike)
    }
}
