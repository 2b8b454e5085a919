//! The fleets of a site, and how large they are to be after a failover.

use super::facts::{Facts, number};
use crate::drift::Side;
use crate::model::{
    Binding, ComponentId, NODE_GROUP_TAG, Resource, ResourceKind as Kind, Settings,
};

/// A fleet of servers, or the nodes of a cluster.
pub(super) struct Fleet<'a> {
    /// Its component.
    pub(super) component: &'a ComponentId,
    /// The Auto Scaling group or the node group.
    pub(super) group: &'a Resource,
    /// The launch template of the group, where it has one that was seen.
    pub(super) template: Option<&'a Resource>,
    /// The instance types that it may start.
    pub(super) types: Vec<&'a str>,
    /// The subnets that it stands in.
    pub(super) subnets: Vec<&'a str>,
    /// How many members it has, or is to have by now.
    pub(super) members: u64,
    /// How many members it needs as a primary's fleet.
    pub(super) needed: u64,
}

impl Fleet<'_> {
    /// Members that a failover adds.
    pub(super) fn to_come(&self) -> u64 {
        self.needed.saturating_sub(self.members)
    }
}

/// The tag by which EKS says which cluster a node or its Auto Scaling group is of: names of node groups repeat from cluster to
/// cluster.
const CLUSTER: &str = "eks:cluster-name";

/// Whether a group made a machine.
pub(super) fn has_made(group: &Resource, machine: &Resource) -> bool {
    let is_managed = machine.tags.contains_key(NODE_GROUP_TAG);
    // A node group's id is that of its cluster, and its name.
    let (cluster, name) = match group.id.split_once('/') {
        Some((cluster, name)) if group.kind == Kind::EksNodeGroup => (Some(cluster), name),
        _ => (None, group.id.as_str()),
    };
    // Where it is not told which cluster, the name is all that there is.
    let of_cluster = machine.tags.get(CLUSTER).filter(|_| is_managed);
    machine.made_by() == Some(name)
        && is_managed == cluster.is_some()
        && of_cluster.is_none_or(|of| Some(of.as_str()) == cluster)
}

impl<'a> Facts<'a> {
    /// The fleets of a site whose group was seen.
    pub(super) fn fleets(&self, side: Side) -> Vec<Fleet<'a>> {
        let components = self.estate.components.values();
        let fleets = components.filter_map(|component| {
            let (Settings::Compute(fleet) | Settings::Kubernetes(fleet)) = &component.settings
            else {
                return None;
            };
            let group = self.group(side, &component.id)?;
            let template = self.template(side, group);
            let mut types = group.texts("instance-types");
            if types.is_empty() {
                types.extend(template.and_then(|template| template.text("instance-type")));
            }
            Some(Fleet {
                component: &component.id,
                group,
                template,
                types,
                subnets: group.texts("subnets"),
                members: number(group, "desired").unwrap_or_default(),
                needed: u64::from(fleet.capacity.count),
            })
        });
        fleets.collect()
    }

    /// The fleets of the estate whose group was not seen on a side.
    pub(super) fn fleets_unseen(&self, side: Side) -> Vec<&'a ComponentId> {
        let components = self.estate.components.values();
        components
            .filter(|component| {
                matches!(
                    component.settings,
                    Settings::Compute(_) | Settings::Kubernetes(_)
                )
            })
            .map(|component| &component.id)
            .filter(|component| self.group(side, component).is_none())
            .collect()
    }

    /// The group of a fleet: the bound one, else the only kind of group that belongs to the component.
    fn group(&self, side: Side, component: &'a ComponentId) -> Option<&'a Resource> {
        match self.estate.binding(component, self.site(side)) {
            Some(Binding::Ec2Autoscaling(bound)) => {
                self.find(side, Kind::AutoscalingGroup, &bound.group)
            }
            Some(Binding::Eks(bound)) => {
                let id = format!("{}/{}", bound.cluster, bound.node_group);
                self.find(side, Kind::EksNodeGroup, &id)
            }
            _ => [Kind::EksNodeGroup, Kind::AutoscalingGroup]
                .into_iter()
                .find_map(|kind| {
                    let mut groups = self.of_component(side, kind, component);
                    groups.find(|group| group.made_by().is_none())
                }),
        }
    }

    fn template(&self, side: Side, group: &Resource) -> Option<&'a Resource> {
        let id = group
            .attributes
            .get("launch-template")?
            .get("id")?
            .as_str()?;
        self.find(side, Kind::Ec2LaunchTemplate, id)
    }
}
