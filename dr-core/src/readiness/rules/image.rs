//! Images that the standby's fleets start from.

use serde_json::Value;

use super::super::fleet::Fleet;
use super::super::{Facts, Found, Need, Outcome, Rule, Where};
use crate::drift::Side;
use crate::model::{Family, Resource, ResourceKind as Kind, RuleDoc, Severity};

/// The needs of every rule about images, on the standby.
const NEEDS: &[Need] = &[
    Need::all(Where::Standby, Kind::AutoscalingGroup, &[]),
    Need::all(
        Where::Standby,
        Kind::Ec2LaunchTemplate,
        &["image", "image-facts"],
    ),
    Need::all(Where::Standby, Kind::Ec2Image, &["state", "deprecated"]),
];

/// Those of rules that look at both sites.
const BOTH: &[Need] = &[
    Need::all(Where::Both, Kind::AutoscalingGroup, &[]),
    Need::all(
        Where::Both,
        Kind::Ec2LaunchTemplate,
        &["image", "image-facts"],
    ),
    Need::all(Where::Both, Kind::Ec2Image, &[]),
];

/// An image that is not there.
pub(super) const ABSENT: Rule = Rule {
    doc: RuleDoc::new(
        "image-absent",
        Family::Compute,
        Severity::Blocking,
        [
            "the image that the standby's fleet starts from is not there",
            "Ids of images are those of one region: one that was taken over from the primary, or deregistered since, starts nothing.",
            "copy the image to the standby's region, and name the copy in its launch template",
            "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/CopyingAMIs.html",
        ],
    ),
    needs: NEEDS,
    check: |facts| of_each(facts, absent),
};

/// An image for another processor.
pub(super) const ARCHITECTURE: Rule = Rule {
    doc: RuleDoc::new(
        "image-architecture-differs",
        Family::Compute,
        Severity::Blocking,
        [
            "the standby's image is for another processor than the primary's",
            "The instance type does not start it, or what was built for the other processor does not run.",
            "use an image of the primary's architecture at the standby",
            "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ComponentsAMIs.html",
        ],
    ),
    needs: BOTH,
    check: |facts| of_each(facts, architecture),
};

/// An image that is older than the primary's.
pub(super) const STALE: Rule = Rule {
    doc: RuleDoc::new(
        "image-stale",
        Family::Compute,
        Severity::Slowing,
        [
            "the standby's image is older than the primary's, and no copy of it",
            "After a failover the service runs a build that was replaced at the primary.",
            "copy the primary's image to the standby's region with each release",
            "https://docs.aws.amazon.com/wellarchitected/latest/framework/rel_planning_for_recovery_config_drift.html",
        ],
    ),
    needs: BOTH,
    check: |facts| of_each(facts, stale),
};

/// An image that its owner has taken back.
pub(super) const DEPRECATED: Rule = Rule {
    doc: RuleDoc::new(
        "image-deprecated",
        Family::Compute,
        Severity::Notice,
        [
            "the standby's image is deprecated",
            "A fleet that names it by its id still starts it; its owner may deregister it any day, and then nothing starts.",
            "move the launch template to an image that is maintained",
            "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html",
        ],
    ),
    needs: NEEDS,
    check: |facts| of_each(facts, deprecated),
};

/// What is known of an image: of one's own by the list, of another's as it was read for the launch template.
enum Known<'a> {
    Own(&'a Resource),
    Named(&'a Value),
    Not,
}

impl<'a> Known<'a> {
    fn text(&self, attribute: &str) -> Option<&'a str> {
        match self {
            Self::Own(image) => image.text(attribute),
            Self::Named(facts) => facts.get(attribute)?.as_str(),
            Self::Not => None,
        }
    }
}

fn image<'a>(facts: &Facts<'a>, side: Side, id: &str, template: &'a Resource) -> Known<'a> {
    let own = facts.find(side, Kind::Ec2Image, id).map(Known::Own);
    let named = template.attributes.get("image-facts").map(Known::Named);
    own.or(named).unwrap_or(Known::Not)
}

fn not_read(id: &str) -> Outcome {
    Outcome::unclear(
        format!("the image {id} is not the account's own, and was not looked up"),
        "dr discover",
    )
}

/// One fleet of the standby with its template and image.
struct Started<'a, 'f> {
    facts: &'f Facts<'a>,
    fleet: &'f Fleet<'a>,
    template: &'a Resource,
    id: &'a str,
    image: Known<'a>,
}

