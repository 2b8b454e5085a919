//! The report as a value.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fence::{self, FenceReport};
use super::fold::Fold;
use super::loss::{self, DataLoss};
use super::people::{DecisionReport, QuestionReport};
use super::recovery::{self, ClientDowntime, RecoveryTime};
use super::stage::{self, StageReport, TimeSpent};
use super::verdict::{self, Protection, Verdict};
use crate::model::{Direction, Duration, Epoch, EstateName, Finding, Mode, RunId, Site};
use crate::port::{CallSpec, Effect, Place, Plane};
use crate::runbook::Plan;
use crate::runbook::journal::{Header, Record};

/// The format of a report. It grows when a field changes its meaning; fields may be added without.
pub const REPORT_FORMAT: u32 = 1;

/// What a run did, what it achieved, and how surely that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_FORMAT`] of the writer.
    pub format: u32,
    /// Which run it is about.
    pub run: RunFacts,
    /// How it stands.
    pub verdict: Verdict,
    /// The recovery time against its objective.
    pub recovery_time: RecoveryTime,
    /// The data loss against its objective.
    pub data_loss: DataLoss,
    /// What clients experienced.
    pub clients: ClientDowntime,
    /// Whose time it was.
    pub spent: TimeSpent,
    /// What was done.
    pub stages: Vec<StageReport>,
    /// How surely the old primary could not accept writes.
    pub fences: Vec<FenceReport>,
    /// Approvals, waivers and overrides, in order.
    pub decisions: Vec<DecisionReport>,
    /// What people were asked.
    pub questions: Vec<QuestionReport>,
    /// Operators who took the run over.
    pub takeovers: Vec<Takeover>,
    /// Stretches of time in which the run rested.
    pub holds: Vec<HoldReport>,
    /// Whether the estate could stand another loss.
    pub protection: Protection,
    /// What plan and preflight found.
    pub findings: Vec<Finding>,
    /// The calls that the plan may make, by place.
    pub calls: Vec<CallsAt>,
    /// What it was computed from.
    pub provenance: Provenance,
    /// What in the journal does not fit; empty for a sound one.
    pub anomalies: Vec<String>,
}

/// Which run it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFacts {
    /// The run.
    pub run: RunId,
    /// The estate.
    pub estate: EstateName,
    /// Its two sites, the home primary first.
    pub sites: [Site; 2],
    /// The runbook: `failover`.
    pub runbook: String,
    /// Which way the primary role moves.
    pub direction: Direction,
    /// Whether both sites are there to be asked.
    pub mode: Mode,
    /// A rehearsal.
    pub rehearsal: bool,
    /// Who started it.
    pub by: String,
    /// The epoch that it was started under.
    pub epoch: Epoch,
    /// When it began.
    pub started: Timestamp,
    /// The instant of the last record: nothing is known of later.
    pub as_of: Timestamp,
    /// When it was closed; `None` while it is not over.
    pub ended: Option<Timestamp>,
}

/// An operator who took the run over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takeover {
    /// Who.
    pub by: String,
    /// The new epoch.
    pub epoch: Epoch,
    /// When.
    pub at: Timestamp,
    /// The run was held; otherwise the operator before had fallen silent.
    pub resumed: bool,
    /// How long nothing had been recorded.
    pub silent_for: Duration,
}

/// A stretch of time in which the run rested and waited for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldReport {
    /// When it was held.
    pub from: Timestamp,
    /// When it went on; `None` while it rests.
    pub until: Option<Timestamp>,
    /// Why it was held, and what was asked for.
    pub because: String,
}

/// The calls that the plan may make at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsAt {
    /// The place.
    pub place: Place,
    /// Different calls that only read.
    pub reads: u32,
    /// Different calls that change what is there.
    pub changes: u32,
    /// Different calls that make something new.
    pub creates: u32,
    /// Of all, those that a control plane answers.
    pub control_plane: u32,
    /// Of all, those that the run cannot do without.
    pub required: u32,
    /// Their names, `service:Call`.
    pub names: Vec<String>,
}

/// What a report was computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// SHA-256 of the journal's last line, which covers every line before it.
    pub journal_head: String,
    /// How many records it has, the header not counted.
    pub records: u64,
    /// The journal's format.
    pub journal_format: u32,
    /// SHA-256 of the plan.
    pub plan_digest: String,
    /// SHA-256 of the runbook's text.
    pub runbook_digest: String,
    /// The version of `dr` that began the run.
    pub dr_version: String,
}

/// Computes a report. Total: any records, in any order, give a report; what does not fit is told in
/// [`Report::anomalies`]. `head_digest` is the SHA-256 of the journal's last line.
pub fn from_journal(header: &Header, records: &[Record], head_digest: &str) -> Report {
    let plan = &header.plan;
    let fold = Fold::of(header, records);
    let mut clients = recovery::clients(&fold);
    let recovery_time = recovery::time(&fold, plan, &clients);
    clients.bound_by(fold.outage_since, recovery_time.served_at);
    Report {
        format: REPORT_FORMAT,
        run: RunFacts {
            run: header.run.clone(),
            estate: plan.estate.name.clone(),
            sites: plan.estate.sites.clone(),
            runbook: plan.runbook.clone(),
            direction: plan.direction.clone(),
            mode: plan.mode,
            rehearsal: plan.rehearsal,
            by: header.by.clone(),
            epoch: header.epoch,
            started: fold.begun,
            as_of: fold.as_of,
            ended: fold.ended,
        },
        verdict: verdict::of(&fold, plan),
        recovery_time,
        data_loss: loss::of(&fold, plan),
        clients,
        spent: stage::spent(&fold, plan),
        stages: stage::of(&fold, plan),
        fences: fence::of(&fold),
        protection: verdict::protection(&fold),
        calls: calls(plan),
        provenance: Provenance {
            journal_head: head_digest.to_owned(),
            records: records.len() as u64,
            journal_format: header.format,
            plan_digest: plan.digest.clone(),
            runbook_digest: plan.runbook_digest.clone(),
            dr_version: header.dr_version.clone(),
        },
        decisions: fold.people.decisions,
        questions: fold.people.questions,
        takeovers: fold.takeovers,
        holds: fold.holds,
        findings: fold.findings,
        anomalies: fold.anomalies,
    }
}

/// Each different call is counted once a place, however many steps make it.
fn calls(plan: &Plan) -> Vec<CallsAt> {
    let mut places: BTreeMap<&Place, BTreeMap<(&str, &str), Vec<&CallSpec>>> = BTreeMap::new();
    for call in plan.steps().flat_map(|step| &step.calls) {
        places
            .entry(&call.place)
            .or_default()
            .entry((&call.service, &call.call))
            .or_default()
            .push(call);
    }
    places
        .into_iter()
        .map(|(place, calls)| {
            let count = |wanted: &dyn Fn(&CallSpec) -> bool| {
                let number = calls
                    .values()
                    .filter(|uses| uses.iter().any(|call| wanted(call)))
                    .count();
                u32::try_from(number).unwrap_or(u32::MAX)
            };
            CallsAt {
                place: place.clone(),
                reads: count(&|call| call.effect == Effect::Read),
                changes: count(&|call| call.effect == Effect::Change),
                creates: count(&|call| call.effect == Effect::Create),
                control_plane: count(&|call| call.plane == Plane::Control),
                required: count(&|call| call.required),
                names: calls
                    .keys()
                    .map(|(service, call)| format!("{service}:{call}"))
                    .collect(),
            }
        })
        .collect()
}
