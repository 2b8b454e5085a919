//! A run that is gone on with only until its former primary is fenced.

use std::sync::Arc;

use super::{Host, Stop, StopFlag, Watcher};
use crate::port::Answer;
use crate::runbook::engine::RunState;
use crate::runbook::journal::Record;

/// Makes a run rest as soon as there is anything else to be done than to fence its former primary. Every step is looked at before it
/// is carried out, and what is looked at when a run is told to rest is not begun: nothing of the next stage happens.
struct UntilFenced {
    told: Arc<dyn Watcher>,
    stop: StopFlag,
}

impl Watcher for UntilFenced {
    fn recorded(&self, state: &RunState, record: &Record) {
        self.told.recorded(state, record);
        if !state.stands_before_fence() && self.stop.get() == Stop::No {
            self.stop.press();
        }
    }

    fn refused(&self, answer: &Answer, why: &str) {
        self.told.refused(answer, why);
    }
}

impl Host {
    /// The same host, whose runs rest once their former primary is fenced: the old primary is kept from writes at once, and what
    /// takes an hour, setting it aside and building a replica, is left to people. A run that does not stand before that fence
    /// rests where it is.
    #[must_use]
    pub fn until_fenced(mut self) -> Self {
        self.watcher = Arc::new(UntilFenced {
            told: self.watcher,
            stop: self.stop.clone(),
        });
        self
    }
}
