//! What must hold of an estate as a whole: what no single value can say.

mod components;
mod policies;
mod references;
mod sites;

use super::raw::RawEstate;
use crate::config::diagnostic::Report;
use crate::model::Kind;
use references::References;

/// `rules`: the codes that an exception may name; empty where that is not looked at.
pub(super) fn estate(raw: &RawEstate, rules: &[&str], report: &mut Report) {
    sites::check(raw.sites.as_ref(), report);
    let references = References::new(raw);
    components::check(raw, &references, report);
    policies::check(raw, rules, &references, report);
    bindings(raw, &references, report);
}

/// What is bound exists.
fn bindings(raw: &RawEstate, references: &References<'_>, report: &mut Report) {
    for (site, bound) in raw.bindings.iter().flat_map(|rows| &rows.list) {
        references.site(site, report);
        for (component, _) in bound.iter().flat_map(|bound| &bound.0.list) {
            references.component(Some(component), &Kind::ALL, report);
        }
    }
}