impl<'a> Started<'a, '_> {
    fn found(&self, message: String) -> Found {
        let site = self.facts.standby();
        Found::of(self.template, message).at(site, self.template, "image")
    }

    /// The image of the same fleet at the primary.
    fn at_primary(&self) -> Option<(&'a str, Known<'a>)> {
        let fleets = self.facts.fleets(Side::Primary);
        let fleet = fleets
            .iter()
            .find(|fleet| fleet.component == self.fleet.component)?;
        let template = fleet.template?;
        let id = template.text("image")?;
        Some((id, image(self.facts, Side::Primary, id, template)))
    }
}

fn of_each(facts: &Facts<'_>, judge: fn(&Started<'_, '_>) -> Outcome) -> Vec<Outcome> {
    let fleets = facts.fleets(Side::Standby);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for fleet in &fleets {
        let Some(template) = fleet.template else {
            continue;
        };
        // Node groups without an image of their own take EKS's; a parameter is resolved when a machine starts.
        let id = template.text("image").filter(|id| id.starts_with("ami-"));
        let Some(id) = id else { continue };
        let image = image(facts, Side::Standby, id, template);
        outcomes.push(judge(&Started {
            facts,
            fleet,
            template,
            id,
            image,
        }));
    }
    if outcomes.is_empty() {
        outcomes.push(Outcome::Nothing(
            "no launch template of the standby's fleets names an image by its id".to_owned(),
        ));
    }
    outcomes
}

fn absent(started: &Started<'_, '_>) -> Outcome {
    let (component, id) = (started.fleet.component, started.id);
    match started.image.text("state") {
        Some("available") => return Outcome::Holds(format!("{component}: {id} is available")),
        Some(state) => return started.found(format!("the image {id} is {state}")).into(),
        None => {}
    }
    // Ids of images are those of one region.
    let at_primary = started.at_primary();
    if at_primary.is_some_and(|(primary, _)| primary == id) {
        let message = format!("{id} is the primary's image: its region has no image of that id");
        return started.found(message).into();
    }
    not_read(id)
}

fn architecture(started: &Started<'_, '_>) -> Outcome {
    let Some((primary, known)) = started.at_primary() else {
        return Outcome::Nothing(format!(
            "{} has no image at the primary to compare with",
            started.fleet.component
        ));
    };
    match (
        known.text("architecture"),
        started.image.text("architecture"),
    ) {
        (Some(there), Some(here)) if there == here => {
            Outcome::Holds(format!("{}: {here} on both sites", started.fleet.component))
        }
        (Some(there), Some(here)) => started
            .found(format!(
                "{} is for {here}, {primary} of the primary for {there}",
                started.id
            ))
            .into(),
        (None, _) => not_read(primary),
        (_, None) => not_read(started.id),
    }
}

fn stale(started: &Started<'_, '_>) -> Outcome {
    let component = started.fleet.component;
    let Some((primary, known)) = started.at_primary() else {
        return Outcome::Nothing(format!(
            "{component} has no image at the primary to compare with"
        ));
    };
    if started.image.text("source-image") == Some(primary) {
        return Outcome::Holds(format!(
            "{component}: {} is a copy of {primary}",
            started.id
        ));
    }
    let name = |image: &Known<'_>| match image {
        Known::Own(image) => image.name.clone(),
        _ => image.text("name").map(str::to_owned),
    };
    let (there, here) = (name(&known), name(&started.image));
    if there.is_some() && there == here {
        return Outcome::Holds(format!(
            "{component}: an image of the same name on both sites"
        ));
    }
    // Written as RFC 3339 in UTC by EC2: the order of the texts is that of the instants.
    match (known.text("created"), started.image.text("created")) {
        (Some(there), Some(here)) if here < there => started
            .found(format!(
                "{} is of {here}, {primary} of the primary of {there}",
                started.id
            ))
            .into(),
        (Some(_), Some(here)) => {
            Outcome::Holds(format!("{component}: {} is of {here}", started.id))
        }
        (None, _) => not_read(primary),
        (_, None) => not_read(started.id),
    }
}

fn deprecated(started: &Started<'_, '_>) -> Outcome {
    let id = started.id;
    if matches!(started.image, Known::Not) {
        return not_read(id);
    }
    let since = started.image.text("deprecated").map(str::to_owned);
    let at: Option<jiff::Timestamp> = since.as_deref().and_then(|since| since.parse().ok());
    match at {
        Some(at) if at <= started.facts.at => started
            .found(format!("{id} is deprecated since {at}"))
            .into(),
        Some(at) => Outcome::Holds(format!("{id} is to be deprecated at {at}")),
        None => Outcome::Holds(format!("{id} is not deprecated")),
    }
}
