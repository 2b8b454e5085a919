//! One result of lint, preflight or drift.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ComponentId, ResourceKind, SiteId, StepId};

/// What a finding does to a recovery.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Adds minutes to a recovery.
    Slowing,
    /// Stops it.
    Blocking,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Notice => "notice",
            Self::Slowing => "slowing",
            Self::Blocking => "blocking",
        })
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The estate as a whole.
    Estate,
    /// One site.
    Site(SiteId),
    /// One component on both sites.
    Component(ComponentId),
    /// One component on one site.
    Placed(ComponentId, SiteId),
    /// One step of a runbook.
    Step(StepId),
    /// A real thing, or a pair of counterparts.
    Resource {
        /// The component that it belongs to, where it is known.
        component: Option<ComponentId>,
        /// What it is.
        kind: ResourceKind,
        /// What it is called on both sites; its id where it has no name.
        name: String,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Estate => f.write_str("estate"),
            Self::Site(site) => write!(f, "{site}"),
            Self::Component(component) => write!(f, "{component}"),
            Self::Placed(component, site) => write!(f, "{component}@{site}"),
            Self::Step(step) => write!(f, "step {step}"),
            Self::Resource {
                component,
                kind,
                name,
            } => {
                if let Some(component) = component {
                    write!(f, "{component}: ")?;
                }
                write!(f, "{kind} {name}")
            }
        }
    }
}

/// One result of lint, preflight or drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it does to a recovery.
    pub severity: Severity,
    /// Stable kebab-case code: `lag-exceeds-rpo`.
    pub code: String,
    /// What it is about.
    pub subject: Subject,
    /// What was found, in one sentence.
    pub message: String,
    /// What to do about it; the next command to type where there is one.
    pub fix: String,
}

impl Finding {
    /// A finding that stops a recovery.
    pub fn blocking(
        code: &str,
        subject: Subject,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Blocking, code, subject, message, fix)
    }

    /// A finding of any severity.
    pub fn new(
        severity: Severity,
        code: &str,
        subject: Subject,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            subject,
            message: message.into(),
            fix: fix.into(),
        }
    }
}
