//! One trial's share of the distribution: what goes wrong, when, and how quickly people act.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::distribution::{Distribution, Row};
use crate::model::{ComponentId, Direction, Duration, Estate, Kind, Mishap, Mode, Role, Spread};
use crate::port::Place;
use crate::sim::{Dice, Fault};

/// Sets the dice of draws apart from those of the world, which begin at the seed itself.
const DRAWS: u64 = 0x6472_6177_0000_0001;

/// How long before the disaster the world runs undisturbed, at the least.
const CALM: Duration = Duration::from_mins(1);

/// When a disaster strikes in the middle of a planned run, from its beginning.
const DURING_PLANNED: Spread = Spread {
    low: Duration::ZERO,
    high: Duration::from_mins(40),
};

/// Resolvers of the simulated world.
const RESOLVERS: u64 = 4;

/// What goes wrong in one trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// Where it was drawn from, and where the world's own chance begins.
    pub seed: u64,
    /// From the trial's beginning until the disaster, or until a planned run begins.
    pub lead: Duration,
    /// From then until an unplanned run is begun.
    pub notice: Duration,
    /// How long each answer takes.
    pub answer: Duration,
    /// Whether people fail over although clients are still served.
    pub act_always: bool,
    /// What goes wrong.
    pub incidents: Vec<Incident>,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// When, from the trial's beginning.
    pub at: Duration,
    /// What.
    pub blow: Blow,
    /// How long it lasts; `None` where it is never mended, or happens at once.
    pub lasts: Option<Duration>,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blow {
    /// Something in the world.
    Fault {
        /// What begins.
        begins: Fault,
        /// What ends it; `None` for what happens at once.
        ends: Option<Fault>,
    },
    /// The machine of the operator who drives the run dies at its next call.
    OperatorDies,
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.blow {
            Blow::Fault { begins, .. } => begins.fmt(f)?,
            Blow::OperatorDies => f.write_str("the operator's machine dies")?,
        }
        match (&self.blow, self.lasts) {
            (_, Some(lasts)) => write!(f, " for {lasts}"),
            (Blow::Fault { ends: Some(_), .. }, None) => f.write_str(" for good"),
            _ => Ok(()),
        }
    }
}

impl Incident {
    /// The same, lasting shorter.
    #[must_use]
    pub fn shortened(&self, to: Duration) -> Self {
        let mut shorter = self.clone();
        shorter.lasts = Some(to);
        if let Blow::Fault {
            begins: Fault::BackupStarts { lasts, .. },
            ..
        } = &mut shorter.blow
        {
            *lasts = to;
        }
        shorter
    }

    /// When it is mended, from the trial's beginning.
    pub fn mended(&self) -> Option<Duration> {
        Some(self.at + self.lasts?)
    }
}

/// Where roles are when a trial begins, and what the estate has.
struct Scene<'a> {
    estate: &'a Estate,
    direction: &'a Direction,
    dice: Dice,
}

impl Distribution {
    /// The draw of a seed. Every row throws the same dice whether it strikes or not, so that rows do not disturb each other.
    pub(super) fn draw(
        &self,
        estate: &Estate,
        direction: &Direction,
        mode: Mode,
        seed: u64,
    ) -> Draw {
        let mut scene = Scene {
            estate,
            direction,
            dice: Dice::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ DRAWS),
        };
        let lead = self.lead() + CALM;
        let notice = scene.within(self.notice);
        let answer = scene.within(self.answer);
        let (mut incidents, act_always) = self.strike(&mut scene, mode, lead);
        for row in &self.mishaps {
            let strikes = scene.happens(row.chance);
            let distance = scene.within(row.at);
            let at = if row.before {
                lead.saturating_sub(distance)
            } else {
                lead + distance
            };
            let (blow, lasts) = scene.blow(&row.what);
            if let (true, Some(blow)) = (strikes, blow) {
                incidents.push(Incident { at, blow, lasts });
            }
        }
        incidents.sort_by_key(|incident| incident.at);
        Draw {
            seed,
            lead,
            notice,
            answer,
            act_always,
            incidents,
        }
    }

    /// The disaster of a trial; none, mostly, where the run is planned.
    fn strike(&self, scene: &mut Scene<'_>, mode: Mode, lead: Duration) -> (Vec<Incident>, bool) {
        let total: u64 = self.strikes.iter().map(|s| u64::from(s.weight)).sum();
        let mut thrown = scene.dice.between(1, total.max(1));
        let during = scene.happens(self.during_planned);
        let later = scene.within(DURING_PLANNED);
        let at = match mode {
            Mode::Unplanned => lead,
            Mode::Planned if during => lead + later,
            Mode::Planned => return (Vec::new(), false),
        };
        for strike in &self.strikes {
            if thrown > u64::from(strike.weight) {
                thrown -= u64::from(strike.weight);
                continue;
            }
            let for_good = scene.happens(strike.for_good);
            let mut mended = None;
            let mut incidents = Vec::new();
            for row in &strike.what {
                let (blow, lasts) = scene.blow(row);
                // All of a disaster is mended at one instant.
                let lasts = lasts
                    .filter(|_| !for_good)
                    .map(|own| *mended.get_or_insert(own));
                incidents.extend(blow.map(|blow| Incident { at, blow, lasts }));
            }
            return (incidents, strike.act_always);
        }
        (Vec::new(), false)
    }
}

