//! Where records lead, and what else decides on them.

use std::net::IpAddr;

use super::{Record, Setup, TYPES, Target};
use crate::model::{Finding, Severity};

const ALIAS: &str = "Route 53 developer guide, \"dns-failover-complex-configs\"";

impl Setup {
    /// Where a record leads.
    pub(super) fn target(&self, record: &Record, found: &mut Vec<Finding>) {
        let Some(side) = self.side_of(record) else {
            return;
        };
        let name = &record.set.set_identifier;
        let told: Vec<&str> = match &record.target {
            Target::Alias {
                name: to,
                evaluates_health,
            } => {
                if *evaluates_health {
                    let severity = if self.has_switch() {
                        Severity::Slowing
                    } else {
                        Severity::Notice
                    };
                    found.push(self.finding(
                        (severity, "alias-evaluates-target-health"),
                        Some(side),
                        format!("record {name} ({}) follows the health of {to} too: clients move, or stay, against the switch", record.kind),
                        "turn `EvaluateTargetHealth` off: the switch alone decides",
                        ALIAS,
                    ));
                }
                vec![to]
            }
            Target::Values(values) => values.iter().map(String::as_str).collect(),
        };
        let other = self.sides.iter().find(|other| other.site != side.site);
        for to in told {
            if is_among(to, &side.answers) != Some(false) {
                continue;
            }
            let (severity, code, where_) = match other {
                Some(other) if is_among(to, &other.answers) == Some(true) => (
                    Severity::Blocking,
                    "record-points-to-the-other-site",
                    format!("an answer of {}", other.site),
                ),
                _ => (
                    Severity::Slowing,
                    "record-points-elsewhere",
                    format!("no answer of {}", side.site),
                ),
            };
            let message = format!(
                "record {name} ({}) leads to {to}, which is {where_} in the estate",
                record.kind
            );
            let fix = "point the record at its own site, or correct `answers` in the estate";
            found.push(self.finding((severity, code), Some(side), message, fix, TYPES));
        }
    }
}

/// Whether an address or name is among those of a site; `None` where the site has none of that sort to compare with.
fn is_among(told: &str, answers: &[String]) -> Option<bool> {
    let sort = |text: &str| text.parse::<IpAddr>().is_ok();
    let mut alike = answers
        .iter()
        .filter(|answer| sort(answer) == sort(told))
        .peekable();
    alike.peek()?;
    Some(alike.any(|answer| plain(answer) == plain(told)))
}

/// A name as it is compared: the console writes `dualstack.` before names of load balancers, and Route 53 a dot behind.
fn plain(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.strip_prefix("dualstack.")
        .map_or(name.clone(), str::to_owned)
}
