//! Which calls are needed, and where.

use std::collections::BTreeSet;

use super::implied;
use super::resource::{Reach, reach};
use crate::action::for_verb;
use crate::adapter::technology::{self, REFRESH, call_specs, endpoint_specs};
use crate::model::{ComponentId, Direction, Estate, FenceTarget, Kind, Mode, SiteId, Verb};
use crate::port::{CallSpec, Operation, Place};
use crate::runbook::Runbook;

/// An action of IAM that is needed, for what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The service's prefix: `rds`.
    pub service: String,
    /// The action's name without it: `PromoteReadReplica`.
    pub action: String,
    /// The site in whose region it is called; `None` for a service that has no region.
    pub site: Option<SiteId>,
    /// What it is about.
    pub subject: Subject,
    /// The service that asks for it on the caller's behalf: a key is used through the service whose data it encrypts.
    pub via: Option<&'static str>,
}

impl Need {
    /// The action as policies have it: `rds:PromoteReadReplica`.
    pub(super) fn full_action(&self) -> String {
        format!("{}:{}", self.service, self.action)
    }
}

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Whatever stands in the account.
    Account,
    /// A component.
    Component(ComponentId),
    /// The runs themselves: journals, lock, lease.
    Runs,
}

/// What a runbook needs in that direction: to be planned, to be carried out in either mode, and to be undone.
///
/// The steps of a stack are carried out by Terraform, which runs with the same credentials; their rows are in the tables
/// too. What is no call of AWS (DNS, observers, `git`, monitoring) is left out.
pub fn needs(runbook: &Runbook, estate: &Estate, direction: &Direction) -> BTreeSet<Need> {
    for_verbs(runbook.steps().map(|step| &step.verb), estate, direction)
}

/// What is needed to look at an estate and its runs, in either direction: what `dr ready`, `dr status` and `dr watch` call beside
/// discovery. Nothing is written but what Git servers were seen to hold, which is remembered with the runs.
pub fn reads(estate: &Estate) -> BTreeSet<Need> {
    let out = estate.outward();
    let home = out.reversed();
    let both = [out, home].into_iter();
    let mut needs: BTreeSet<Need> = both
        .flat_map(|direction| for_verbs([], estate, &direction))
        .collect();
    if estate.of_kind(Kind::Repository).next().is_none() {
        needs.retain(|need| need.subject != Subject::Runs || need.action != "PutObject");
    }
    needs
}

/// What applying a fence that a run has left needs, whichever site was the primary: what a watcher calls that is to do so. It writes the
/// lock and the run's journal, too.
pub fn fencing(estate: &Estate) -> BTreeSet<Need> {
    let out = estate.outward();
    let home = out.reversed();
    let fence = Verb::Fence(FenceTarget::FormerPrimary);
    let both = [out, home].into_iter();
    both.flat_map(|direction| for_verbs([&fence], estate, &direction))
        .collect()
}

/// What steps that do this need, as [`needs`] says.
pub(super) fn for_verbs<'a>(
    verbs: impl IntoIterator<Item = &'a Verb>,
    estate: &Estate,
    direction: &Direction,
) -> BTreeSet<Need> {
    let mut specs = looking(estate);
    for verb in verbs {
        for mode in [Mode::Planned, Mode::Unplanned] {
            specs.extend(for_verb(verb).calls(estate, direction, mode, verb));
        }
    }
    let mut needs: BTreeSet<Need> = specs.iter().filter_map(need).collect();
    needs.append(&mut refreshes(&needs, estate));
    needs.extend(store(estate, direction));
    needs.retain(|need| reach(need, estate) != Reach::Nothing);
    let implied: Vec<Need> = needs.iter().flat_map(implied::by).collect();
    needs.extend(implied);
    needs
}

/// What Terraform reads wherever a stack is observed: the tables name one read of each service only. What a pipeline's own
/// service is asked is none of AWS, and no place to read a stack.
fn refreshes(needs: &BTreeSet<Need>, estate: &Estate) -> BTreeSet<Need> {
    let is_stack = |subject: &Subject| match subject {
        Subject::Component(id) => estate
            .component(id)
            .is_some_and(|component| component.kind() == Kind::Infrastructure),
        Subject::Account | Subject::Runs => false,
    };
    let stacks: BTreeSet<_> = needs
        .iter()
        .filter(|need| is_stack(&need.subject))
        .map(|need| (&need.subject, &need.site))
        .collect();
    let refresh = |(subject, site): (&Subject, &Option<SiteId>)| {
        let (subject, site) = (subject.clone(), site.clone());
        REFRESH.iter().map(move |call| Need {
            service: call.service.to_owned(),
            action: call.call.to_owned(),
            site: site.clone(),
            subject: subject.clone(),
            via: None,
        })
    };
    stacks.into_iter().flat_map(refresh).collect()
}

/// What a plan reads: every component of both sites.
fn looking(estate: &Estate) -> Vec<CallSpec> {
    let places = estate
        .components
        .values()
        .flat_map(|component| estate.sites.iter().map(move |site| (component, &site.id)));
    places
        .flat_map(|(component, site)| {
            let operation = Operation::Observe;
            let mut specs = call_specs(component, operation, site, true);
            specs.extend(endpoint_specs(estate, component, operation, site, true));
            specs
        })
        .collect()
}

/// The action behind a call; `None` where it is none of AWS.
fn need(spec: &CallSpec) -> Option<Need> {
    if !technology::is_aws(&spec.service) {
        return None;
    }
    Some(Need {
        service: spec.service.to_string(),
        action: spec.call.to_string(),
        site: match &spec.place {
            Place::Site(site) => Some(site.clone()),
            Place::Global | Place::GlobalControl => None,
        },
        subject: spec
            .component
            .clone()
            .map_or(Subject::Account, Subject::Component),
        via: None,
    })
}

/// Journal, lock, write lease, plans and what Git held: objects in the buckets that the sites keep for runs. The other site's
/// is looked into for a run of the other direction.
fn store(estate: &Estate, direction: &Direction) -> Vec<Need> {
    let remembers = estate.of_kind(Kind::Repository).next().is_some();
    let mut needs = Vec::new();
    for site in estate
        .sites
        .iter()
        .filter(|site| site.access.store.is_some())
    {
        let writes = site.id == direction.to || remembers;
        let actions = ["GetObject", "ListBucket"]
            .into_iter()
            .chain(writes.then_some("PutObject"));
        needs.extend(actions.map(|action| Need {
            service: "s3".to_owned(),
            action: action.to_owned(),
            site: Some(site.id.clone()),
            subject: Subject::Runs,
            via: None,
        }));
    }
    needs
}
