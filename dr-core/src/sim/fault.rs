//! The vocabulary of outages.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{ComponentId, Duration, SiteId};
use crate::port::{ErrorClass, Place};

/// Something that goes wrong, or is mended again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Nobody reaches the site's region: neither operators, nor clients, nor the other site. What runs there runs on.
    RegionDark(SiteId),
    /// It is reached again, with whatever is there.
    RegionReturns(SiteId),
    /// Operators do not reach the region's interfaces. Clients and the other site do.
    RegionIsolated(SiteId),
    /// Operators reach it again.
    RegionHealed(SiteId),
    /// The sites do not reach each other: replication, mirrors and the write lease stop.
    Partition,
    /// They do again.
    PartitionHealed,
    /// Calls to the region take `factor` times as long; those that take more than 10 s are given up by the caller.
    Slow {
        /// The site.
        site: SiteId,
        /// How many times as long; 1 mends it.
        factor: u32,
    },
    /// Half of the calls to the region are refused with "too many".
    Throttled(SiteId),
    /// This share of the calls to the region is refused with "too many".
    ThrottledBy {
        /// The site.
        site: SiteId,
        /// In percent, 0 to 100.
        percent: u32,
    },
    /// They no longer are.
    ThrottlingEnds(SiteId),
    /// Calls to the region are not allowed: `rds:PromoteReadReplica`, or `rds:*`.
    Denied {
        /// The site.
        site: SiteId,
        /// The call, or the service with `*`.
        call: String,
    },
    /// Every call is allowed again.
    DenialEnds(SiteId),
    /// A service does not answer operators at a place: `rds` at a site, `route53` where global services are administered.
    /// What it runs, runs on.
    ServiceDown {
        /// The service's prefix in access policies.
        service: String,
        /// Where.
        place: Place,
    },
    /// It answers again.
    ServiceUp {
        /// The service's prefix in access policies.
        service: String,
        /// Where.
        place: Place,
    },
    /// Nobody gets an answer about a component at a site: its own interface is gone. A stack whose state is kept in it cannot be
    /// read there either.
    ComponentDown {
        /// The component.
        component: ComponentId,
        /// The site.
        site: SiteId,
    },
    /// It answers again.
    ComponentUp {
        /// The component.
        component: ComponentId,
        /// The site.
        site: SiteId,
    },
    /// The region that administers global services does not answer: names are resolved, none can be edited.
    GlobalControlDown,
    /// It answers again.
    GlobalControlUp,
    /// Replicas of the database receive but no longer apply: the lag grows.
    ReplicationStalls(ComponentId),
    /// They apply again.
    ReplicationResumes(ComponentId),
    /// The copy of the database on the site is gone, with its data and all that was set aside there.
    DatabaseLost {
        /// The database.
        database: ComponentId,
        /// The site.
        site: SiteId,
    },
    /// A backup starts now; a promotion is refused while it runs.
    BackupStarts {
        /// The database.
        database: ComponentId,
        /// The site.
        site: SiteId,
        /// How long it runs.
        lasts: Duration,
    },
    /// The next call of this name takes effect, but its answer never arrives: `rds:PromoteReadReplica`.
    AnswerLost(String),
    /// The next calls of this name are refused with an error of this class, wherever they go: `rds:PromoteReadReplica`.
    Refused {
        /// The call.
        call: String,
        /// What the error means; [`ErrorClass::Indeterminate`] although nothing was applied.
        class: ErrorClass,
        /// How many of them; 0 mends it.
        times: u32,
    },
    /// The service refuses the next promotions of the database.
    PromotionRefused {
        /// The database.
        database: ComponentId,
        /// How many of them.
        times: u32,
    },
    /// The site allows at most so many members of the fleet.
    ShortOfCapacity {
        /// The fleet.
        fleet: ComponentId,
        /// The site.
        site: SiteId,
        /// The most members that may be wanted.
        limit: u32,
    },
    /// The site's provider has no machines of the fleet's size left: members are accepted and do not start. The quota does not
    /// tell it beforehand (AWS: `InsufficientInstanceCapacity`).
    OutOfCapacity {
        /// The fleet.
        fleet: ComponentId,
        /// The site.
        site: SiteId,
    },
    /// It has some again: the members that were accepted start.
    CapacityReturns {
        /// The fleet.
        fleet: ComponentId,
        /// The site.
        site: SiteId,
    },
    /// The clock of an operator's machines is wrong by so much.
    ClockOff {
        /// The operator.
        operator: String,
        /// Whether it is ahead of the true time, or behind it.
        ahead: bool,
        /// By how much.
        by: Duration,
    },
    /// It is right again.
    ClockRight(String),
    /// An operator's machines are cut off from a site, or from one service there: `s3` keeps them from the journal, the lock
    /// and so from every other operator.
    CutOff {
        /// The operator.
        operator: String,
        /// The site.
        site: SiteId,
        /// The service's prefix in access policies; `None` for all of them.
        service: Option<String>,
    },
    /// They reach everything again that others do.
    Reconnected(String),
    /// An operator's machines stand still for so long: a laptop that sleeps. They neither send nor read what has come; what is
    /// on its way goes on. That they wake up again is part of it.
    Paused {
        /// The operator.
        operator: String,
        /// How long.
        lasts: Duration,
    },
    /// Clients write so many times as much as by default; 1 is the default.
    WriteLoad(u32),
    /// Somebody changed the record of a front door: resolvers may keep an answer for so long from now on.
    TtlChanged {
        /// The front door.
        door: ComponentId,
        /// How long.
        ttl: Duration,
    },
    /// A resolver (counted from 0) keeps its answer for ever.
    ResolverIgnoresTtl(usize),
    /// It asks again when the answer has expired.
    ResolverObeysTtl(usize),
    /// Nothing that monitoring on the site scrapes answers it.
    MonitoringBlind(SiteId),
    /// It sees again.
    MonitoringSees(SiteId),
    /// The mirrors of Git servers are no longer brought up to date.
    MirrorStops,
    /// They are again.
    MirrorResumes,
    /// Somebody holds the lock of a stack's state.
    StateLocked {
        /// The stack.
        stack: ComponentId,
        /// The site.
        site: SiteId,
        /// Who.
        by: String,
    },
    /// The lock is released.
    StateUnlocked {
        /// The stack.
        stack: ComponentId,
        /// The site.
        site: SiteId,
    },
}

