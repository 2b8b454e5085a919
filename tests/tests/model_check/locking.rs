//! What operators do with the lock. Each write is one compare-and-swap; its answer, or the request itself, may be lost.

use dr_core::model::Epoch;
use dr_core::runbook::lock::rule::{self, Claim};
use dr_core::runbook::lock::{Holder, LockState};

use super::archive::NO_LOG;
use super::clock::{LONG, Ticks, at, end, ticks};
use super::model::{Fate, Protocol};
use super::state::{Holding, Note, Operator, State, Taking, Task, Tenant, Waiting};

impl Protocol {
    fn holder(&self, epoch: u8, tenant: Tenant) -> Holder {
        Holder {
            who: String::new(),
            run: self.run.clone(),
            until: at(tenant.until),
            nonce: nonce(epoch, tenant.by),
        }
    }

    /// Whether the lock as it stands is that of this holder.
    fn is_still_ours(&self, state: &State, epoch: u8, by: u8) -> bool {
        let there = LockState {
            epoch: Epoch(state.lock.epoch.into()),
            holder: state
                .lock
                .holder
                .map(|tenant| self.holder(state.lock.epoch, tenant)),
        };
        (self.rules.is_still_ours)(&there, Epoch(epoch.into()), &nonce(epoch, by), false)
    }

    /// An operator that does nothing reads the lock, and means to take it where it is free and there is something to do.
    pub(crate) fn look(&self, state: &mut State, by: u8) -> bool {
        let ahead = state.ahead[usize::from(by)];
        let last = state
            .lock
            .holder
            .map(|tenant| self.holder(state.lock.epoch, tenant));
        let Claim::Free { quiet } = (self.rules.claim)(last.as_ref(), at(ahead)) else {
            return false;
        };
        let found = (state.lock.epoch > 0).then(|| Epoch(state.lock.epoch.into()));
        let epoch = (self.rules.next_epoch)(found).0;
        if epoch > self.bounds.epochs.into() || self.is_over(state) {
            return false;
        }
        let quiet = quiet.map(ticks).filter(|quiet| *quiet > ahead);
        state.operators[usize::from(by)] = Operator::Taking(Taking {
            fresh: true,
            written: None,
            epoch: u8::try_from(epoch).expect("within the bound"),
            quiet,
        });
        true
    }

    /// It writes the lock, or writes it again after an answer was lost.
    pub(crate) fn take(&self, state: &mut State, by: u8, fate: Fate) -> bool {
        let Operator::Taking(taking) = &mut state.operators[usize::from(by)] else {
            return false;
        };
        if fate == Fate::RequestLost {
            taking.written = Some(false);
            return true;
        }
        let taking = taking.clone();
        if !taking.fresh && self.rules.swaps_the_lock {
            // Refused, and read back: it may be our own write whose answer was lost.
            match state.lock.holder.filter(|_| taking.stands(state.lock, by)) {
                Some(ours) => {
                    state.note = Note::LockSettled;
                    self.taken(state, by, &taking, ours.until);
                }
                None => state.operators[usize::from(by)] = Operator::Idle,
            }
            return fate == Fate::Answered;
        }
        // The lease counts from the look. Whoever looked long before might as well have written then: nobody has since.
        let until = end(rule::lease_from(at(state.ahead[usize::from(by)])));
        state.lock.epoch = taking.epoch;
        state.lock.holder = Some(Tenant { by, until });
        state.lock_was_written();
        let (highest, twice) = state.taken;
        state.taken = (highest.max(taking.epoch), twice || taking.epoch <= highest);
        if fate == Fate::Answered {
            self.taken(state, by, &taking, until);
        } else if let Operator::Taking(taking) = &mut state.operators[usize::from(by)] {
            taking.written = Some(true);
        }
        true
    }

    fn taken(&self, state: &mut State, by: u8, taking: &Taking, until: Ticks) {
        match taking.quiet {
            Some(quiet) => {
                state.operators[usize::from(by)] = Operator::Waiting(Waiting {
                    epoch: taking.epoch,
                    until,
                    quiet,
                });
            }
            None => self.hold(state, by, taking.epoch, until),
        }
    }

    fn hold(&self, state: &mut State, by: u8, epoch: u8, until: Ticks) {
        state.acted = state.acted.max(epoch);
        state.operators[usize::from(by)] = Operator::Holding(Holding {
            epoch,
            until,
            behind: false,
            looked: None,
            known: NO_LOG,
            machine: None,
            task: Task::Open,
        });
    }

    /// It renews its lease: one that has waited before it begins, one that acts when the host's rule says so.
    pub(crate) fn renew(&self, state: &mut State, by: u8, fate: Fate) -> bool {
        let ahead = state.ahead[usize::from(by)];
        let (epoch, waits) = match &state.operators[usize::from(by)] {
            Operator::Waiting(waiting) if waiting.quiet <= ahead => (waiting.epoch, true),
            Operator::Holding(holding)
                if (holding.until == LONG
                    || rule::is_renewal_due(at(holding.until), at(ahead)))
                    && !is_stopped(state, by) =>
            {
                (holding.epoch, false)
            }
            _ => return false,
        };
        if !self.is_still_ours(state, epoch, by) {
            if fate != Fate::Answered {
                return false;
            }
            state.end(by);
            state.note = Note::RefusedByEpoch;
            return true;
        }
        let until = end(rule::lease_from(at(ahead)));
        state.lock.holder = Some(Tenant { by, until });
        state.lock_was_written();
        let lost = fate == Fate::AnswerLost;
        if waits && !lost {
            self.hold(state, by, epoch, until);
        } else if let Operator::Holding(holding) = &mut state.operators[usize::from(by)] {
            holding.behind = lost;
            if !lost {
                holding.until = until;
            }
        }
        true
    }

    /// It gives the lock back and ends; where a call may be on its way, it lets the lease run out instead.
    pub(crate) fn give_back(&self, state: &mut State, by: u8, fate: Fate) {
        let Some(holding) = state.holding(by) else {
            return;
        };
        let (epoch, looked) = (holding.epoch, holding.looked);
        if fate == Fate::Answered && self.is_still_ours(state, epoch, by) {
            let now = state.ahead[usize::from(by)];
            let on_its_way = (self.rules.may_be_on_its_way)(looked.map(at), at(0));
            state.lock.holder = state
                .lock
                .holder
                .filter(|_| on_its_way)
                .map(|tenant| Tenant {
                    until: tenant.until.min(now),
                    ..tenant
                });
            state.lock_was_written();
        }
        state.end(by);
    }
}

/// Whether the operator is stopped between a look at the deadline and its call.
pub(crate) fn is_stopped(state: &State, by: u8) -> bool {
    state.calls.iter().any(|call| call.by == by && !call.sent)
}

fn nonce(epoch: u8, by: u8) -> String {
    format!("{epoch}/{by}")
}
