//! Faults.

use super::act::Reader;
use super::{lasting, refuse_needless, site, within};
use crate::config::{self, At, Problem, RawOptions, Span};
use crate::model::{
    Component, ComponentId, Duration, Happening, HappeningDetail as Detail, Kind, Settings, SiteId,
};
use crate::port::Place;
use crate::sim::{self, Fault};

/// The simulator's fault, and whatever is wrong with how it is written.
pub(super) fn read(
    happening: Happening,
    options: &RawOptions,
    span: Span,
    reader: &mut Reader<'_>,
) -> Option<Fault> {
    let details = happening.details();
    let mut fits: Vec<&str> = details
        .iter()
        .flat_map(|detail| keys(*detail))
        .copied()
        .collect();
    fits.push("for");
    // Where something happens is what is most easily got wrong, and has a word of its own.
    let needless_site = options
        .site
        .as_ref()
        .filter(|_| !details.contains(&Detail::Site));
    if needless_site.is_some() {
        fits.push("site");
        let problem = Problem::new("wrong-place", span, "this happens to no site");
        reader.report.add(problem.help("remove `site`"));
    }
    refuse_needless(&options.written, &fits, reader.report);
    for detail in details {
        if let Some((code, message, help)) = missing(*detail, options) {
            reader
                .report
                .add(Problem::new(code, span, message).help(help));
            return None;
        }
    }
    if needless_site.is_some() {
        return None;
    }
    sensible(happening, options, reader);
    build(happening, options, reader)
}

/// Reports figures with which nothing would go wrong.
fn sensible(happening: Happening, options: &RawOptions, reader: &mut Reader<'_>) {
    let report = &mut *reader.report;
    if let Some(times) = options.times {
        // Once as slow, and once as much, is as always.
        let least = match happening {
            Happening::PromotionRefused => 1,
            _ => 2,
        };
        within("times", times, least..=1000, report);
    }
    if let Some(resolver) = options.resolver {
        within("resolver", resolver, 0..=LAST_RESOLVER, report);
    }
    if let Some(share) = options.share.filter(|share| share.value.rounded() == 0) {
        let message = "with this no call is refused";
        report.add(Problem::new("out-of-range", share.span, message).help("write 1% to 100%"));
    }
    for (key, length) in [
        ("lasts", options.lasts),
        ("ahead", options.ahead),
        ("behind", options.behind),
    ] {
        if let Some(length) = length {
            lasting(key, length, report);
        }
    }
}

/// The number of the last resolver.
const LAST_RESOLVER: u32 = sim::RESOLVERS - 1;

/// The keys that say a detail.
fn keys(detail: Detail) -> &'static [&'static str] {
    match detail {
        Detail::Site => &["site"],
        Detail::Component | Detail::Database | Detail::Fleet | Detail::Stack => &["component"],
        Detail::Call => &["call"],
        Detail::Service => &["service"],
        Detail::Times => &["times"],
        Detail::Members => &["members"],
        Detail::Resolver => &["resolver"],
        Detail::Share => &["share"],
        Detail::Lasts => &["lasts"],
        Detail::Person => &["person"],
        Detail::Off => &["ahead", "behind"],
    }
}

/// What is to be said of a detail that must be written and is not.
fn missing(
    detail: Detail,
    options: &RawOptions,
) -> Option<(&'static str, &'static str, &'static str)> {
    let missing =
        |there: bool, message, help| (!there).then_some(("missing-detail", message, help));
    match detail {
        Detail::Site => options.site.is_none().then_some((
            "wrong-place",
            "where does it happen?",
            "add `site: primary`",
        )),
        Detail::Component => missing(
            options.component.is_some(),
            "to which component?",
            "add `component: database`",
        ),
        Detail::Database | Detail::Fleet | Detail::Stack | Detail::Share => None,
        Detail::Call => missing(
            options.call.is_some(),
            "which call?",
            "add `call: rds:PromoteReadReplica`",
        ),
        Detail::Service => missing(
            options.service.is_some(),
            "which service?",
            "add `service: rds`",
        ),
        Detail::Times => missing(options.times.is_some(), "how many times?", "add `times: 2`"),
        Detail::Members => missing(
            options.members.is_some(),
            "how many members are allowed?",
            "add `members: 1`",
        ),
        Detail::Resolver => missing(
            options.resolver.is_some(),
            "which resolver?",
            "add `resolver: 0`",
        ),
        Detail::Lasts => missing(options.lasts.is_some(), "how long?", "add `lasts: 10m`"),
        Detail::Person => missing(options.person.is_some(), "whose?", "add `person: ada`"),
        Detail::Off => missing(
            options.ahead.is_some() != options.behind.is_some(),
            "by how much?",
            "add `ahead: 3s` or `behind: 3s`",
        ),
    }
}

