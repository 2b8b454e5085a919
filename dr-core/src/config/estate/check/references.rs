//! Names that must be declared elsewhere in the file.

use std::collections::BTreeMap;

use crate::config::diagnostic::{Problem, Report};
use crate::config::estate::raw::RawEstate;
use crate::config::suggest;
use crate::config::yaml::At;
use crate::model::{ComponentId, Kind, SiteId};

/// What is declared. A component whose kind could not be read is known by its name alone.
pub(super) struct References<'a> {
    components: BTreeMap<&'a ComponentId, Option<Kind>>,
    sites: Vec<&'a SiteId>,
    sites_readable: bool,
    components_readable: bool,
    /// Whether there are components whose names could not be read.
    nameless: bool,
}

impl<'a> References<'a> {
    pub(super) fn new(raw: &'a RawEstate) -> Self {
        let components = raw.components.iter().flat_map(|rows| &rows.list);
        let sites = raw.sites.iter().flat_map(|rows| &rows.list);
        Self {
            components: components
                .map(|(id, component)| (&id.value, component.as_ref().map(|raw| raw.kind.value)))
                .collect(),
            sites: sites.map(|(id, _)| &id.value).collect(),
            sites_readable: raw.sites.is_some(),
            components_readable: raw.components.is_some(),
            nameless: raw
                .components
                .as_ref()
                .is_some_and(|rows| rows.list.len() < rows.written),
        }
    }

    /// The names of all sites.
    pub(super) fn sites(&self) -> &[&'a SiteId] {
        &self.sites
    }

    /// Whether any component is, or may be, of that kind.
    pub(super) fn may_have(&self, kind: Kind) -> bool {
        !self.components_readable
            || self.nameless
            || self
                .components
                .values()
                .any(|found| found.is_none_or(|found| found == kind))
    }

    /// Reports a reference to a component that is not there, or of another kind than wanted.
    pub(super) fn component(
        &self,
        reference: Option<&At<ComponentId>>,
        wanted: &[Kind],
        report: &mut Report,
    ) {
        let Some(At { value, span }) = reference else {
            return;
        };
        if !self.components_readable {
            return;
        }
        match self.components.get(value) {
            Some(Some(kind)) if !wanted.contains(kind) => {
                let message = format!("`{value}` is of kind {kind}, not {}", either(wanted));
                let mut problem = Problem::new("wrong-kind", *span, message);
                problem.help = self.help("", wanted);
                report.add(problem);
            }
            Some(_) => {}
            None => {
                let message = format!("there is no component `{value}`");
                let mut problem = Problem::new("unknown-component", *span, message);
                problem.help = self.help(value.as_str(), wanted);
                report.add(problem);
            }
        }
    }

    /// Reports a reference to a site that is not there.
    pub(super) fn site(&self, reference: &At<SiteId>, report: &mut Report) {
        let At { value, span } = reference;
        if self.sites_readable && !self.sites.contains(&value) {
            let message = format!("there is no site `{value}`");
            let mut problem = Problem::new("unknown-site", *span, message);
            let known = self.sites.iter().map(|site| site.as_str());
            problem.help = suggest::help(value.as_str(), known);
            report.add(problem);
        }
    }

    fn help(&self, written: &str, wanted: &[Kind]) -> Option<String> {
        let fitting: Vec<&str> = self
            .components
            .iter()
            .filter(|(_, kind)| kind.is_some_and(|kind| wanted.contains(&kind)))
            .map(|(id, _)| id.as_str())
            .collect();
        if fitting.is_empty() {
            return Some(format!("declare a component of kind {}", either(wanted)));
        }
        suggest::help(written, fitting)
    }
}

fn either(kinds: &[Kind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    names.join(" or ")
}
