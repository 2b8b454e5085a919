//! The protocol as a model: from each state, everything that may happen next.

use dr_core::model::RunId;
use dr_core::port::ErrorClass;
use stateright::{Model, Property};

use super::archive::{Archive, Reply, Told};
use super::claims;
use super::clock::{AHEAD, STOPPED, Ticks};
use super::locking::is_stopped;
use super::plan::id;
use super::rules::Rules;
use super::state::{Change, Left, OPERATORS, Operator, State, Task, Wane};

/// How far the model goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The highest epoch.
    pub(crate) epochs: u8,
    /// By how much a clock may run ahead.
    pub(crate) ahead: Ticks,
    /// How long an operator may be stopped between its look at the deadline and its call.
    pub(crate) stopped: Ticks,
    /// Whether operators may be slow: whether time may pass while one of them could do something.
    pub(crate) slow: bool,
    /// Whether what is read while the call that left a doubt is still on its way is believed: a fault.
    pub(crate) believes_early: bool,
    /// What may go wrong.
    pub(crate) left: Left,
}

impl Default for Bounds {
    /// What the lock assumes, and every kind of trouble.
    fn default() -> Self {
        Self {
            epochs: 3,
            ahead: AHEAD,
            stopped: STOPPED,
            slow: true,
            believes_early: false,
            left: Left {
                crashes: 2,
                quits: 1,
                losses: 1,
                refusals: 1,
                replies: 2,
            },
        }
    }
}

/// No trouble at all.
const NONE: Left = Left {
    crashes: 0,
    quits: 0,
    losses: 0,
    refusals: 0,
    replies: 0,
};

impl Bounds {
    /// Operators that are never slow, up to that epoch, so that runs can be followed to their end.
    fn prompt(epochs: u8, left: Left) -> Self {
        Self {
            epochs,
            stopped: 0,
            slow: false,
            left,
            ..Self::default()
        }
    }

    /// Operators crash, one fewer than there are epochs.
    pub(crate) fn crashes(epochs: u8) -> Self {
        let crashes = epochs - 1;
        Self::prompt(epochs, Left { crashes, ..NONE })
    }

    /// One answer or request is lost.
    pub(crate) fn losses() -> Self {
        Self::prompt(2, Left { losses: 1, ..NONE })
    }

    /// One operator stops at once.
    pub(crate) fn quits() -> Self {
        Self::prompt(2, Left { quits: 1, ..NONE })
    }

    /// The service refuses a promotion, and people answer.
    pub(crate) fn people(epochs: u8) -> Self {
        let left = Left {
            refusals: 1,
            replies: 2,
            ..NONE
        };
        Self::prompt(epochs, left)
    }
}

/// Three operators, the lock, the journal and two sites.
pub(crate) struct Protocol {
    pub(crate) rules: Rules,
    pub(crate) bounds: Bounds,
    pub(crate) archive: Archive,
    pub(crate) run: RunId,
}

impl Protocol {
    pub(crate) fn new(rules: Rules, bounds: Bounds) -> Self {
        Self {
            rules,
            bounds,
            archive: Archive::default(),
            run: id("failover-1"),
        }
    }
}

/// What becomes of a request to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered,
    AnswerLost,
    RequestLost,
}

/// What may happen. Operators by their number, calls by their place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Five seconds pass.
    TimePasses(Wane),
    /// The lost site answers again.
    HomeReturns,
    /// An operator reads the lock.
    Look(u8),
    /// It takes the lock.
    Take(u8, Fate),
    /// It renews its lease.
    Renew(u8, Fate),
    /// It does what it is about to do.
    Go(u8),
    /// It appends.
    Append(u8, Fate),
    /// It gives the lock back.
    GiveBack(u8, Fate),
    /// Its fence ends without a proof.
    SettleForLess(u8),
    /// A person answers it.
    Reply(u8, Reply),
    /// Nobody answers it.
    Unanswered(u8),
    /// Its process dies.
    Crash(u8),
    /// It stops at once, as it was told to.
    Quit(u8),
    /// A call leaves its operator.
    Send(usize),
    /// A call arrives.
    Arrive(usize),
    /// A call is lost on its way.
    Vanish(usize),
    /// Its operator gives a call up, which is still on its way.
    GiveUp(usize),
    /// The service refuses a call.
    Refuse(usize),
}

