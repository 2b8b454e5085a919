//! What a rule is, what it needs, how it ends.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Facts;
use super::report::Doubt;
use crate::drift::Evidence;
use crate::model::{Resource, ResourceKind, RuleDoc, ScanGap, Severity, SiteId, Subject};

/// Something that a failover needs.
pub struct Rule {
    /// What it looks for. Its severity is the worst that it can come to.
    pub doc: RuleDoc,
    /// What it needs of a scan. Where any of it was not read the rule does not hold.
    pub needs: &'static [Need],
    /// Looks.
    pub check: fn(&Facts<'_>) -> Vec<Outcome>,
}

/// Where a rule looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// At the site that takes the writes.
    Primary,
    /// At the one that is to take over.
    Standby,
    /// At both.
    Both,
    /// At the global services.
    Global,
}

/// What a rule needs of a scan.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// Where.
    pub at: Where,
    /// The kind, listed to its end.
    pub kind: ResourceKind,
    /// Attributes of it that the rule reads.
    pub attributes: &'static [&'static str],
    /// The only one that it needs; `None`: all.
    pub one: Option<&'static str>,
}

impl Need {
    /// All things of a kind, with these attributes.
    pub const fn all(at: Where, kind: ResourceKind, attributes: &'static [&'static str]) -> Self {
        Self {
            at,
            kind,
            attributes,
            one: None,
        }
    }

    /// One thing of a kind, by its id.
    pub const fn one(at: Where, kind: ResourceKind, id: &'static str) -> Self {
        Self {
            at,
            kind,
            attributes: &[],
            one: Some(id),
        }
    }

    /// Whether a gap leaves out something of it.
    pub fn is_touched(&self, gap: &ScanGap) -> bool {
        let is_about_another = match (self.one, &gap.about) {
            (Some(one), Some(about)) => one != about,
            _ => false,
        };
        let is_of_other_attributes = !gap.attributes.is_empty()
            && !gap
                .attributes
                .iter()
                .any(|attribute| self.attributes.contains(&attribute.as_str()));
        gap.kind == self.kind && !is_about_another && !is_of_other_attributes
    }
}

/// How a look at one thing ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is as it must be: what was looked at.
    Holds(String),
    /// It is not.
    Found(Box<Found>),
    /// It was not read, or nobody knows it.
    Unknown(Doubt),
    /// There is nothing that the rule could be about: why.
    Nothing(String),
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub(super) subject: Subject,
    pub(super) message: String,
    pub(super) severity: Option<Severity>,
    pub(super) fix: Option<String>,
    pub(super) attribute: Option<String>,
    pub(super) evidence: BTreeMap<SiteId, Evidence>,
    pub(super) is_absence: bool,
}

impl Found {
    /// Something about a subject, as bad as the rule says, mended as the rule says.
    pub fn new(subject: Subject, message: impl Into<String>) -> Self {
        Self {
            subject,
            message: message.into(),
            severity: None,
            fix: None,
            attribute: None,
            evidence: BTreeMap::new(),
            is_absence: false,
        }
    }

    /// Something about a real thing.
    pub fn of(resource: &Resource, message: impl Into<String>) -> Self {
        Self::new(subject_of(resource), message)
    }

    /// What was read of it.
    #[must_use]
    pub fn at(mut self, site: &SiteId, resource: &Resource, attribute: &str) -> Self {
        let evidence = Evidence {
            id: Some(resource.id.clone()),
            value: resource.attributes.get(attribute).cloned(),
        };
        self.evidence.insert(site.clone(), evidence);
        self.attribute = Some(attribute.to_owned());
        self
    }

    /// A value that tells it apart from another finding about the same subject, with what it is.
    #[must_use]
    pub fn value(mut self, site: &SiteId, name: &str, value: impl Into<Value>) -> Self {
        let evidence = Evidence {
            id: None,
            value: Some(value.into()),
        };
        self.evidence.entry(site.clone()).or_insert(evidence);
        self.attribute = Some(name.to_owned());
        self
    }

    /// Less bad than the rule's worst.
    #[must_use]
    pub fn only(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Mended otherwise than the rule says.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Concluded from what was *not* seen: it counts only where everything was read.
    #[must_use]
    pub fn absent(mut self) -> Self {
        self.is_absence = true;
        self
    }
}

impl From<Found> for Outcome {
    fn from(found: Found) -> Self {
        Self::Found(Box::new(found))
    }
}

impl Outcome {
    /// Something that nobody knows, and no call was refused for.
    pub(super) fn unclear(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::Unknown(Doubt {
            reason: reason.into(),
            fix: fix.into(),
            gap: None,
        })
    }
}

/// A real thing as the subject of a finding.
pub(super) fn subject_of(resource: &Resource) -> Subject {
    Subject::Resource {
        component: resource.component.clone(),
        kind: resource.kind,
        name: resource.name.clone().unwrap_or_else(|| resource.id.clone()),
    }
}
