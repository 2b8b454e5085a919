//! The main flow, and the roles that the sites have.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::absent::absent;
use super::column::Column;
use super::exception;
use super::judge::{Judge, TELL_APART, rules};
use super::origins::Origins;
use super::pair::{Ground, Pairs, pair};
use super::reading::caveats;
use super::reference::{Columns, Side};
use super::remedy;
use super::report::{Coverage, Entry, Report, Unknown, Verdict};
use super::scope::{Scope, scopes, wholes};
use super::symbol::Symbols;
use super::unclear::unclear;
use super::zones;
use crate::model::{
    Direction, Estate, EstateScan, Exception, Region, ResourceKind, SiteId, Technology,
};

/// Why a scan cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Drift is a difference between two sites.
    #[error("the scan has nothing of {0}: drift is a difference between both sites")]
    OneSite(SiteId),
    /// It is of another estate.
    #[error("the scan is of the estate {0}")]
    OtherEstate(String),
    /// A site was read that the estate has not.
    #[error("the scan has the site {0}, which the estate has not")]
    OtherSite(SiteId),
    /// A site's reading stands under the name of another.
    #[error("the scan has under the name {name} what was read of {site}")]
    Misplaced {
        /// The name.
        name: SiteId,
        /// What was read.
        site: SiteId,
    },
    /// A site was read elsewhere than the estate says.
    #[error("the scan has {site} in {read}, and the estate has it in {declared}")]
    OtherRegion {
        /// The site.
        site: SiteId,
        /// Where it was read.
        read: Region,
        /// Where it is to be.
        declared: Region,
    },
    /// It has a form that this program does not read.
    #[error("the scan has the form {0}, and this dr reads only {read}", read = EstateScan::FORMAT)]
    Form(u32),
}

/// Compares the two sites of a scan, as they are to be in a failover in `direction`, at the instant at which it was read. What was
/// read `last` time tells which site changed.
///
/// # Errors
/// A scan that is not of both sites of this estate, or of a form that is not read.
pub fn examine(
    estate: &Estate,
    direction: &Direction,
    scan: &EstateScan,
    last: Option<&EstateScan>,
) -> Result<Report, Unreadable> {
    let at = scan.parts().map(|part| part.at).max();
    examine_as_of(estate, direction, scan, last, at.unwrap_or_default())
}

/// The same at a later instant: exceptions run out, and a scan grows old.
///
/// # Errors
/// As [`examine`].
pub fn examine_as_of(
    estate: &Estate,
    direction: &Direction,
    scan: &EstateScan,
    last: Option<&EstateScan>,
    now: Timestamp,
) -> Result<Report, Unreadable> {
    let columns = columns(estate, direction, scan)?;
    let scopes = scopes(estate, &columns);
    let pairs = pair(estate, &columns, &scopes);
    let symbols = Symbols::new(&columns, &scopes, &pairs);
    let judge = Judge::new(estate, &symbols);
    let last = last.filter(|last| last.format == EstateScan::FORMAT);
    let origins = Origins::new(estate, &columns, last);

    let mut unknown = gaps(&columns, scan);
    unknown.extend(no_global(estate, direction, scan));
    unknown.extend(ambiguous(&columns, &pairs));
    unknown.extend(absent(estate, &columns, &scopes));
    let mut findings = of_pairs(&judge, &origins, &columns, &pairs, &mut unknown);
    findings.extend(of_the_rest(&judge, &columns, &scopes, &pairs));
    for entry in &mut findings {
        entry.origins = origins.of(entry);
        if let Some(fix) = remedy::fitting(entry) {
            entry.finding.fix = fix;
        }
    }
    unknown.sort();
    unknown.dedup();
    let at = columns.iter().map(|column| column.scan.at).max();
    let at = at.unwrap_or_default();
    let exceptions = exception::of(&estate.exceptions, |code| {
        rules().any(|rule| rule.code == code)
    });
    let is_judged = |_: &Exception| unknown.is_empty();
    let (mut findings, excused) = exception::apply(&exceptions, findings, now.max(at), is_judged);
    findings.sort_by(Entry::worst_first);
    Ok(Report {
        format: Report::FORMAT,
        estate: estate.name.clone(),
        primary: direction.from.clone(),
        standby: direction.to.clone(),
        read_at: scan.parts().map(|part| part.at).min().unwrap_or_default(),
        at,
        caveats: caveats(estate, direction, scan, now),
        verdict: Verdict::of(&findings, &unknown),
        coverage: coverage(&columns, &scopes, &pairs, &unknown),
        findings,
        excused,
        unknown,
        since: None,
    })
}

