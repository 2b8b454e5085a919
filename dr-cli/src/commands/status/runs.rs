//! The runs of an estate, for whoever asks only for them.

use dr_core::model::Estate;
use dr_core::status::{RunSeen, Unread};

use super::kept::newest_of;
use super::unread::gap;
use crate::error::Result;
use crate::session::Session;
use crate::stores::RunStore;

/// The newest runs of the estate, with those that are not over, and what could not be read: on this machine and, where `asks`, in the
/// sites' stores.
///
/// # Errors
/// The bucket that `--store` names cannot be used at all.
pub(crate) fn runs_of(
    estate: &Estate,
    asks: bool,
    session: &Session,
) -> Result<(Vec<RunSeen>, Vec<Unread>)> {
    let store = RunStore::real(session)?;
    let (mut runs, mut unread) = kept_here(&store);
    let (elsewhere, missing) = elsewhere(estate, asks, &store, session)?;
    runs.extend(elsewhere);
    unread.extend(missing);
    runs.retain(|run| match &run.journal {
        Ok(journal) => journal.header.plan.estate.name == estate.name,
        Err(_) => true,
    });
    Ok((runs, unread))
}

/// What this machine keeps: copies, and the runs of a site without a store.
pub(super) fn kept_here(store: &RunStore) -> (Vec<RunSeen>, Vec<Unread>) {
    match newest_of(store, "runs kept on this machine") {
        Ok(runs) => (runs, Vec::new()),
        Err(gap) => (Vec::new(), vec![gap]),
    }
}

/// The runs of the sites' stores.
#[cfg(feature = "real")]
fn elsewhere(
    estate: &Estate,
    asks: bool,
    store: &RunStore,
    session: &Session,
) -> Result<(Vec<RunSeen>, Vec<Unread>)> {
    if asks {
        super::real::kept_at_sites(estate, store, session)
    } else {
        Ok((Vec::new(), not_asked(estate)))
    }
}

/// This build asks no site.
#[cfg(not(feature = "real"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the sites' stores can be unusable where there is a way to them"
)]
fn elsewhere(
    estate: &Estate,
    _: bool,
    _: &RunStore,
    _: &Session,
) -> Result<(Vec<RunSeen>, Vec<Unread>)> {
    Ok((Vec::new(), not_asked(estate)))
}

fn not_asked(estate: &Estate) -> Vec<Unread> {
    let kept = estate
        .sites
        .iter()
        .filter(|site| site.access.store.is_some());
    kept.map(|site| {
        let what = format!("runs kept at {}", site.id);
        let why = "with --scan no site is asked".to_owned();
        gap(&what, Some(&site.id), why)
    })
    .collect()
}
