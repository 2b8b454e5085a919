//! One finding, with what to do about it.

use dr_core::drift::form::visible;
use dr_core::model::{Finding, Severity};

use super::style::Style;

/// A finding with its fix.
pub(crate) fn text(finding: &Finding, style: Style) -> String {
    let severity = match finding.severity {
        Severity::Notice => style.dim("notice"),
        Severity::Slowing => style.warn("slowing"),
        Severity::Blocking => style.bad("blocking"),
    };
    format!(
        "  {severity} {} {}: {}\n    {} {}\n",
        finding.code,
        style.bold(visible(&finding.subject.to_string())),
        visible(&finding.message),
        style.active("fix:"),
        visible(&finding.fix)
    )
}