/// Which thing of the one site is taken for which of the other, and why: for `direction`, in the order of the primary's things.
///
/// # Errors
/// As [`examine`].
pub fn counterparts(
    estate: &Estate,
    direction: &Direction,
    scan: &EstateScan,
) -> Result<Vec<Counterparts>, Unreadable> {
    let columns = columns(estate, direction, scan)?;
    let scopes = scopes(estate, &columns);
    let pairs = pair(estate, &columns, &scopes).pairs.into_iter();
    let counterparts = pairs.map(|pair| {
        let primary = columns.of(Side::Primary).at(pair.primary);
        Counterparts {
            kind: primary.kind,
            primary: primary.id.clone(),
            standby: columns.of(Side::Standby).at(pair.standby).id.clone(),
            ground: pair.ground,
        }
    });
    Ok(counterparts.collect())
}

/// Two things that are taken for each other's counterpart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterparts {
    /// What they are.
    pub kind: ResourceKind,
    /// The primary's id.
    pub primary: String,
    /// The standby's.
    pub standby: String,
    /// Why.
    pub ground: Ground,
}

/// The two columns of a scan, the primary's first.
///
/// # Errors
/// A scan that is not of both sites of this estate, or of a form that is not read.
pub(crate) fn columns<'a>(
    estate: &'a Estate,
    direction: &Direction,
    scan: &'a EstateScan,
) -> Result<Columns<'a>, Unreadable> {
    check(estate, scan)?;
    let of = |site: &SiteId| {
        let read = estate.site(site).zip(scan.sites.get(site));
        let column = read.map(|(site, scan)| Column::new(site, scan));
        column.ok_or_else(|| Unreadable::OneSite(site.clone()))
    };
    Ok(Columns::new([of(&direction.from)?, of(&direction.to)?]))
}

/// A scan that has nothing of the global services, of an estate that moves a name with them.
fn no_global(estate: &Estate, direction: &Direction, scan: &EstateScan) -> Option<Unknown> {
    let mut components = estate.components.values();
    let needs = components.any(|component| component.technology == Technology::Route53);
    (needs && scan.global.is_none()).then(|| Unknown {
        site: direction.from.clone(),
        kind: ResourceKind::Route53Record,
        about: None,
        attributes: Vec::new(),
        class: None,
        reason: "the scan has nothing of the global services: zones, records and health checks"
            .to_owned(),
        fix: "read both sites with the global services: dr discover".to_owned(),
    })
}

/// Whether a scan is one of this estate's two sites, in a form that is read.
///
/// # Errors
/// It is not.
pub fn check(estate: &Estate, scan: &EstateScan) -> Result<(), Unreadable> {
    if scan.format != EstateScan::FORMAT {
        return Err(Unreadable::Form(scan.format));
    }
    if scan.estate != estate.name {
        return Err(Unreadable::OtherEstate(scan.estate.to_string()));
    }
    for (name, part) in &scan.sites {
        let Some(site) = estate.site(name) else {
            return Err(Unreadable::OtherSite(name.clone()));
        };
        if part.site != *name {
            return Err(Unreadable::Misplaced {
                name: name.clone(),
                site: part.site.clone(),
            });
        }
        if part.region != site.region {
            return Err(Unreadable::OtherRegion {
                site: name.clone(),
                read: part.region.clone(),
                declared: site.region.clone(),
            });
        }
    }
    let mut missing = estate.sites.iter().map(|site| &site.id);
    match missing.find(|site| !scan.sites.contains_key(*site)) {
        Some(missing) => Err(Unreadable::OneSite(missing.clone())),
        None => Ok(()),
    }
}

/// Every gap of both columns and of the global services.
fn gaps(columns: &Columns<'_>, scan: &EstateScan) -> Vec<Unknown> {
    let regional = columns.iter().map(|column| column.scan);
    let parts = regional.chain(&scan.global);
    let gaps = parts.flat_map(|part| part.gaps.iter().map(|gap| (&part.site, gap)));
    gaps.map(|(site, gap)| Unknown::gap(site, gap)).collect()
}