/// The simulator's fault of options that hold every detail of it.
pub(super) fn build(
    happening: Happening,
    options: &RawOptions,
    reader: &mut Reader<'_>,
) -> Option<Fault> {
    let mut of = Details { options, reader };
    Some(match happening {
        Happening::RegionDark => Fault::RegionDark(of.site()?),
        Happening::RegionReturns => Fault::RegionReturns(of.site()?),
        Happening::RegionIsolated => Fault::RegionIsolated(of.site()?),
        Happening::RegionHealed => Fault::RegionHealed(of.site()?),
        Happening::GlobalControlDown => Fault::GlobalControlDown,
        Happening::GlobalControlUp => Fault::GlobalControlUp,
        Happening::Partition => Fault::Partition,
        Happening::PartitionHealed => Fault::PartitionHealed,
        Happening::Throttling => match of.options.share {
            None => Fault::Throttled(of.site()?),
            Some(share) => Fault::ThrottledBy {
                site: of.site()?,
                percent: share.value.rounded(),
            },
        },
        Happening::ThrottlingEnds => Fault::ThrottlingEnds(of.site()?),
        Happening::Slow => Fault::Slow {
            site: of.site()?,
            factor: of.times(),
        },
        Happening::SlowEnds => Fault::Slow {
            site: of.site()?,
            factor: 1,
        },
        Happening::Denied => Fault::Denied {
            site: of.site()?,
            call: of.denied()?,
        },
        Happening::DenialEnds => Fault::DenialEnds(of.site()?),
        Happening::ServiceDown => Fault::ServiceDown {
            service: of.service()?,
            place: Place::Site(of.site()?),
        },
        Happening::ServiceUp => Fault::ServiceUp {
            service: of.service()?,
            place: Place::Site(of.site()?),
        },
        Happening::ComponentDown => Fault::ComponentDown {
            component: of.component(None)?,
            site: of.site()?,
        },
        Happening::ComponentUp => Fault::ComponentUp {
            component: of.component(None)?,
            site: of.site()?,
        },
        _ => return of.of_data(happening),
    })
}

/// The details that are written, resolved.
struct Details<'a, 'r> {
    options: &'a RawOptions,
    reader: &'a mut Reader<'r>,
}

impl Details<'_, '_> {
    /// The faults of data, fleets, names, monitoring and people.
    fn of_data(&mut self, happening: Happening) -> Option<Fault> {
        Some(match happening {
            Happening::ReplicationStalls => Fault::ReplicationStalls(self.database()?),
            Happening::ReplicationResumes => Fault::ReplicationResumes(self.database()?),
            Happening::DatabaseLost => Fault::DatabaseLost {
                database: self.database()?,
                site: self.site()?,
            },
            Happening::BackupStarts => Fault::BackupStarts {
                database: self.database()?,
                site: self.site()?,
                lasts: self.options.lasts?.value,
            },
            Happening::AnswerLost => Fault::AnswerLost(self.call()?),
            Happening::PromotionRefused => Fault::PromotionRefused {
                database: self.database()?,
                times: self.times(),
            },
            Happening::ShortOfQuota => Fault::ShortOfCapacity {
                fleet: self.fleet()?,
                site: self.site()?,
                limit: self.options.members?.value,
            },
            Happening::OutOfCapacity => Fault::OutOfCapacity {
                fleet: self.fleet()?,
                site: self.site()?,
            },
            Happening::CapacityReturns => Fault::CapacityReturns {
                fleet: self.fleet()?,
                site: self.site()?,
            },
            Happening::ResolverIgnoresTtl => Fault::ResolverIgnoresTtl(self.resolver()?),
            Happening::ResolverObeysTtl => Fault::ResolverObeysTtl(self.resolver()?),
            Happening::MonitoringBlind => Fault::MonitoringBlind(self.site()?),
            Happening::MonitoringSees => Fault::MonitoringSees(self.site()?),
            Happening::MirrorStops => Fault::MirrorStops,
            Happening::MirrorResumes => Fault::MirrorResumes,
            Happening::StateLocked => Fault::StateLocked {
                stack: self.component(Some(Kind::Infrastructure))?,
                site: self.site()?,
                // Whoever it is need not be on call.
                by: self.options.person.as_ref()?.value.clone(),
            },
            Happening::StateUnlocked => Fault::StateUnlocked {
                stack: self.component(Some(Kind::Infrastructure))?,
                site: self.site()?,
            },
            Happening::WrongTime => self.clock()?,
            Happening::RightTime => Fault::ClockRight(self.person()?),
            Happening::WriteLoad => Fault::WriteLoad(self.times()),
            _ => Fault::WriteLoad(1),
        })
    }

