//! The words in which people write a rehearsal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can happen in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// Nobody reaches the site's region. Needs `site`.
    RegionDark,
    /// It is reached again, with whatever is there. Needs `site`.
    RegionReturns,
    /// Operators do not reach the region; clients do. Needs `site`.
    RegionIsolated,
    /// Operators reach it again. Needs `site`.
    RegionHealed,
    /// The region that administers global services (us-east-1) does not answer.
    GlobalControlDown,
    /// It answers again.
    GlobalControlUp,
    /// The sites lose each other.
    Partition,
    /// They reach each other again.
    PartitionHealed,
    /// The region throttles half of the calls, or the `share` that is given. Needs `site`.
    Throttling,
    /// It no longer does. Needs `site`.
    ThrottlingEnds,
    /// Calls to the region take `times` as long. Needs `site` and `times`.
    Slow,
    /// They are as fast as ever. Needs `site`.
    SlowEnds,
    /// A call to the region is not allowed. Needs `site` and `call`.
    Denied,
    /// Every call is allowed again. Needs `site`.
    DenialEnds,
    /// A service does not answer operators at a site. Needs `site` and `service`.
    ServiceDown,
    /// It answers again. Needs `site` and `service`.
    ServiceUp,
    /// Nobody gets an answer about a component at a site. Needs `site` and `component`.
    ComponentDown,
    /// It answers again. Needs `site` and `component`.
    ComponentUp,
    /// Replicas of the database receive and no longer apply: the lag grows.
    ReplicationStalls,
    /// They apply again.
    ReplicationResumes,
    /// The copy of the database at a site is gone for good. Needs `site`.
    DatabaseLost,
    /// A backup of the database starts at a site. Needs `site` and `lasts`.
    BackupStarts,
    /// The next call of this name takes effect, and its answer never arrives. Needs `call`.
    AnswerLost,
    /// The service refuses the next promotions of the database. Needs `times`.
    PromotionRefused,
    /// The site allows at most so many members of the fleet. Needs `site` and `members`.
    ShortOfQuota,
    /// The provider has no machine left for the fleet at a site. Needs `site`.
    OutOfCapacity,
    /// It has some again. Needs `site`.
    CapacityReturns,
    /// A resolver, counted from 0, keeps its answer for ever. Needs `resolver`.
    ResolverIgnoresTtl,
    /// It asks again when its answer has expired. Needs `resolver`.
    ResolverObeysTtl,
    /// Nothing that monitoring at a site scrapes answers it. Needs `site`.
    MonitoringBlind,
    /// It sees again. Needs `site`.
    MonitoringSees,
    /// The mirrors of Git servers are no longer brought up to date.
    MirrorStops,
    /// They are again.
    MirrorResumes,
    /// Somebody holds the lock of the stack's state at a site. Needs `site` and `person`.
    StateLocked,
    /// The lock is released. Needs `site`.
    StateUnlocked,
    /// The clock of a person's machine is wrong. Needs `person`, and `ahead` or `behind`.
    #[serde(rename = "clock-wrong")]
    WrongTime,
    /// It is right again. Needs `person`.
    #[serde(rename = "clock-right")]
    RightTime,
    /// Clients write so many times as much as on a quiet day. Needs `times`.
    WriteLoad,
    /// They write as much as on a quiet day.
    WriteLoadEnds,
}

/// What has to be said of a happening, so that it is known what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// `site`: where.
    Site,
    /// `component`, which has to be named.
    Component,
    /// `component`: a database; the estate's only one when none is named.
    Database,
    /// `component`: a fleet; the one that clients need when none is named.
    Fleet,
    /// `component`: a stack; the estate's only one when none is named.
    Stack,
    /// `call`: `rds:PromoteReadReplica`.
    Call,
    /// `service`: `rds`.
    Service,
    /// `times`.
    Times,
    /// `members`.
    Members,
    /// `resolver`: its number.
    Resolver,
    /// `share`, which need not be given.
    Share,
    /// `lasts`.
    Lasts,
    /// `person`.
    Person,
    /// `ahead` or `behind`.
    Off,
}

