//! What can be taken away.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{ComponentId, Direction, Estate, Kind, Settings, SiteId};
use crate::port::Place;
use crate::runbook::Plan;
use crate::sim::Fault;

/// Where an outage is, seen from the runbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// At the site that is left.
    Left,
    /// At the site that takes over: what the runbook needs may be among it.
    Taken,
    /// At neither.
    Shared,
    /// At neither, and clients need it themselves: without it no site serves anybody.
    Clients,
}

/// Something that can be taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// Its name: `rds@california`.
    pub name: String,
    /// What it is, in a few words.
    pub about: String,
    /// Where it is.
    pub side: Side,
    /// What begins and what ends it.
    #[serde(skip)]
    pub(super) does: Does,
}

/// What an outage does to the world.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Does {
    /// A fault, until another mends it.
    Fault(Fault, Fault),
    /// The machine of the operator who drives the run dies when a run without any outage begins to promote.
    #[default]
    OperatorDies,
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

/// Everything that can be taken away from a run of `plan`.
pub(super) fn outages(estate: &Estate, plan: &Plan) -> Vec<Outage> {
    let direction = &plan.direction;
    let mut outages = Vec::new();
    for site in [&direction.from, &direction.to] {
        outages.push(Outage {
            name: format!("region {site}"),
            about: format!("nobody reaches {site}"),
            side: side(site, direction),
            does: Does::Fault(
                Fault::RegionDark(site.clone()),
                Fault::RegionReturns(site.clone()),
            ),
        });
    }
    let mut places: BTreeSet<(Place, String)> = plan
        .steps()
        .flat_map(|step| &step.calls)
        .map(|call| (call.place.clone(), call.service.to_string()))
        .collect();
    // What every run leans on: the store of journal and lock, and the administration of names and of access.
    places.insert((Place::Site(direction.to.clone()), "s3".to_owned()));
    for service in ["route53", "iam"] {
        places.insert((Place::GlobalControl, service.to_owned()));
    }
    places.insert((Place::Global, "ci".to_owned()));
    for site in [&direction.from, &direction.to] {
        outages.extend(services(&places, &Place::Site(site.clone()), direction));
        outages.extend(state_buckets(estate, site, direction));
    }
    outages.extend(services(&places, &Place::GlobalControl, direction));
    outages.extend(services(&places, &Place::Global, direction));
    outages.push(Outage {
        name: "operator's machine".to_owned(),
        about: "it dies in the middle of the run; somebody else takes over".to_owned(),
        side: Side::Shared,
        does: Does::OperatorDies,
    });
    outages
}

fn side(site: &SiteId, direction: &Direction) -> Side {
    if *site == direction.from {
        Side::Left
    } else {
        Side::Taken
    }
}

/// The services that are called at a place.
fn services(
    places: &BTreeSet<(Place, String)>,
    place: &Place,
    direction: &Direction,
) -> Vec<Outage> {
    places
        .iter()
        .filter(|(at, _)| at == place)
        .map(|(place, service)| {
            let (name, side) = match place {
                Place::Site(site) => (format!("{service}@{site}"), side(site, direction)),
                Place::GlobalControl => (format!("{service} control plane"), Side::Shared),
                Place::Global if service == "dns" => (service.clone(), Side::Clients),
                Place::Global => (service.clone(), Side::Shared),
            };
            let (service, place) = (service.clone(), place.clone());
            Outage {
                name,
                about: about(&service).to_owned(),
                side,
                does: Does::Fault(
                    Fault::ServiceDown {
                        service: service.clone(),
                        place: place.clone(),
                    },
                    Fault::ServiceUp { service, place },
                ),
            }
        })
        .collect()
}

/// The buckets in which stacks keep their state, each as it stands at a site.
fn state_buckets(estate: &Estate, site: &SiteId, direction: &Direction) -> Vec<Outage> {
    let buckets: BTreeSet<&ComponentId> = estate
        .of_kind(Kind::Infrastructure)
        .filter_map(|component| match &component.settings {
            Settings::Infrastructure(stack) => stack.state.as_ref(),
            _ => None,
        })
        .collect();
    buckets
        .into_iter()
        .map(|bucket| {
            let (component, site) = (bucket.clone(), site.clone());
            Outage {
                name: format!("state bucket@{site}"),
                about: format!("{bucket}: the state of the stack cannot be read"),
                side: side(&site, direction),
                does: Does::Fault(
                    Fault::ComponentDown {
                        component: component.clone(),
                        site: site.clone(),
                    },
                    Fault::ComponentUp { component, site },
                ),
            }
        })
        .collect()
}

/// What a service is, where its prefix does not say it.
fn about(service: &str) -> &'static str {
    match service {
        "autoscaling" => "groups of servers cannot be read or resized",
        "ci" => "pipelines do not run",
        "cloudwatch" => "metrics cannot be read, the lag among them",
        "dns" => "names are not resolved for operators",
        "ec2" => "instances, networks and their rules cannot be read or changed",
        "eks" => "the cluster cannot be read or changed",
        "elasticloadbalancing" => "the health of targets cannot be read",
        "exec" => "the estate's own commands cannot be run",
        "git" => "the Git server does not answer",
        "grafana" => "dashboards do not answer",
        "http" => "what clients experience is not seen from outside",
        "iam" => "roles and policies cannot be changed; those that there are work",
        "notify" => "messages to people do not arrive",
        "prometheus" => "monitoring does not answer",
        "rds" => "databases cannot be read, fenced or promoted",
        "route53" => "records cannot be edited; names are resolved",
        "s3" => "objects cannot be read or written: journal, lock and switches among them",
        "secretsmanager" => "secrets cannot be read",
        "ssm" => "parameters cannot be read or written",
        "write-lease" => "the write lease cannot be read, revoked or granted",
        _ => "the service does not answer operators",
    }
}
