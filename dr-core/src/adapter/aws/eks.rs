//! A fleet as a managed node group of Amazon EKS.

use async_trait::async_trait;
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
    binding: EksBinding,
}

impl NodeGroup {
    /// The node group.
    pub fn new(here: Here, aws: AwsSite, binding: EksBinding) -> Self {
        Self {
            eks: aws_sdk_eks::Client::new(aws.regional()),
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
}

#[async_trait]
impl Compute for NodeGroup {
    async fn observe(&self) -> PortResult<ComputeState> {
        Ok(state(&self.group().await?))
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

/// What the answer says. EKS tells of a group that is active and has no health issue that its nodes have joined and are
/// ready (EKS API reference, `NodegroupHealth`): there is no count of its own, so all or none are healthy.
fn state(group: &Nodegroup) -> ComputeState {
    let size = |size: Option<i32>| size.and_then(|size| u32::try_from(size).ok()).unwrap_or(0);
    let sizes = group.scaling_config();
    let desired = size(sizes.and_then(|sizes| sizes.desired_size()));
    let is_active = group.status() == Some(&NodegroupStatus::Active);
    let is_sound = group
        .health()
        .is_none_or(|health| health.issues().is_empty());
    let healthy = if is_active && is_sound { desired } else { 0 };
    ComputeState {
        desired,
        running: healthy,
        healthy,
        limit: size(sizes.and_then(|sizes| sizes.max_size())),
        unproven: None,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_eks::types::{Issue, NodegroupHealth};

    use super::*;

    fn group(status: NodegroupStatus, issues: usize) -> Nodegroup {
        let sizes = NodegroupScalingConfig::builder()
            .desired_size(2)
            .min_size(0)
            .max_size(4)
            .build();
        let mut health = NodegroupHealth::builder();
        for _ in 0..issues {
            health = health.issues(Issue::builder().message("NodeCreationFailure").build());
        }
        Nodegroup::builder()
            .status(status)
            .scaling_config(sizes)
            .health(health.build())
            .build()
    }

    #[test]
    fn nodes_count_as_healthy_only_in_an_active_group_without_an_issue() {
        let seen = state(&group(NodegroupStatus::Active, 0));
        assert_eq!((seen.desired, seen.healthy, seen.limit), (2, 2, 4));
        assert_eq!(state(&group(NodegroupStatus::Active, 1)).healthy, 0);
        assert_eq!(state(&group(NodegroupStatus::Updating, 0)).healthy, 0);
    }
}
