//! What must hold of an estate as a whole: what no single value can say.

mod components;
mod policies;
mod references;
mod sites;

use super::raw::RawEstate;
use crate::config::diagnostic::Report;
use references::References;

pub(super) fn estate(raw: &RawEstate, report: &mut Report) {
    sites::check(raw.sites.as_ref(), report);
    let references = References::new(raw);
    components::check(raw, &references, report);
    policies::check(raw, &references, report);
}