impl Happening {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 39] = [
        ("region-dark", Self::RegionDark),
        ("region-returns", Self::RegionReturns),
        ("region-isolated", Self::RegionIsolated),
        ("region-healed", Self::RegionHealed),
        ("global-control-down", Self::GlobalControlDown),
        ("global-control-up", Self::GlobalControlUp),
        ("partition", Self::Partition),
        ("partition-healed", Self::PartitionHealed),
        ("throttling", Self::Throttling),
        ("throttling-ends", Self::ThrottlingEnds),
        ("slow", Self::Slow),
        ("slow-ends", Self::SlowEnds),
        ("denied", Self::Denied),
        ("denial-ends", Self::DenialEnds),
        ("service-down", Self::ServiceDown),
        ("service-up", Self::ServiceUp),
        ("component-down", Self::ComponentDown),
        ("component-up", Self::ComponentUp),
        ("replication-stalls", Self::ReplicationStalls),
        ("replication-resumes", Self::ReplicationResumes),
        ("database-lost", Self::DatabaseLost),
        ("backup-starts", Self::BackupStarts),
        ("answer-lost", Self::AnswerLost),
        ("promotion-refused", Self::PromotionRefused),
        ("short-of-quota", Self::ShortOfQuota),
        ("out-of-capacity", Self::OutOfCapacity),
        ("capacity-returns", Self::CapacityReturns),
        ("resolver-ignores-ttl", Self::ResolverIgnoresTtl),
        ("resolver-obeys-ttl", Self::ResolverObeysTtl),
        ("monitoring-blind", Self::MonitoringBlind),
        ("monitoring-sees", Self::MonitoringSees),
        ("mirror-stops", Self::MirrorStops),
        ("mirror-resumes", Self::MirrorResumes),
        ("state-locked", Self::StateLocked),
        ("state-unlocked", Self::StateUnlocked),
        ("clock-wrong", Self::WrongTime),
        ("clock-right", Self::RightTime),
        ("write-load", Self::WriteLoad),
        ("write-load-ends", Self::WriteLoadEnds),
    ];

    /// What has to be said of it.
    pub(crate) fn details(self) -> &'static [Detail] {
        match self {
            Self::RegionDark
            | Self::RegionReturns
            | Self::RegionIsolated
            | Self::RegionHealed
            | Self::ThrottlingEnds
            | Self::SlowEnds
            | Self::DenialEnds
            | Self::MonitoringBlind
            | Self::MonitoringSees => &[Detail::Site],
            Self::GlobalControlDown
            | Self::GlobalControlUp
            | Self::Partition
            | Self::PartitionHealed
            | Self::MirrorStops
            | Self::MirrorResumes
            | Self::WriteLoadEnds => &[],
            Self::Throttling => &[Detail::Site, Detail::Share],
            Self::Slow => &[Detail::Site, Detail::Times],
            Self::Denied => &[Detail::Site, Detail::Call],
            Self::ServiceDown | Self::ServiceUp => &[Detail::Site, Detail::Service],
            Self::ComponentDown | Self::ComponentUp => &[Detail::Site, Detail::Component],
            Self::ReplicationStalls | Self::ReplicationResumes => &[Detail::Database],
            Self::DatabaseLost => &[Detail::Database, Detail::Site],
            Self::BackupStarts => &[Detail::Database, Detail::Site, Detail::Lasts],
            Self::AnswerLost => &[Detail::Call],
            Self::PromotionRefused => &[Detail::Database, Detail::Times],
            Self::ShortOfQuota => &[Detail::Fleet, Detail::Site, Detail::Members],
            Self::OutOfCapacity | Self::CapacityReturns => &[Detail::Fleet, Detail::Site],
            Self::ResolverIgnoresTtl | Self::ResolverObeysTtl => &[Detail::Resolver],
            Self::StateLocked => &[Detail::Stack, Detail::Site, Detail::Person],
            Self::StateUnlocked => &[Detail::Stack, Detail::Site],
            Self::WrongTime => &[Detail::Person, Detail::Off],
            Self::RightTime => &[Detail::Person],
            Self::WriteLoad => &[Detail::Times],
        }
    }

    /// What ends it; `None` where it cannot be mended, or is an end itself.
    pub(crate) fn end(self) -> Option<Self> {
        Some(match self {
            Self::RegionDark => Self::RegionReturns,
            Self::RegionIsolated => Self::RegionHealed,
            Self::GlobalControlDown => Self::GlobalControlUp,
            Self::Partition => Self::PartitionHealed,
            Self::Throttling => Self::ThrottlingEnds,
            Self::Slow => Self::SlowEnds,
            Self::Denied => Self::DenialEnds,
            Self::ServiceDown => Self::ServiceUp,
            Self::ComponentDown => Self::ComponentUp,
            Self::ReplicationStalls => Self::ReplicationResumes,
            Self::OutOfCapacity => Self::CapacityReturns,
            Self::ResolverIgnoresTtl => Self::ResolverObeysTtl,
            Self::MonitoringBlind => Self::MonitoringSees,
            Self::MirrorStops => Self::MirrorResumes,
            Self::StateLocked => Self::StateUnlocked,
            Self::WrongTime => Self::RightTime,
            Self::WriteLoad => Self::WriteLoadEnds,
            _ => return None,
        })
    }
}

