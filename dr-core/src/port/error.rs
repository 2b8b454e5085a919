//! How a call to the world fails.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{ComponentId, DeniedCall, SiteId};

/// The result of a call to the world.
pub type PortResult<T> = Result<T, PortError>;

/// What an error means for what is done next. Retry is decided by this, in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// Too many calls: wait, then again.
    Throttled,
    /// It may work in a moment. Of a mutation: certainly not applied.
    Transient,
    /// Not allowed.
    Denied,
    /// It is not there.
    NotFound,
    /// It is not in a state in which this can be done.
    Conflict,
    /// The call can never work as it stands.
    Invalid,
    /// The answer to a mutation was lost: it may or may not be applied.
    Indeterminate,
}

impl ErrorClass {
    /// Every class.
    pub const ALL: [Self; 7] = [
        Self::Throttled,
        Self::Transient,
        Self::Denied,
        Self::NotFound,
        Self::Conflict,
        Self::Invalid,
        Self::Indeterminate,
    ];

    /// Whether the same call may work later without anyone doing anything.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient)
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Throttled => "throttled",
            Self::Transient => "transient",
            Self::Denied => "denied",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Indeterminate => "indeterminate",
        })
    }
}

/// A call to the world that did not give what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{operation} at {place}: {message} ({class})")]
pub struct PortError {
    /// What it means for what is done next.
    pub class: ErrorClass,
    /// The call: `rds:PromoteReadReplica`.
    pub operation: String,
    /// Where: a placement or a site.
    pub place: String,
    /// What the other side said.
    pub message: String,
}

/// How AWS begins to say what was not allowed (IAM user guide, "Troubleshoot access denied error messages"). It may be a call that
/// it makes on behalf of the one that failed, and that one's class another than denied.
pub(crate) const NOT_AUTHORIZED: &str = "not authorized to perform: ";

impl From<&DeniedCall> for PortError {
    fn from(call: &DeniedCall) -> Self {
        Self {
            class: ErrorClass::Denied,
            operation: call.operation.clone(),
            place: call.place.clone(),
            message: call.message.clone(),
        }
    }
}

impl PortError {
    /// The call, where what it lacked was a permission.
    pub fn denied_call(&self) -> Option<DeniedCall> {
        let is_denied = self.class == ErrorClass::Denied || self.message.contains(NOT_AUTHORIZED);
        is_denied.then(|| DeniedCall {
            operation: self.operation.clone(),
            place: self.place.clone(),
            message: self.message.clone(),
        })
    }

    /// Nothing is wired for this placement: a defect of the wiring, told as an error.
    pub fn unwired(component: &ComponentId, site: &SiteId) -> Self {
        Self {
            class: ErrorClass::Invalid,
            operation: "wire".to_owned(),
            place: format!("{component}@{site}"),
            message: "no adapter is wired for it".to_owned(),
        }
    }
}