fn offer(state: &State, by: u8, deeds: &mut Vec<Deed>) {
    let fates = |deeds: &mut Vec<Deed>, deed: fn(u8, Fate) -> Deed, fates: &[Fate]| {
        let lossless = if state.left.losses > 0 {
            fates
        } else {
            &fates[..1]
        };
        deeds.extend(lossless.iter().map(|fate| deed(by, *fate)));
    };
    let all = [Fate::Answered, Fate::AnswerLost, Fate::RequestLost];
    let operator = &state.operators[usize::from(by)];
    match operator {
        Operator::New | Operator::Idle => deeds.push(Deed::Look(by)),
        Operator::Taking(taking) if taking.written.is_some() => fates(deeds, Deed::Take, &all[..1]),
        Operator::Taking(_) => fates(deeds, Deed::Take, &all),
        Operator::Waiting(_) => fates(deeds, Deed::Renew, &all[..2]),
        Operator::Holding(holding) => {
            fates(deeds, Deed::Renew, &all[..2]);
            match holding.task {
                Task::Append(_) => fates(deeds, Deed::Append, &all),
                Task::GiveBack => {
                    fates(deeds, Deed::GiveBack, &[Fate::Answered, Fate::RequestLost]);
                }
                Task::Ask(_) => {
                    deeds.push(Deed::Unanswered(by));
                    if state.left.replies > 0 {
                        deeds.extend(
                            [Reply::Yes, Reply::Retry, Reply::Abort].map(|r| Deed::Reply(by, r)),
                        );
                    }
                }
                Task::Await(..) => {}
                _ => deeds.extend([Deed::Go(by), Deed::SettleForLess(by)]),
            }
            if state.left.quits > 0 && !is_stopped(state, by) {
                deeds.push(Deed::Quit(by));
            }
        }
    }
    if state.left.crashes > 0 && matches!(operator, Operator::Holding(_) | Operator::Waiting(_)) {
        deeds.push(Deed::Crash(by));
    }
}

fn offer_calls(state: &State, deeds: &mut Vec<Deed>) {
    for (index, call) in state.calls.iter().enumerate() {
        if !call.sent {
            deeds.push(Deed::Send(index));
            continue;
        }
        deeds.push(Deed::Arrive(index));
        if !call.awaited {
            deeds.push(Deed::Vanish(index));
            continue;
        }
        if state.left.losses > 0 {
            deeds.extend([Deed::Vanish(index), Deed::GiveUp(index)]);
        }
        if state.left.refusals > 0 && call.change == Change::Promote {
            deeds.push(Deed::Refuse(index));
        }
    }
}

impl Protocol {
    /// A holder whose run was taken over, whose deadline has passed, and which has no call on its way, does nothing that anybody
    /// sees until its next append. One that is not at an append is let go of; one that is meets the journal's rule.
    fn forget_the_replaced(&self, state: &mut State) {
        for by in 0..OPERATORS {
            let by = u8::try_from(by).expect("three operators");
            let Some(holding) = state.holding(by) else {
                continue;
            };
            let at_the_journal = matches!(
                holding.task,
                Task::Open | Task::Append(_) | Task::Settle(_) | Task::GiveBack
            );
            let replaced = self
                .archive
                .log(state.log)
                .is_some_and(|log| log.epoch > holding.epoch);
            if replaced
                && !at_the_journal
                && !self.may_call(state, by)
                && !state.calls.iter().any(|call| call.by == by)
            {
                state.operators[usize::from(by)] = Operator::Idle;
            }
        }
    }

    /// Carries a deed out; `false` when it cannot be done.
    fn carry_out(&self, state: &mut State, deed: Deed) -> bool {
        match deed {
            Deed::TimePasses(wane) => {
                let may = state.may_wait() && (self.bounds.slow || state.is_quiet());
                state.wait(wane);
                may
            }
            Deed::HomeReturns => {
                let was = state.world.reachable || !(self.bounds.slow || state.nobody_acts());
                state.world.reachable = true;
                !was
            }
            Deed::Look(by) => state.may_begin(by) && self.look(state, by),
            Deed::Take(by, fate) => self.lose(state, fate) && self.take(state, by, fate),
            Deed::Renew(by, fate) => self.lose(state, fate) && self.renew(state, by, fate),
            Deed::Append(by, fate) => match task(state, by) {
                Some(Task::Append(line)) => {
                    self.lose(state, fate) && self.append(state, by, line, fate)
                }
                _ => false,
            },
            Deed::GiveBack(by, fate) => {
                self.give_back(state, by, fate);
                self.lose(state, fate)
            }
            Deed::Go(by) => self.go(state, by),
            Deed::SettleForLess(by) => self.settle_for_less(state, by),
            Deed::Reply(by, reply) => self.reply(state, by, reply),
            Deed::Unanswered(by) => match task(state, by) {
                Some(Task::Ask(step)) => {
                    self.tell(state, by, Told::Unanswered(step));
                    true
                }
                _ => false,
            },
            Deed::Crash(by) => {
                state.left.crashes -= 1;
                state.end(by);
                true
            }
            Deed::Quit(by) => {
                state.left.quits -= 1;
                self.give_back(state, by, Fate::Answered);
                true
            }
            Deed::Send(index) => {
                self.send(&mut state.calls[index]);
                true
            }
            Deed::Arrive(index) => {
                let call = state.calls.remove(index);
                self.arrive(state, call);
                true
            }
            Deed::Vanish(_) | Deed::GiveUp(_) | Deed::Refuse(_) => self.trouble(state, deed),
        }
    }

