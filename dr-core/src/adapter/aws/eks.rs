//! A fleet as a managed node group of Amazon EKS.
//!
//! EKS counts no nodes. It tells whether the group is active and which issues it found; its nodes are instances of Auto
//! Scaling groups that it made, and those count the ones that are in service. Both are asked, and what both vouch for counts.
//! What no API of AWS tells is whether an instance has joined the cluster: EKS itself raises `NodeCreationFailure` only minutes
//! later. EC2's own status checks are not asked: Auto Scaling goes by them (EC2 Auto Scaling user guide,
//! "ec2-auto-scaling-health-checks"), and of a new instance they are passed minutes after it works.

use async_trait::async_trait;
use aws_sdk_autoscaling::types::{Instance, LifecycleState};
use aws_sdk_eks::types::{Nodegroup, NodegroupScalingConfig, NodegroupStatus};

use super::AwsSite;
use crate::adapter::Here;
use crate::model::{ComputeState, EksBinding};
use crate::port::{Compute, ErrorClass, Permit, PortError, PortResult};

/// A managed node group.
pub struct NodeGroup {
    here: Here,
    aws: AwsSite,
    eks: aws_sdk_eks::Client,
    scaling: aws_sdk_autoscaling::Client,
    binding: EksBinding,
}

impl NodeGroup {
    /// The node group.
    pub fn new(here: Here, aws: AwsSite, binding: EksBinding) -> Self {
        Self {
            eks: aws_sdk_eks::Client::new(aws.regional()),
            scaling: aws_sdk_autoscaling::Client::new(aws.regional()),
            here,
            aws,
            binding,
        }
    }

    fn at(&self, error: PortError) -> PortError {
        PortError {
            place: self.here.to_string(),
            ..error
        }
    }

    async fn group(&self) -> PortResult<Nodegroup> {
        const OPERATION: &str = "eks:DescribeNodegroup";
        let answer = self
            .aws
            .read(OPERATION, || {
                self.eks
                    .describe_nodegroup()
                    .cluster_name(&self.binding.cluster)
                    .nodegroup_name(&self.binding.node_group)
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        answer.nodegroup.ok_or_else(|| {
            self.here
                .error(ErrorClass::NotFound, OPERATION, "the answer is empty")
        })
    }

    /// The instances of the Auto Scaling groups behind a node group.
    async fn instances(&self, group: &Nodegroup) -> PortResult<Vec<Instance>> {
        let behind = group.resources().map(|made| made.auto_scaling_groups());
        let names: Vec<String> = behind
            .unwrap_or_default()
            .iter()
            .filter_map(|group| group.name().map(str::to_owned))
            .collect();
        if names.is_empty() {
            // Without a name every group of the region would be told.
            return Ok(Vec::new());
        }
        let answer = self
            .aws
            .read("autoscaling:DescribeAutoScalingGroups", || {
                self.scaling
                    .describe_auto_scaling_groups()
                    .set_auto_scaling_group_names(Some(names.clone()))
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        let groups = answer.auto_scaling_groups.unwrap_or_default();
        let instances = groups.into_iter().filter_map(|group| group.instances);
        Ok(instances.flatten().collect())
    }
}

#[async_trait]
impl Compute for NodeGroup {
    async fn observe(&self) -> PortResult<ComputeState> {
        let group = self.group().await?;
        // Where EKS vouches for none, there is nothing to count.
        let instances = if vouched_for(&group) == 0 {
            Vec::new()
        } else {
            self.instances(&group).await?
        };
        Ok(state(&group, &instances))
    }

    async fn scale(&self, count: u32, permit: &Permit) -> PortResult<()> {
        const OPERATION: &str = "eks:UpdateNodegroupConfig";
        let group = self.group().await?;
        let now = group.scaling_config();
        let wanted = i32::try_from(count).unwrap_or(i32::MAX);
        let max = now.and_then(|sizes| sizes.max_size()).unwrap_or_default();
        if wanted > max {
            let message = format!("{count} nodes are more than the group's maximum, {max}");
            return Err(self.here.error(ErrorClass::Conflict, OPERATION, message));
        }
        if now.and_then(|sizes| sizes.desired_size()) == Some(wanted) {
            return Ok(());
        }
        let min = now.and_then(|sizes| sizes.min_size()).unwrap_or_default();
        let sizes = NodegroupScalingConfig::builder()
            .desired_size(wanted)
            .min_size(min.min(wanted))
            .max_size(max)
            .build();
        self.aws
            .change(OPERATION, permit, || {
                self.eks
                    .update_nodegroup_config()
                    .cluster_name(&self.binding.cluster)
                    .nodegroup_name(&self.binding.node_group)
                    .scaling_config(sizes.clone())
                    .client_request_token(format!("{}-{count}", permit.token))
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        Ok(())
    }
}

fn size(size: Option<i32>) -> u32 {
    size.and_then(|size| u32::try_from(size).ok()).unwrap_or(0)
}

/// How many nodes EKS vouches for: all that are wanted of a group that is active and has no health issue, none of another
/// (EKS API reference, `NodegroupHealth`).
fn vouched_for(group: &Nodegroup) -> u32 {
    let is_active = group.status() == Some(&NodegroupStatus::Active);
    let is_sound = group
        .health()
        .is_none_or(|health| health.issues().is_empty());
    if is_active && is_sound {
        size(
            group
                .scaling_config()
                .and_then(|sizes| sizes.desired_size()),
        )
    } else {
        0
    }
}

/// What the answers say.
fn state(group: &Nodegroup, instances: &[Instance]) -> ComputeState {
    let in_service = instances.iter().filter(|instance| {
        instance.lifecycle_state() == Some(&LifecycleState::InService)
            && instance.health_status() == Some("Healthy")
    });
    let in_service = u32::try_from(in_service.count()).unwrap_or(u32::MAX);
    let healthy = vouched_for(group).min(in_service);
    let sizes = group.scaling_config();
    ComputeState {
        desired: size(sizes.and_then(|sizes| sizes.desired_size())),
        running: healthy,
        healthy,
        limit: size(sizes.and_then(|sizes| sizes.max_size())),
        unproven: None,
    }
}

#[cfg(test)]
mod tests;