fn of_pairs(
    judge: &Judge<'_>,
    origins: &Origins<'_>,
    columns: &Columns<'_>,
    pairs: &Pairs,
    unknown: &mut Vec<Unknown>,
) -> Vec<Entry> {
    let mut findings = Vec::new();
    for pair in &pairs.pairs {
        let (found, unclear) = judge.pair(pair);
        findings.extend(judge.alike(pair, &found, origins));
        findings.extend(found);
        for (attribute, unclear) in unclear {
            let [(_, primary), (_, standby)] = pair.places();
            let at = [primary, standby][unclear.side.index()];
            let resource = columns.of(unclear.side).at(at);
            unknown.push(Unknown {
                site: columns.of(unclear.side).site.id.clone(),
                kind: resource.kind,
                about: Some(resource.id.clone()),
                attributes: vec![attribute],
                class: None,
                reason: unclear.reason,
                fix: unclear.fix.to_owned(),
            });
        }
    }
    findings
}

/// What cannot be told apart, thing by thing: it is not compared, since a wrong pair would hide a difference or invent one.
fn ambiguous(columns: &Columns<'_>, pairs: &Pairs) -> Vec<Unknown> {
    let mut unknown = Vec::new();
    for alike in &pairs.ambiguous {
        let sites = Side::BOTH.map(|side| &columns.of(side).site.id);
        for side in Side::BOTH {
            for &at in alike.of(side) {
                unknown.push(Unknown {
                    site: sites[side.index()].clone(),
                    kind: alike.kind,
                    about: Some(columns.of(side).at(at).id.clone()),
                    attributes: Vec::new(),
                    class: None,
                    reason: format!(
                        "{} in {} and {} in {} stand at the same place and differ: which is whose counterpart is not known, and \
                         none of them was compared",
                        alike.primary.len(),
                        sites[0],
                        alike.standby.len(),
                        sites[1]
                    ),
                    fix: TELL_APART.to_owned(),
                });
            }
        }
    }
    unknown
}

/// What has no counterpart. What is unclear may have one that was not read: the gap says so already.
fn of_the_rest(
    judge: &Judge<'_>,
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &Pairs,
) -> Vec<Entry> {
    let mut findings = Vec::new();
    let unclear = unclear(columns, scopes, pairs);
    let beyond = zones::beyond(columns, scopes, pairs);
    for (side, at) in pairs.alone(scopes) {
        if pairs.is_missing(scopes, (side, at))
            && !unclear.contains(&(side, at))
            && (side == Side::Standby || !beyond.contains(&at))
            && !is_part_of_missing(columns, scopes, pairs, side, at)
        {
            findings.push(judge.alone(side, at));
        }
    }
    findings
}

/// Whether what a thing is a part of stands on its side only as well: a listener goes with its balancer. That is told, once.
fn is_part_of_missing(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &Pairs,
    side: Side,
    at: u32,
) -> bool {
    let resource = columns.of(side).at(at);
    let wholes = match resource.kind {
        ResourceKind::Ec2SecurityGroup => &[ResourceKind::Ec2Vpc],
        // A fleet outlives the targets that it is behind.
        ResourceKind::AutoscalingGroup => &[][..],
        kind => wholes(kind),
    };
    !wholes.is_empty()
        && columns.targets((side, at)).any(|target| {
            wholes.contains(&columns.of(side).kind(target))
                && pairs.is_missing(scopes, (side, target))
        })
}

fn coverage(
    columns: &Columns<'_>,
    scopes: &[Vec<Scope>; 2],
    pairs: &Pairs,
    unknown: &[Unknown],
) -> BTreeMap<ResourceKind, Coverage> {
    use super::pair::Confidence;
    let mut coverage: BTreeMap<ResourceKind, Coverage> = BTreeMap::new();
    for pair in &pairs.pairs {
        let kind = columns.of(Side::Primary).kind(pair.primary);
        let line = coverage.entry(kind).or_default();
        line.pairs += 1;
        line.by_place += usize::from(pair.ground.confidence() == Confidence::Fair);
    }
    for side in Side::BOTH {
        for at in columns.of(side).places() {
            let line = coverage.entry(columns.of(side).kind(at)).or_default();
            match scopes[side.index()][at as usize] {
                Scope::Compared => line.alone += usize::from(pairs.of(side, at).is_none()),
                Scope::Member => line.members += 1,
                Scope::Foreign => line.foreign += 1,
                Scope::Fact | Scope::Shared => {}
            }
        }
    }
    for gap in unknown {
        coverage.entry(gap.kind).or_default().unknown += 1;
    }
    coverage.retain(|_, line| *line != Coverage::default());
    coverage
}