    fn lose(&self, state: &mut State, fate: Fate) -> bool {
        if fate != Fate::Answered {
            state.left.losses -= 1;
        }
        true
    }

    /// A call that does not end well.
    fn trouble(&self, state: &mut State, deed: Deed) -> bool {
        let (index, class) = match deed {
            Deed::Vanish(index) | Deed::GiveUp(index) => (index, ErrorClass::Indeterminate),
            Deed::Refuse(index) => (index, ErrorClass::Transient),
            _ => return false,
        };
        let call = state.calls[index];
        if matches!(deed, Deed::GiveUp(_)) {
            state.calls[index].awaited = false;
        } else {
            state.calls.remove(index);
        }
        if call.awaited {
            match class {
                ErrorClass::Indeterminate => state.left.losses -= 1,
                _ => state.left.refusals -= 1,
            }
            self.fail(state, call.by, class);
        }
        true
    }

    fn go(&self, state: &mut State, by: u8) -> bool {
        match task(state, by) {
            Some(Task::Open) => self.open(state, by),
            Some(Task::Settle(line)) => self.settle(state, by, line),
            Some(Task::Observe(step)) => self.observe(state, by, step),
            Some(Task::Apply(step)) => return self.apply(state, by, step),
            Some(Task::Undo(step)) => return self.undo(state, by, step),
            Some(Task::Wait(step)) => self.tell(state, by, Told::Woken(step)),
            _ => return false,
        }
        true
    }

    /// A person says yes where a yes settles something, asks for another try where the cause may be mended, or aborts.
    fn reply(&self, state: &mut State, by: u8, reply: Reply) -> bool {
        let Some((Task::Ask(step), machine)) = state
            .holding(by)
            .and_then(|holding| Some((holding.task, holding.machine?)))
        else {
            return false;
        };
        let machine = self.archive.machine(machine);
        let question = machine.state().questions.get(&step.id());
        let settles = question.is_some_and(|question| question.people > 0);
        let fits = match reply {
            Reply::Yes => settles,
            Reply::Retry => !settles && state.world.reachable,
            Reply::Abort => machine.state().aborting.is_none(),
        };
        if fits {
            state.left.replies -= 1;
            self.tell(state, by, Told::Answered(step, reply));
        }
        fits
    }
}

fn task(state: &State, by: u8) -> Option<Task> {
    state.holding(by).map(|holding| holding.task)
}

impl Model for Protocol {
    type State = State;
    type Action = Deed;

    /// The clocks of up to three operators run ahead. Operators are alike, so that it does not matter which.
    fn init_states(&self) -> Vec<State> {
        (0..=OPERATORS)
            .map(|ahead| {
                let mut clocks = [0; OPERATORS];
                clocks[..ahead].fill(self.bounds.ahead);
                State::new(clocks, self.bounds.left)
            })
            .collect()
    }

    fn actions(&self, state: &State, deeds: &mut Vec<Deed>) {
        deeds.push(Deed::TimePasses(Wane::None));
        if self.bounds.slow || state.acting().next().is_none() {
            deeds.push(Deed::TimePasses(Wane::All));
        }
        if state.acting().any(|(_, holding)| holding.behind) {
            deeds.push(Deed::TimePasses(Wane::Beliefs));
        }
        deeds.push(Deed::HomeReturns);
        for by in 0..OPERATORS {
            offer(state, u8::try_from(by).expect("three operators"), deeds);
        }
        offer_calls(state, deeds);
    }

    fn next_state(&self, last: &State, deed: Deed) -> Option<State> {
        let mut state = last.clone();
        state.note = super::state::Note::Nothing;
        let done = self.carry_out(&mut state, deed);
        state.calls.sort_unstable();
        state.forget_what_has_arrived();
        self.forget_the_replaced(&mut state);
        if self.rules.swaps_the_lock {
            state.forget_what_is_refused();
        }
        done.then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        claims::all()
    }
}
