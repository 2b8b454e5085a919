//! What a fence was not allowed.

use std::collections::BTreeMap;

use crate::model::DeniedCall;
use crate::port::PortError;

/// Calls that were not allowed, each told once: what is said with it may differ from one attempt to the next.
#[derive(Default)]
pub(super) struct Denials(BTreeMap<(String, String), DeniedCall>);

impl Denials {
    /// Adds those of the errors that are denials.
    pub(super) fn add<'a>(&mut self, errors: impl Iterator<Item = &'a PortError>) {
        for call in errors.filter_map(PortError::denied_call) {
            let key = (call.operation.clone(), call.place.clone());
            self.0.entry(key).or_insert(call);
        }
    }

    /// All of them.
    pub(super) fn told(self) -> Vec<DeniedCall> {
        self.0.into_values().collect()
    }
}
