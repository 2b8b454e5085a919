//! What was read, folded into the document.

use jiff::Timestamp;

use super::cell::{self, Around};
use super::run;
use super::{LeaseSeen, LeaseStatus, Row, STATUS_FORMAT, Seen, SiteStatus, Status, Unread};
use crate::discover::{Roles, roles};
use crate::model::{Component, Duration, Estate, Kind, Observed, Site, SiteId};
use crate::report::Tone;
use crate::report::words::{figure, time_of_day};

/// The estate as it was seen.
pub fn status(estate: &Estate, seen: &Seen) -> Status {
    let now = roles(&seen.inventory, estate);
    let runs = run::runs(&seen.runs);
    let mut gaps = gaps(estate, seen);
    gaps.extend(seen.unread.iter().cloned());
    gaps.extend(runs.unread);
    let mut set_aside = seen.set_aside.clone();
    set_aside.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
    let held = seen.locks.iter().map(|lock| &lock.holder);
    Status {
        format: STATUS_FORMAT,
        estate: estate.name.clone(),
        simulated: seen.simulated,
        at: seen.at,
        complete: gaps.is_empty(),
        roles_unknown: match &now {
            Roles::Unknown { reason } => Some(reason.clone()),
            Roles::Known { .. } => None,
        },
        sites: estate
            .sites
            .iter()
            .map(|site| self::site(site, estate, seen, &now))
            .collect(),
        rows: rows(estate, seen, &now),
        leases: seen
            .leases
            .iter()
            .map(|lease| self::lease(lease, seen.at, &now))
            .collect(),
        clients: seen.clients.clone(),
        // One whose lease ran out is dead or cut off.
        operator: held
            .filter(|holder| holder.until > seen.at)
            .max_by_key(|holder| holder.until)
            .cloned(),
        runs: runs.lines,
        pending: runs.pending,
        set_aside,
        gaps,
    }
}

/// The kind whose components tell which site is primary, as in [`roles`].
fn voting(estate: &Estate) -> Kind {
    if estate.of_kind(Kind::Database).next().is_some() {
        Kind::Database
    } else {
        Kind::Traffic
    }
}

fn site(site: &Site, estate: &Estate, seen: &Seen, now: &Roles) -> SiteStatus {
    let was_read =
        |component: &Component| seen.inventory.observed(&component.id, &site.id).is_some();
    let own = estate
        .components
        .values()
        .filter(|component| component.kind() != Kind::Traffic);
    SiteStatus {
        site: site.id.clone(),
        region: site.region.clone(),
        home_role: site.home_role,
        role: now.of(&site.id),
        role_was_read: now.of(&site.id).is_some() && estate.of_kind(voting(estate)).all(was_read),
        answers: own.into_iter().any(was_read),
    }
}

fn rows(estate: &Estate, seen: &Seen, now: &Roles) -> Vec<Row> {
    let components = Kind::ALL.into_iter().flat_map(|kind| estate.of_kind(kind));
    components
        .map(|component| Row {
            component: component.id.clone(),
            kind: component.kind(),
            technology: component.technology,
            cells: estate
                .sites
                .iter()
                .map(|site| {
                    let around = Around {
                        at: seen.at,
                        site: &site.id,
                        role: now.of(&site.id),
                        primary: now.primary(),
                        rpo: estate.objectives.rpo,
                    };
                    let observed = seen.inventory.observed(&component.id, &site.id);
                    let cell = observed.map_or_else(cell::gap, |observed: &Observed| {
                        cell::observed(component, observed, &around)
                    });
                    (site.id.clone(), cell)
                })
                .collect(),
        })
        .collect()
}

fn lease(lease: &LeaseSeen, at: Timestamp, now: &Roles) -> LeaseStatus {
    let state = &lease.state;
    let holder = &state.holder;
    let until = time_of_day(state.expires_at);
    let runs = state.expires_at > at;
    let mut says = if runs {
        let left = figure(Duration::between(at, state.expires_at));
        format!("{holder} may write until {until}, {left} from now")
    } else {
        let ago = figure(Duration::between(state.expires_at, at));
        format!("{holder}'s ran out at {until}, {ago} ago")
    };
    if !state.renewable {
        says.push_str("; it is not renewed any more");
    }
    let is_primary = now.primary().map(|primary| primary == holder);
    let tone = match (is_primary, runs) {
        (Some(true), true) if state.renewable => Tone::Good,
        (Some(true), _) => Tone::Attention,
        // The old primary's, running out or run out.
        (Some(false), true) if state.renewable => Tone::Bad,
        (Some(false), true) => Tone::Open,
        (Some(false), false) => Tone::Good,
        (None, _) => Tone::Attention,
    };
    LeaseStatus {
        kept_at: lease.kept_at.clone(),
        state: state.clone(),
        says,
        tone,
    }
}

/// The gaps of the grid, each once: a front door is one thing for both sites.
fn gaps(estate: &Estate, seen: &Seen) -> Vec<Unread> {
    let mut gaps: Vec<Unread> = Vec::new();
    for component in Kind::ALL.into_iter().flat_map(|kind| estate.of_kind(kind)) {
        for site in &estate.sites {
            if seen.inventory.observed(&component.id, &site.id).is_some() {
                continue;
            }
            let shared = component.kind() == Kind::Traffic;
            let gap = unread(component, (!shared).then_some(&site.id), seen, &site.id);
            if !gaps.contains(&gap) {
                gaps.push(gap);
            }
        }
    }
    gaps
}

fn unread(component: &Component, at: Option<&SiteId>, seen: &Seen, site: &SiteId) -> Unread {
    let gap = seen
        .inventory
        .sites
        .get(site)
        .and_then(|inventory| inventory.gaps.get(&component.id));
    let what = match at {
        Some(site) => format!("{}@{site}", component.id),
        None => component.id.to_string(),
    };
    Unread {
        what,
        site: at.cloned(),
        component: Some(component.id.clone()),
        reason: gap.map_or_else(|| "it was not asked".to_owned(), |gap| gap.reason.clone()),
    }
}
