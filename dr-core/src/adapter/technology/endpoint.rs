//! The calls that tell an application where its database is, beside those of the database itself.

use super::{global, placed, read, write};
use crate::model::{Binding, Component, Endpoint, Estate, SiteId};
use crate::port::{ApiCall, CallSpec, Effect, Operation};

/// The calls for `operation` where the address is read at `endpoint`. Those of a parameter stand in the table of the database.
///
/// - A secret: `GetSecretValue`, `PutSecretValue` (Secrets Manager API reference).
/// - A record: `ListResourceRecordSets`, `ChangeResourceRecordSets`: control plane in us-east-1 (REL11-BP04: not to be relied on
///   in a recovery).
pub fn endpoint_calls(endpoint: Endpoint<'_>, operation: Operation) -> &'static [ApiCall] {
    match (endpoint, operation) {
        (Endpoint::Secret { .. }, Operation::Observe) => {
            const { &[read("secretsmanager", "GetSecretValue")] }
        }
        (Endpoint::Secret { .. }, Operation::Promote) => {
            const {
                &[
                    read("secretsmanager", "GetSecretValue"),
                    write("secretsmanager", "PutSecretValue"),
                ]
            }
        }
        (Endpoint::Record { .. }, Operation::Observe) => {
            const { &[global("ListResourceRecordSets", Effect::Read)] }
        }
        (Endpoint::Record { .. }, Operation::Promote) => {
            const {
                &[
                    global("ListResourceRecordSets", Effect::Read),
                    global("ChangeResourceRecordSets", Effect::Change),
                ]
            }
        }
        _ => &[],
    }
}

/// The same calls for a component as it is bound at `site`, placed. A record that cannot be read keeps nobody from looking at the
/// database.
pub fn endpoint_specs(
    estate: &Estate,
    component: &Component,
    operation: Operation,
    site: &SiteId,
    required: bool,
) -> Vec<CallSpec> {
    let endpoint = match estate.binding(&component.id, site) {
        Some(Binding::Rds(rds)) => rds.endpoint(),
        _ => None,
    };
    let calls = endpoint.map_or(&[][..], |endpoint| endpoint_calls(endpoint, operation));
    calls
        .iter()
        .map(|call| {
            let is_needed = operation != Operation::Observe || !call.global_control;
            placed(*call, site, required && is_needed, Some(component))
        })
        .collect()
}
