//! The table of rules: which difference does what to a failover.

use crate::model::{Family, ResourceKind as Kind, RuleDoc, Severity};

mod attributes;
mod missing;

pub(super) use attributes::ATTRIBUTES;
pub(super) use missing::{MISSING, fix_of_missing};

/// Which attributes of a kind a rule is about.
pub(super) type Of = (Kind, &'static [&'static str]);

/// A rule about differing attributes.
pub(super) struct Attributes {
    pub(super) doc: RuleDoc,
    pub(super) of: &'static [Of],
}

/// A rule about a thing that has no counterpart on the standby.
pub(super) struct Missing {
    pub(super) doc: RuleDoc,
    pub(super) of: &'static [Kind],
}

use Family::{Compute, Control, Database, Network, Secrets};
use Severity::{Blocking, Notice, Slowing};

const REL13: &str = "https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_planning_for_recovery_config_drift.html";

const fn doc(
    code: &'static str,
    family: Family,
    severity: Severity,
    texts: [&'static str; 4],
) -> RuleDoc {
    RuleDoc::new(code, family, severity, texts)
}

/// What differs and is not in any other rule.
pub(super) const OTHER: RuleDoc = doc(
    "attribute-differs",
    Control,
    Notice,
    [
        "an attribute differs between the sites",
        "Nothing that is known of it stops or slows a failover; it is told because nobody declared it.",
        "make both sites alike in Terraform, or write an exception that says why they differ",
        REL13,
    ],
);

/// What the standby has and the primary has not.
pub(super) const EXTRA: RuleDoc = doc(
    "only-at-standby",
    Control,
    Notice,
    [
        "something of the estate stands at the standby only",
        "A failover works without it; it may be a leftover, or a change that was made on one site only.",
        "remove it at the standby, or make it at the primary too",
        REL13,
    ],
);

/// A security group or network ACL that refuses at the standby what the primary's lets through.
pub(super) const REFUSED: RuleDoc = doc(
    "traffic-refused-at-standby",
    Network,
    Blocking,
    [
        "the standby refuses packets that the primary lets through",
        "After a failover the same traffic comes to the standby and is dropped there.",
        "let the witness packet through at the standby as at the primary",
        "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    ],
);

/// The other way round.
pub(super) const ADMITTED: RuleDoc = doc(
    "traffic-admitted-only-at-standby",
    Network,
    Slowing,
    [
        "the standby lets through packets that the primary refuses",
        "The service works, and is more open than what was reviewed at the primary.",
        "remove the rule at the standby, or make it at the primary too",
        "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    ],
);

/// A route that the standby has not, or has elsewhere.
pub(super) const ROUTE: RuleDoc = doc(
    "route-differs",
    Network,
    Blocking,
    [
        "the standby routes something elsewhere than the primary, or not at all",
        "What the application reaches at the primary it may not reach at the standby.",
        "make the route at the standby as at the primary",
        "https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html",
    ],
);

/// A block of addresses that is smaller at the standby.
pub(super) const BLOCK: RuleDoc = doc(
    "address-block-smaller",
    Network,
    Slowing,
    [
        "the standby has fewer addresses than the primary",
        "Members of a fleet, nodes and pods each take addresses: the failed-over load may not find enough.",
        "give the standby a block as large as the primary's",
        "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
    ],
);

/// A fleet that cannot become as large as the estate needs it.
pub(super) const CANNOT_GROW: RuleDoc = doc(
    "fleet-cannot-grow",
    Compute,
    Blocking,
    [
        "the standby's fleet may not become as large as the load needs",
        "`provision` scales the standby up to the primary's number, and Auto Scaling refuses more than the maximum.",
        "raise the group's maximum at the standby",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-capacity-limits.html",
    ],
);

/// A standby's database that does not follow the primary's.
pub(super) const NOT_REPLICA: RuleDoc = doc(
    "database-not-replica",
    Database,
    Blocking,
    [
        "the standby's database is not a replica of the primary's",
        "What is written at the primary does not reach it: there is nothing to promote, and where both take writes each has data that \
         the other lacks.",
        "decide which of them has the data, and make the other site's a replica of it",
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.XRgn.html",
    ],
);

/// A parameter of another value.
pub(super) const OTHER_VALUE: RuleDoc = doc(
    "parameter-value-differs",
    Secrets,
    Slowing,
    [
        "a parameter has another value at the standby",
        "The application of the standby starts with other settings than the primary's. A scan keeps no value, only its hash: what names \
         a host or region of the estate on both sites is each site's own, and is left to `dr ready`.",
        "write the primary's value at the standby, or write an exception that says why they differ",
        REL13,
    ],
);

/// What is alike on both sites, and not as a state says.
pub(super) const CHANGED: RuleDoc = doc(
    "outside-terraform",
    Control,
    Notice,
    [
        "something is alike on both sites, and not as the Terraform state of a site says",
        "The next apply there undoes it, on one site alone or in the middle of a failover: then the sites differ.",
        "write the change into the code of both stacks, or undo it on both sites",
        "https://developer.hashicorp.com/terraform/tutorials/state/resource-drift",
    ],
);

/// What is alike on both sites, and not as the estate declares.
pub(super) const UNDECLARED: RuleDoc = doc(
    "not-as-declared",
    Control,
    Notice,
    [
        "something is alike on both sites, and not as estate.yaml declares it",
        "Readiness, quotas and the length of a failover are judged by what is declared.",
        "write into estate.yaml what the sites are, or change both sites",
        "docs/drift.md",
    ],
);

/// An exception that has run out.
pub(crate) const EXPIRED: RuleDoc = doc(
    "exception-expired",
    Control,
    Slowing,
    [
        "an exception has run out, and what it hid is still there",
        "What was accepted for a time counts again.",
        "mend the difference, or decide anew with a new day",
        "docs/drift.md",
    ],
);

/// An exception that would hide what stops a failover, and has no second person.
pub(crate) const UNAPPROVED: RuleDoc = doc(
    "exception-not-approved",
    Control,
    Notice,
    [
        "an exception for something that stops a failover has no second person",
        "One person alone cannot hide what a failover will run into: the finding stands.",
        "let a second person look at it and write their name under approved-by",
        "docs/drift.md",
    ],
);

/// An exception that is about nothing.
pub(crate) const UNUSED: RuleDoc = doc(
    "exception-unused",
    Control,
    Notice,
    [
        "an exception is about nothing that was found",
        "The next difference of its kind would be hidden by it without anybody having decided so.",
        "remove it from estate.yaml",
        "docs/drift.md",
    ],
);

/// The rest: what is missing and in no other rule.
pub(super) const MISSING_OTHER: RuleDoc = doc(
    "missing-at-standby",
    Control,
    Slowing,
    [
        "something of the estate stands at the primary only",
        "Whatever needs it at the primary will not find it at the standby.",
        "make it at the standby, or write an exception that says why it is not needed",
        REL13,
    ],
);
