//! What is asked: a call, and what it is asked for.

use crate::model::ResourceKind;
use crate::port::{ApiCall, Effect, Plane};

/// A call of a scan, and the action that an access policy must allow for it. They differ in places: `GetBucketEncryption`
/// needs `s3:GetEncryptionConfiguration` (service authorization reference, "Actions defined by Amazon S3").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScanCall {
    /// The call.
    pub api: ApiCall,
    /// The action's name without its service: `GetEncryptionConfiguration`.
    pub action: &'static str,
}

/// A call, and the kind of resource that it tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Topic {
    /// What it tells about.
    pub(super) kind: ResourceKind,
    call: ScanCall,
}

impl Topic {
    /// A read of a regional control plane.
    pub(super) const fn new(kind: ResourceKind, service: &'static str, call: &'static str) -> Self {
        Self {
            kind,
            call: ScanCall {
                api: ApiCall {
                    service,
                    call,
                    plane: Plane::Control,
                    effect: Effect::Read,
                    global_control: false,
                },
                action: call,
            },
        }
    }

    /// The same, allowed by an action of another name.
    pub(super) const fn allowed_by(mut self, action: &'static str) -> Self {
        self.call.action = action;
        self
    }

    /// The same, of a data plane.
    pub(super) const fn of_data(mut self) -> Self {
        self.call.api.plane = Plane::Data;
        self
    }

    /// The same, of a global service's control plane.
    pub(super) const fn global(mut self) -> Self {
        self.call.api.global_control = true;
        self
    }

    /// The same call, asked for another kind.
    pub(super) const fn of(mut self, kind: ResourceKind) -> Self {
        self.kind = kind;
        self
    }

    /// The call.
    pub(super) fn scan_call(&self) -> ScanCall {
        self.call
    }

    /// Its action in access policies: `ec2:DescribeVpcs`.
    pub(super) fn action(&self) -> String {
        format!("{}:{}", self.call.api.service, self.call.action)
    }
}