impl Fault {
    /// What mends it; `None` for what happens at once, passes by itself, or is itself a mending.
    pub fn mended_by(&self) -> Option<Self> {
        Some(match self {
            Self::RegionDark(site) => Self::RegionReturns(site.clone()),
            Self::RegionIsolated(site) => Self::RegionHealed(site.clone()),
            Self::Partition => Self::PartitionHealed,
            Self::Slow { site, .. } => Self::Slow {
                site: site.clone(),
                factor: 1,
            },
            Self::Throttled(site) | Self::ThrottledBy { site, .. } => {
                Self::ThrottlingEnds(site.clone())
            }
            Self::Denied { site, .. } => Self::DenialEnds(site.clone()),
            Self::ServiceDown { service, place } => Self::ServiceUp {
                service: service.clone(),
                place: place.clone(),
            },
            Self::ComponentDown { component, site } => Self::ComponentUp {
                component: component.clone(),
                site: site.clone(),
            },
            Self::GlobalControlDown => Self::GlobalControlUp,
            Self::Refused { call, class, .. } => Self::Refused {
                call: call.clone(),
                class: *class,
                times: 0,
            },
            Self::ReplicationStalls(id) => Self::ReplicationResumes(id.clone()),
            Self::PromotionRefused { database, .. } => Self::PromotionRefused {
                database: database.clone(),
                times: 0,
            },
            Self::ShortOfCapacity { fleet, site, .. } => Self::ShortOfCapacity {
                fleet: fleet.clone(),
                site: site.clone(),
                limit: u32::MAX,
            },
            Self::OutOfCapacity { fleet, site } => Self::CapacityReturns {
                fleet: fleet.clone(),
                site: site.clone(),
            },
            Self::ClockOff { operator, .. } => Self::ClockRight(operator.clone()),
            Self::CutOff { operator, .. } => Self::Reconnected(operator.clone()),
            Self::WriteLoad(_) => Self::WriteLoad(1),
            Self::ResolverIgnoresTtl(index) => Self::ResolverObeysTtl(*index),
            Self::MonitoringBlind(site) => Self::MonitoringSees(site.clone()),
            Self::MirrorStops => Self::MirrorResumes,
            Self::StateLocked { stack, site, .. } => Self::StateUnlocked {
                stack: stack.clone(),
                site: site.clone(),
            },
            Self::RegionReturns(_)
            | Self::RegionHealed(_)
            | Self::PartitionHealed
            | Self::ThrottlingEnds(_)
            | Self::DenialEnds(_)
            | Self::ServiceUp { .. }
            | Self::ComponentUp { .. }
            | Self::GlobalControlUp
            | Self::ReplicationResumes(_)
            | Self::DatabaseLost { .. }
            | Self::BackupStarts { .. }
            | Self::AnswerLost(_)
            | Self::CapacityReturns { .. }
            | Self::ClockRight(_)
            | Self::Reconnected(_)
            | Self::Paused { .. }
            | Self::TtlChanged { .. }
            | Self::ResolverObeysTtl(_)
            | Self::MonitoringSees(_)
            | Self::MirrorResumes
            | Self::StateUnlocked { .. } => return None,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RegionDark(site) => write!(f, "{site} goes dark"),
            Self::RegionReturns(site) => write!(f, "{site} returns"),
            Self::RegionIsolated(site) => write!(f, "{site} is cut off from operators"),
            Self::RegionHealed(site) => write!(f, "{site} answers operators again"),
            Self::Partition => f.write_str("the sites lose each other"),
            Self::PartitionHealed => f.write_str("the sites reach each other again"),
            Self::Slow { site, factor: 1 } => write!(f, "{site} is as fast as ever"),
            Self::Slow { site, factor } => write!(f, "{site} is {factor} times slower"),
            Self::Throttled(site) => write!(f, "{site} throttles calls"),
            Self::ThrottledBy { site, percent } => {
                write!(f, "{site} throttles {percent} % of the calls")
            }
            Self::ThrottlingEnds(site) => write!(f, "{site} throttles calls no more"),
            Self::Denied { site, call } => write!(f, "{site} denies {call}"),
            Self::DenialEnds(site) => write!(f, "{site} denies nothing any more"),
            Self::ServiceDown { service, place } => write!(f, "{service} at {place} goes down"),
            Self::ServiceUp { service, place } => write!(f, "{service} at {place} is back"),
            Self::ComponentDown { component, site } => {
                write!(f, "{component} at {site} goes down")
            }
            Self::ComponentUp { component, site } => write!(f, "{component} at {site} is back"),
            Self::GlobalControlDown => f.write_str("the global control plane goes down"),
            Self::GlobalControlUp => f.write_str("the global control plane is back"),
            Self::ReplicationStalls(id) => write!(f, "replication of {id} stalls"),
            Self::ReplicationResumes(id) => write!(f, "replication of {id} resumes"),
            Self::DatabaseLost { database, site } => write!(f, "{database} at {site} is lost"),
            Self::BackupStarts { database, site, .. } => {
                write!(f, "a backup of {database} at {site} starts")
            }
            Self::AnswerLost(call) => write!(f, "the next answer of {call} will be lost"),
            Self::Refused { call, times: 0, .. } => write!(f, "{call} is refused no more"),
            Self::Refused { call, class, times } => {
                write!(
                    f,
                    "the next {times} calls of {call} will be refused ({class})"
                )
            }
            Self::PromotionRefused { database, times } => {
                write!(
                    f,
                    "the next {times} promotions of {database} will be refused"
                )
            }
            Self::ShortOfCapacity {
                fleet,
                site,
                limit: u32::MAX,
            } => write!(f, "{site} has capacity for {fleet} again"),
            Self::ShortOfCapacity { fleet, site, limit } => {
                write!(f, "{site} has capacity for {limit} members of {fleet}")
            }
            Self::OutOfCapacity { fleet, site } => {
                write!(f, "{site} has no capacity left for {fleet}")
            }
            Self::CapacityReturns { fleet, site } => {
                write!(f, "{site} has capacity for {fleet} again")
            }
            Self::ClockOff {
                operator,
                ahead,
                by,
            } => {
                let way = if *ahead { "ahead" } else { "behind" };
                write!(f, "the clock of {operator} is {by} {way}")
            }
            Self::ClockRight(operator) => write!(f, "the clock of {operator} is right again"),
            Self::CutOff {
                operator,
                site,
                service,
            } => match service {
                Some(service) => write!(f, "{operator} no longer reaches {service} at {site}"),
                None => write!(f, "{operator} no longer reaches {site}"),
            },
            Self::Reconnected(operator) => write!(f, "{operator} reaches everything again"),
            Self::Paused { operator, lasts } => {
                write!(f, "the machine of {operator} stands still for {lasts}")
            }
            Self::WriteLoad(1) => f.write_str("clients write as much as ever"),
            Self::WriteLoad(times) => write!(f, "clients write {times} times as much"),
            Self::TtlChanged { door, ttl } => write!(f, "answers of {door} may be kept for {ttl}"),
            Self::ResolverIgnoresTtl(index) => write!(f, "resolver {index} ignores TTLs"),
            Self::ResolverObeysTtl(index) => write!(f, "resolver {index} obeys TTLs again"),
            Self::MonitoringBlind(site) => write!(f, "monitoring at {site} goes blind"),
            Self::MonitoringSees(site) => write!(f, "monitoring at {site} sees again"),
            Self::MirrorStops => f.write_str("the mirrors of Git servers stop"),
            Self::MirrorResumes => f.write_str("the mirrors of Git servers resume"),
            Self::StateLocked { stack, site, by } => {
                write!(f, "{by} locks the state of {stack} at {site}")
            }
            Self::StateUnlocked { stack, site } => {
                write!(f, "the state of {stack} at {site} is unlocked")
            }
        }
    }
}