impl Scene<'_> {
    /// A whole number of seconds within a range.
    fn within(&mut self, spread: Spread) -> Duration {
        let seconds = |duration: Duration| duration.as_millis() / 1000;
        Duration::from_secs(self.dice.between(seconds(spread.low), seconds(spread.high)))
    }

    /// Whether something of that chance, in hundredths of a percent, happens.
    fn happens(&mut self, hundredths: u32) -> bool {
        self.dice.between(1, 10_000) <= u64::from(hundredths)
    }

    /// One of the estate's components of a kind.
    fn one_of(&mut self, kind: Kind) -> Option<ComponentId> {
        let all: Vec<&ComponentId> = self.estate.of_kind(kind).map(|c| &c.id).collect();
        let last = u64::try_from(all.len()).ok()?.saturating_sub(1);
        let index = usize::try_from(self.dice.between(0, last)).ok()?;
        all.get(index).map(|id| (*id).clone())
    }

    /// What a row does to this estate, and for how long; nothing where the estate has no such thing.
    fn blow(&mut self, row: &Row) -> (Option<Blow>, Option<Duration>) {
        let lasts = row.lasts.map(|spread| self.within(spread));
        if row.mishap == Mishap::OperatorDies {
            return (Some(Blow::OperatorDies), None);
        }
        let blow = self
            .fault(row, lasts.unwrap_or(Duration::ZERO))
            .map(|(begins, ends)| Blow::Fault { begins, ends });
        (blow, lasts)
    }

    fn fault(&mut self, row: &Row, lasts: Duration) -> Option<(Fault, Option<Fault>)> {
        let site = match row.site {
            Some(Role::Primary) => self.direction.from.clone(),
            _ => self.direction.to.clone(),
        };
        let place = || Place::Site(site.clone());
        let mended = |begins, ends| Some((begins, Some(ends)));
        match row.mishap {
            Mishap::RegionDark => mended(
                Fault::RegionDark(site.clone()),
                Fault::RegionReturns(site.clone()),
            ),
            Mishap::RegionIsolated => mended(
                Fault::RegionIsolated(site.clone()),
                Fault::RegionHealed(site.clone()),
            ),
            Mishap::DatabaseLost => {
                let database = self.one_of(Kind::Database)?;
                Some((Fault::DatabaseLost { database, site }, None))
            }
            Mishap::Partition => mended(Fault::Partition, Fault::PartitionHealed),
            Mishap::GlobalControlDown => mended(Fault::GlobalControlDown, Fault::GlobalControlUp),
            Mishap::ServiceDown => mended(
                Fault::ServiceDown {
                    service: row.what.clone(),
                    place: place(),
                },
                Fault::ServiceUp {
                    service: row.what.clone(),
                    place: place(),
                },
            ),
            Mishap::Throttling => mended(
                Fault::Throttled(site.clone()),
                Fault::ThrottlingEnds(site.clone()),
            ),
            Mishap::Slow => mended(
                Fault::Slow {
                    site: site.clone(),
                    factor: row.level.max(1),
                },
                Fault::Slow { site, factor: 1 },
            ),
            Mishap::Denied => mended(
                Fault::Denied {
                    site: site.clone(),
                    call: row.what.clone(),
                },
                Fault::DenialEnds(site),
            ),
            Mishap::AnswerLost => Some((Fault::AnswerLost(row.what.clone()), None)),
            Mishap::MirrorStops => mended(Fault::MirrorStops, Fault::MirrorResumes),
            Mishap::MonitoringBlind => mended(
                Fault::MonitoringBlind(site.clone()),
                Fault::MonitoringSees(site.clone()),
            ),
            Mishap::ResolverIgnoresTtl => {
                let one = usize::try_from(self.dice.between(0, RESOLVERS - 1)).ok()?;
                mended(Fault::ResolverIgnoresTtl(one), Fault::ResolverObeysTtl(one))
            }
            _ => self.of_component(row, site, lasts),
        }
    }

    /// What happens to a component of the estate.
    fn of_component(
        &mut self,
        row: &Row,
        site: crate::model::SiteId,
        lasts: Duration,
    ) -> Option<(Fault, Option<Fault>)> {
        match row.mishap {
            Mishap::ReplicationStalls => {
                let database = self.one_of(Kind::Database)?;
                let ends = Fault::ReplicationResumes(database.clone());
                Some((Fault::ReplicationStalls(database), Some(ends)))
            }
            Mishap::Backup => {
                let database = self.one_of(Kind::Database)?;
                let backup = Fault::BackupStarts {
                    database,
                    site,
                    lasts,
                };
                Some((backup, None))
            }
            Mishap::PromotionRefused => {
                let database = self.one_of(Kind::Database)?;
                let times = row.level;
                Some((Fault::PromotionRefused { database, times }, None))
            }
            Mishap::ShortOfCapacity => {
                let fleet = self.one_of(Kind::Compute)?;
                let of = |limit| Fault::ShortOfCapacity {
                    fleet: fleet.clone(),
                    site: site.clone(),
                    limit,
                };
                Some((of(row.level), Some(of(u32::MAX))))
            }
            Mishap::StateLocked => {
                let stack = self.one_of(Kind::Infrastructure)?;
                let ends = Fault::StateUnlocked {
                    stack: stack.clone(),
                    site: site.clone(),
                };
                let by = "a pipeline".to_owned();
                Some((Fault::StateLocked { stack, site, by }, Some(ends)))
            }
            _ => None,
        }
    }
}