/// How a run is expected to end, or to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything done, and protected again.
    Completed,
    /// Waiting for a person.
    Held,
    /// Everything undone.
    Unwound,
    /// An undo failed.
    Stuck,
    /// A person stopped it.
    Aborted,
    /// It was not begun, or not gone on with: something speaks against it, or somebody else is at it.
    Refused,
    /// The machine that carried it out died.
    Killed,
    /// The one who carried it out was replaced by another, or lost the place of the journal and the lock.
    CutOff,
}

impl Ending {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 8] = [
        ("completed", Self::Completed),
        ("held", Self::Held),
        ("unwound", Self::Unwound),
        ("stuck", Self::Stuck),
        ("aborted", Self::Aborted),
        ("refused", Self::Refused),
        ("killed", Self::Killed),
        ("cut-off", Self::CutOff),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        word(&Self::WORDS, self)
    }
}

/// What must be true when the story is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// No invariant was ever broken.
    NoViolation,
    /// Every outage that clients measured was within the RTO, and what was lost within the RPO.
    ObjectivesMet,
    /// What was really lost is what the reports say.
    LossAsStated,
    /// Each site has the role that it has at home.
    RolesHome,
    /// Every run that moved the primary role completed: the estate is protected.
    Protected,
}

impl Expectation {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 5] = [
        ("no-violation", Self::NoViolation),
        ("objectives-met", Self::ObjectivesMet),
        ("loss-as-stated", Self::LossAsStated),
        ("roles-home", Self::RolesHome),
        ("protected", Self::Protected),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        word(&Self::WORDS, self)
    }
}

/// What happens to a step or a run, for acts that wait for it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stir {
    /// The step is about to change the world; the run has begun.
    Started,
    /// The step is done.
    Succeeded,
    /// The step failed.
    Failed,
    /// The step's outcome is unknown.
    InDoubt,
    /// The run waits for a person.
    Held,
    /// The run turns back.
    Unwinding,
    /// The run is over, in whatever way.
    Over,
}

impl Stir {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 7] = [
        ("started", Self::Started),
        ("succeeded", Self::Succeeded),
        ("failed", Self::Failed),
        ("in-doubt", Self::InDoubt),
        ("held", Self::Held),
        ("unwinding", Self::Unwinding),
        ("over", Self::Over),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        word(&Self::WORDS, self)
    }

    /// Whether it happens to steps.
    pub(crate) fn is_of_steps(self) -> bool {
        matches!(
            self,
            Self::Started | Self::Succeeded | Self::Failed | Self::InDoubt
        )
    }

    /// Whether it happens to runs.
    pub(crate) fn is_of_runs(self) -> bool {
        matches!(
            self,
            Self::Started | Self::Held | Self::Unwinding | Self::Over
        )
    }
}

/// What a person of a story says when a run asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// Approve, or pass the gate.
    Yes,
    /// Try the step again.
    Retry,
    /// Go on without the step.
    Skip,
    /// Stop the run.
    Abort,
    /// Nothing: nobody answers, and the run holds.
    Nothing,
}

impl Reply {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 5] = [
        ("yes", Self::Yes),
        ("retry", Self::Retry),
        ("skip", Self::Skip),
        ("abort", Self::Abort),
        ("nothing", Self::Nothing),
    ];
}

/// Whether the steady state is expected to hold at a point of the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Steadiness {
    /// Every probe is within its tolerance.
    Met,
    /// At least one is not.
    NotMet,
}

impl Steadiness {
    /// The words of all of them.
    pub(crate) const WORDS: [(&'static str, Self); 2] =
        [("met", Self::Met), ("not-met", Self::NotMet)];
}

fn word<T: PartialEq + Copy>(words: &[(&'static str, T)], wanted: T) -> &'static str {
    words
        .iter()
        .find(|(_, one)| *one == wanted)
        .map_or("", |(word, _)| word)
}
