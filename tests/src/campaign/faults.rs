//! Everything that the simulator knows to go wrong, thrown with dice.

use dr_core::model::{Direction, Duration};
use dr_core::port::{ErrorClass, Place};
use dr_core::runbook::lock::SKEW;
use dr_core::sim::{Dice, Fault};

/// The name of a fault's kind: `RegionDark`.
pub fn class(fault: &Fault) -> String {
    let shown = format!("{fault:?}");
    let end = shown.find(|c: char| !c.is_alphanumeric());
    shown[..end.unwrap_or(shown.len())].to_owned()
}

/// Throws faults of an estate in the middle of a move.
pub(super) struct Thrower<'a> {
    pub(super) dice: &'a mut Dice,
    pub(super) direction: &'a Direction,
    /// The operators.
    pub(super) names: &'a [&'static str],
}

/// Services whose loss a run may notice.
const SERVICES: [&str; 6] = [
    "rds",
    "s3",
    "autoscaling",
    "eks",
    "ec2",
    "elasticloadbalancing",
];

/// Calls that change something, and may be denied or stay unanswered. The store's is among them several times: journal and lock.
const CALLS: [&str; 10] = [
    "s3:PutObject",
    "s3:PutObject",
    "s3:PutObject",
    "rds:PromoteReadReplica",
    "rds:CreateDBInstanceReadReplica",
    "rds:ModifyDBInstance",
    "ec2:ReplaceNetworkAclEntry",
    "autoscaling:UpdateAutoScalingGroup",
    "eks:UpdateNodegroupConfig",
    "route53:ChangeResourceRecordSets",
];

const COMPONENTS: [&str; 9] = [
    "source",
    "stack",
    "network",
    "balancer",
    "app",
    "database",
    "metrics",
    "dashboards",
    "front-door",
];

impl Thrower<'_> {
    pub(super) fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        let last = u64::try_from(all.len() - 1).expect("a length");
        &all[usize::try_from(self.dice.between(0, last)).expect("within the list")]
    }

    /// A length of time, in seconds.
    pub(super) fn seconds(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_secs(self.dice.between(low, high))
    }

    fn site(&mut self) -> dr_core::model::SiteId {
        if self.dice.chance(60) {
            self.direction.to.clone()
        } else {
            self.direction.from.clone()
        }
    }

    fn operator(&mut self) -> String {
        (*self.of(self.names)).to_owned()
    }

    /// What begins a disaster: a run without plan follows it.
    pub(super) fn strike(&mut self) -> Vec<Fault> {
        let from = self.direction.from.clone();
        match self.dice.between(0, 9) {
            0..=3 => vec![Fault::RegionDark(from)],
            4..=5 => vec![Fault::RegionDark(from), Fault::GlobalControlDown],
            6 => vec![Fault::RegionIsolated(from)],
            7 => vec![Fault::DatabaseLost {
                database: "database".parse().expect("a name"),
                site: from,
            }],
            8 => vec![Fault::Partition],
            _ => vec![Fault::RegionDark(from), Fault::Partition],
        }
    }

    /// Something that goes wrong with an operator's own machine or network.
    pub(super) fn of_operator(&mut self, operator: &str) -> Fault {
        let operator = operator.to_owned();
        let store = self.direction.to.clone();
        let cut = |site, service: Option<&str>| Fault::CutOff {
            operator: operator.clone(),
            site,
            service: service.map(str::to_owned),
        };
        match self.dice.between(0, 5) {
            // Cut off from the store, which is to be cut off from the other operators.
            0..=1 => cut(store, Some("s3")),
            2 => cut(store, None),
            3 => cut(self.direction.from.clone(), None),
            _ => Fault::Paused {
                operator,
                lasts: self.seconds(5, 600),
            },
        }
    }

    /// By how much a clock is off, so that no two are farther apart than the lock allows: half of it, at the most, either way.
    pub(super) fn clock(&mut self, operator: &str) -> Fault {
        let half = SKEW.as_millis() / 2;
        let by = if self.dice.chance(30) {
            half
        } else {
            self.dice.between(0, half)
        };
        Fault::ClockOff {
            operator: operator.to_owned(),
            ahead: self.dice.chance(50),
            by: Duration::from_millis(by),
        }
    }

    /// Anything.
    pub(super) fn any(&mut self) -> Fault {
        let database = || "database".parse().expect("a name");
        match self.dice.between(0, 28) {
            0 => Fault::RegionDark(self.site()),
            1 => Fault::RegionIsolated(self.site()),
            2 => Fault::Partition,
            3 => Fault::Slow {
                site: self.site(),
                factor: *self.of(&[5, 15, 30]),
            },
            4 => Fault::Throttled(self.site()),
            5 => Fault::ThrottledBy {
                site: self.site(),
                percent: *self.of(&[20, 80, 100]),
            },
            6 => Fault::Denied {
                site: self.site(),
                call: (*self.of(&CALLS[3..])).to_owned(),
            },
            7 => Fault::ServiceDown {
                service: (*self.of(&SERVICES)).to_owned(),
                place: Place::Site(self.site()),
            },
            8 => Fault::ComponentDown {
                component: self.of(&COMPONENTS).parse().expect("a name"),
                site: self.site(),
            },
            9 => Fault::GlobalControlDown,
            10 => Fault::ReplicationStalls(database()),
            11 => Fault::BackupStarts {
                database: database(),
                site: self.site(),
                lasts: self.seconds(60, 2400),
            },
            12..=14 => Fault::AnswerLost((*self.of(&CALLS)).to_owned()),
            15 => Fault::PromotionRefused {
                database: database(),
                times: *self.of(&[1, 3, 1000]),
            },
            16 => Fault::ShortOfCapacity {
                fleet: "app".parse().expect("a name"),
                site: self.site(),
                limit: *self.of(&[0, 1, 2]),
            },
            17 => Fault::OutOfCapacity {
                fleet: "app".parse().expect("a name"),
                site: self.site(),
            },
            18 => Fault::WriteLoad(*self.of(&[0, 4, 20])),
            19 => Fault::TtlChanged {
                door: "front-door".parse().expect("a name"),
                ttl: self.seconds(5, 900),
            },
            20 => Fault::ResolverIgnoresTtl(*self.of(&[0, 1, 2, 3])),
            21 => Fault::MonitoringBlind(self.site()),
            22 => Fault::MirrorStops,
            23..=24 => Fault::Refused {
                call: (*self.of(&CALLS)).to_owned(),
                class: *self.of(&ErrorClass::ALL),
                times: *self.of(&[1, 2, 5, 1000]),
            },
            25 => Fault::StateLocked {
                stack: "stack".parse().expect("a name"),
                site: self.site(),
                by: "a pipeline".to_owned(),
            },
            _ => {
                let operator = self.operator();
                self.of_operator(&operator)
            }
        }
    }
}
