//! How a front door is switched, and where what switches it lies.

use super::{global, read, write};
use crate::model::{Component, Estate, Settings, SiteId, TrafficMethod};
use crate::port::{ApiCall, Effect, Operation};

/// The calls that Route 53 needs for `operation` when traffic is switched by `method`.
///
/// - Health switch: an object in the home standby's region, watched by an inverted health check on the home primary's record:
///   S3's data plane and DNS answers only (AWS blog, "Creating disaster recovery mechanisms using Amazon Route 53"; Route 53
///   developer guide, "health-checks-invert"). It is put to send clients to the home standby, and deleted to send them home.
///   It never moves: [`call_site`].
/// - Record edit: `ChangeResourceRecordSets`, control plane in us-east-1 (REL11-BP04: not to be relied on in a recovery).
/// - Inspect, either way: the records, their health checks, and the region of the switch's bucket (`HeadBucket`, allowed by
///   `s3:ListBucket`).
pub fn traffic_calls(method: TrafficMethod, operation: Operation) -> &'static [ApiCall] {
    match (method, operation) {
        (TrafficMethod::HealthSwitch, Operation::Observe) => {
            const { &[read("dns", "Query"), read("s3", "GetObject")] }
        }
        (TrafficMethod::HealthSwitch, Operation::Shift) => const { &[write("s3", "PutObject")] },
        (TrafficMethod::HealthSwitch, Operation::ShiftHome) => {
            const { &[write("s3", "DeleteObject")] }
        }
        (TrafficMethod::HealthSwitch, Operation::Inspect) => {
            const {
                &[
                    global("ListResourceRecordSets", Effect::Read),
                    global("GetHealthCheck", Effect::Read),
                    read("s3", "ListBucket"),
                ]
            }
        }
        (TrafficMethod::RecordEdit, Operation::Observe) => {
            const {
                &[
                    read("dns", "Query"),
                    global("ListResourceRecordSets", Effect::Read),
                ]
            }
        }
        (TrafficMethod::RecordEdit, Operation::Shift | Operation::ShiftHome) => {
            const { &[global("ChangeResourceRecordSets", Effect::Change)] }
        }
        (TrafficMethod::RecordEdit, Operation::Inspect) => {
            const {
                &[
                    global("ListResourceRecordSets", Effect::Read),
                    global("GetHealthCheck", Effect::Read),
                ]
            }
        }
        _ => &[],
    }
}

/// The site whose region a component's calls go to when a step is about `site`: what switches a front door lies in the home
/// standby's region whichever way clients are sent, so a failback calls the region that it leaves.
///
/// That region is alive in a failback that is planned. Where it is lost instead, nothing there has to be called: its bucket
/// cannot be read, the inverted health check is healthy again, and clients are sent home.
pub fn call_site<'a>(estate: &'a Estate, component: &Component, site: &'a SiteId) -> &'a SiteId {
    match &component.settings {
        Settings::Traffic(traffic) if traffic.method == TrafficMethod::HealthSwitch => {
            &estate.sites[1].id
        }
        _ => site,
    }
}
