//! `exceptions`: differences that somebody accepts.

use schemars::JsonSchema;

use crate::config::diagnostic::{Problem, Report};
use crate::config::nearest;
use crate::config::read::{Fields, Shape};
use crate::config::yaml::At;
use crate::model::{ComponentId, Day, Exception, are_two_people};

/// A difference between the sites that somebody accepts until a day.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Exception", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawException {
    /// The rule whose findings it is about: `dr explain --list` has them all.
    #[schemars(required)]
    pub(crate) rule: Option<At<String>>,
    /// Only those about this component.
    pub(crate) component: Option<At<ComponentId>>,
    /// Only those about the thing of that name, as `dr drift` writes it.
    pub(crate) resource: Option<At<String>>,
    /// Only those about this attribute, as `dr drift` writes it.
    pub(crate) attribute: Option<At<String>>,
    /// Why it is accepted.
    #[schemars(required)]
    pub(crate) reason: Option<At<String>>,
    /// Who answers for it.
    #[schemars(required)]
    pub(crate) owner: Option<At<String>>,
    /// The last day on which it holds, in UTC.
    #[schemars(required)]
    pub(crate) expires: Option<At<Day>>,
    /// A second person, needed where it hides something that stops a failover.
    pub(crate) approved_by: Option<At<String>>,
}

impl Shape for RawException {
    const ITEM: &str = "an exception";
    const KEYS: &[&str] = &[
        "rule",
        "component",
        "resource",
        "attribute",
        "reason",
        "owner",
        "expires",
        "approved-by",
    ];

    fn read(fields: &mut Fields<'_, '_>) -> Self {
        Self {
            rule: fields.required("rule", "rule: database-class-differs"),
            component: fields.optional("component"),
            resource: fields.optional("resource"),
            attribute: fields.optional("attribute"),
            reason: fields.required("reason", "reason: the standby is smaller until spring"),
            owner: fields.required("owner", "owner: ana"),
            expires: fields.required("expires", "expires: 2027-01-31"),
            approved_by: fields.optional("approved-by"),
        }
    }
}

impl RawException {
    /// A rule that there is, and two people, not one with two hats.
    pub(super) fn check(&self, rules: &[&str], report: &mut Report) {
        if let Some(rule) = &self.rule
            && !rules.is_empty()
            && !rules.contains(&rule.value.as_str())
        {
            let message = format!(
                "no rule of drift or readiness has the code `{}`",
                rule.value
            );
            let help = match nearest(&rule.value, rules.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "`dr explain --list` has them all".to_owned(),
            };
            report.add(Problem::new("unknown-rule", rule.span, message).help(help));
        }
        if let (Some(owner), Some(approver)) = (&self.owner, &self.approved_by)
            && !are_two_people(&owner.value, &approver.value)
        {
            let message = format!(
                "`{}` and `{}` are not two people: nobody approves an exception of their own",
                owner.value, approver.value
            );
            report.add(
                Problem::new("same-approver", approver.span, message)
                    .help("name another person, or remove the line: it then hides nothing that stops a failover"),
            );
        }
    }

    pub(super) fn build(self) -> Option<Exception> {
        let value = |at: At<String>| at.value;
        Some(Exception {
            rule: self.rule?.value,
            component: self.component.map(|at| at.value),
            resource: self.resource.map(value),
            attribute: self.attribute.map(value),
            reason: self.reason?.value,
            owner: self.owner?.value,
            expires: self.expires?.value,
            approved_by: self.approved_by.map(value),
        })
    }
}