    fn site(&mut self) -> Option<SiteId> {
        site(
            self.options.site.as_ref()?,
            self.reader.known.estate,
            self.reader.report,
        )
    }

    fn times(&self) -> u32 {
        self.options.times.map_or(1, |times| times.value)
    }

    fn resolver(&self) -> Option<usize> {
        usize::try_from(self.options.resolver?.value).ok()
    }

    fn person(&mut self) -> Option<String> {
        self.reader.by(self.options.person.as_ref())?
    }

    fn clock(&mut self) -> Option<Fault> {
        let (ahead, by): (bool, Duration) = match (self.options.ahead, self.options.behind) {
            (Some(by), _) => (true, by.value),
            (None, by) => (false, by?.value),
        };
        Some(Fault::ClockOff {
            operator: self.person()?,
            ahead,
            by,
        })
    }

    /// A call.
    fn call(&mut self) -> Option<String> {
        let call = self.options.call.as_ref()?;
        let known = self.reader.known;
        let right = known.call(call, &known.calls.names(), self.reader.report);
        right.then(|| call.value.clone())
    }

    /// A call that can be denied, or all of a service.
    fn denied(&mut self) -> Option<String> {
        let call = self.options.call.as_ref()?;
        let known = self.reader.known;
        let mut calls = known.calls.at_sites();
        let services = known.calls.services_at_sites();
        calls.extend(services.into_iter().map(|service| format!("{service}:*")));
        let right = known.call(call, &calls, self.reader.report);
        right.then(|| call.value.clone())
    }

    fn service(&mut self) -> Option<String> {
        let service = self.options.service.as_ref()?;
        let right = self.reader.known.service(service, self.reader.report);
        right.then(|| service.value.clone())
    }

    fn database(&mut self) -> Option<ComponentId> {
        self.component(Some(Kind::Database))
    }

    fn fleet(&mut self) -> Option<ComponentId> {
        if self.options.component.is_some() {
            let fleet = |component: &Component| {
                matches!(
                    component.settings,
                    Settings::Compute(_) | Settings::Kubernetes(_)
                )
            };
            return self.named(&fleet, "fleet");
        }
        self.component(Some(Kind::Compute))
    }

    /// The component that is named, or the estate's only one of the kind.
    fn component(&mut self, kind: Option<Kind>) -> Option<ComponentId> {
        if self.options.component.is_some() {
            let of_kind = |component: &Component| kind.is_none_or(|kind| component.kind() == kind);
            return self.named(&of_kind, kind.map_or("component", Kind::name));
        }
        let kind = kind?;
        let mut all = self.reader.known.estate.of_kind(kind);
        let found = all.next().map(|component| component.id.clone());
        if all.next().is_some() || found.is_none() {
            let span = self.options.written.first().map_or(Span::START, |at| at.1);
            let message = format!("the estate has not just one {}", kind.name());
            self.reader
                .report
                .add(Problem::new("missing-detail", span, message).help("name it: `component: …`"));
            return None;
        }
        found
    }

    fn named(&mut self, fits: &dyn Fn(&Component) -> bool, what: &str) -> Option<ComponentId> {
        let At { value, span } = self.options.component.as_ref()?;
        let candidates: Vec<&str> = self
            .reader
            .known
            .estate
            .components
            .values()
            .filter(|component| fits(component))
            .map(|component| component.id.as_str())
            .collect();
        if !candidates.contains(&value.as_str()) {
            let message = format!("the estate has no {what} \"{value}\"");
            let mut problem = Problem::new("unknown-component", *span, message);
            problem.help = config::did_you_mean(value, candidates);
            self.reader.report.add(problem);
            return None;
        }
        value.parse().ok()
    }
}
