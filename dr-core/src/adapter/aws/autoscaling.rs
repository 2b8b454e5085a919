//! A fleet as an EC2 Auto Scaling group.

mod quota;

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_autoscaling::types::AutoScalingGroup;
use aws_sdk_elasticloadbalancingv2::types::{TargetHealthDescription, TargetHealthStateEnum};

use self::quota::VcpuQuota;
use super::AwsSite;
use crate::adapter::Here;
use crate::model::{AlbBinding, AutoscalingBinding, ComputeState, Settings};
use crate::port::{Compute, ErrorClass, Permit, PortError, PortResult};

/// The processes that start members. Suspended, a group at nothing stays at nothing: no schedule, alarm or repair brings one
/// back (EC2 Auto Scaling user guide, "as-suspend-resume-processes").
const STARTING: [&str; 5] = [
    "AZRebalance",
    "AlarmNotification",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
];

/// The Auto Scaling group of a fleet.
pub struct AutoscalingFleet {
    here: Here,
    aws: AwsSite,
    groups: aws_sdk_autoscaling::Client,
    balancers: aws_sdk_elasticloadbalancingv2::Client,
    subnets: aws_sdk_ec2::Client,
    binding: AutoscalingBinding,
    balancer: Option<AlbBinding>,
    quota: VcpuQuota,
}

impl AutoscalingFleet {
    /// The fleet, with the balancer that knows which members answer.
    pub fn new(
        here: Here,
        aws: AwsSite,
        binding: AutoscalingBinding,
        balancer: Option<AlbBinding>,
    ) -> Self {
        Self {
            groups: aws_sdk_autoscaling::Client::new(aws.regional()),
            balancers: aws_sdk_elasticloadbalancingv2::Client::new(aws.regional()),
            subnets: aws_sdk_ec2::Client::new(aws.regional()),
            quota: VcpuQuota::new(&aws),
            here,
            aws,
            binding,
            balancer,
        }
    }

    async fn group(&self) -> PortResult<AutoScalingGroup> {
        const OPERATION: &str = "autoscaling:DescribeAutoScalingGroups";
        let name = &self.binding.group;
        let answer = self
            .aws
            .read(OPERATION, || {
                self.groups
                    .describe_auto_scaling_groups()
                    .auto_scaling_group_names(name)
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        let group = answer.auto_scaling_groups().first().cloned();
        group.ok_or_else(|| {
            let message = format!("there is no Auto Scaling group {name}");
            self.here.error(ErrorClass::NotFound, OPERATION, message)
        })
    }

    async fn health(&self) -> PortResult<Option<Vec<TargetHealthDescription>>> {
        let Some(balancer) = &self.balancer else {
            return Ok(None);
        };
        let answer = self
            .aws
            .read("elasticloadbalancing:DescribeTargetHealth", || {
                self.balancers
                    .describe_target_health()
                    .target_group_arn(&balancer.target_group)
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        Ok(Some(answer.target_health_descriptions().to_vec()))
    }

    /// Addresses that are free in the group's subnets: each member needs one.
    async fn free_addresses(&self, group: &AutoScalingGroup) -> PortResult<u32> {
        let subnets: Vec<String> = group
            .vpc_zone_identifier()
            .unwrap_or_default()
            .split(',')
            .filter(|id| !id.is_empty())
            .map(|id| id.trim().to_owned())
            .collect();
        if subnets.is_empty() {
            return Ok(u32::MAX);
        }
        let answer = self
            .aws
            .read("ec2:DescribeSubnets", || {
                self.subnets
                    .describe_subnets()
                    .set_subnet_ids(Some(subnets.clone()))
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        let free = answer
            .subnets()
            .iter()
            .filter_map(|subnet| u32::try_from(subnet.available_ip_address_count()?).ok());
        Ok(free.fold(0, u32::saturating_add))
    }

    /// The most members that the quota of vCPUs allows, or why that is not known.
    async fn most(&self, group: &AutoScalingGroup) -> Result<u32, String> {
        let Settings::Compute(fleet) = &self.here.component.settings else {
            return Err("the estate names no instance type".to_owned());
        };
        let ids = group
            .instances()
            .iter()
            .filter_map(|member| member.instance_id());
        let members = ids.map(str::to_owned).collect();
        self.quota.most(&self.aws, &fleet.size, &members).await
    }

    /// The same error, told with the component that it is about.
    fn at(&self, error: PortError) -> PortError {
        PortError {
            place: self.here.to_string(),
            ..error
        }
    }

    async fn suspend(&self, permit: &Permit) -> PortResult<()> {
        let processes: Vec<String> = STARTING.map(str::to_owned).to_vec();
        self.aws
            .change("autoscaling:SuspendProcesses", permit, || {
                self.groups
                    .suspend_processes()
                    .auto_scaling_group_name(&self.binding.group)
                    .set_scaling_processes(Some(processes.clone()))
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        Ok(())
    }

    async fn resume(&self, permit: &Permit) -> PortResult<()> {
        let processes: Vec<String> = STARTING.map(str::to_owned).to_vec();
        self.aws
            .change("autoscaling:ResumeProcesses", permit, || {
                self.groups
                    .resume_processes()
                    .auto_scaling_group_name(&self.binding.group)
                    .set_scaling_processes(Some(processes.clone()))
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        Ok(())
    }

    async fn resize(&self, count: i32, max: i32, permit: &Permit) -> PortResult<()> {
        self.aws
            .change("autoscaling:UpdateAutoScalingGroup", permit, || {
                self.groups
                    .update_auto_scaling_group()
                    .auto_scaling_group_name(&self.binding.group)
                    .min_size(count)
                    .desired_capacity(count)
                    .max_size(max)
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        Ok(())
    }
}

#[async_trait]
impl Compute for AutoscalingFleet {
    async fn observe(&self) -> PortResult<ComputeState> {
        let group = self.group().await?;
        let health = self.health().await?;
        let (free, unread) = match self.free_addresses(&group).await {
            Ok(free) => (free, None),
            Err(error) => (u32::MAX, Some(error)),
        };
        let state = ComputeState {
            unproven: unread.as_ref().map(PortError::to_string),
            ..state(&group, health.as_deref(), free)
        };
        // Where there is no room for another member anyway, nothing hangs on the quota. Its use is read from EC2, too.
        let is_silent = unread.is_some_and(|error| error.class.is_retryable());
        if state.limit <= state.running || is_silent {
            return Ok(state);
        }
        let most = self.most(&group).await;
        Ok(bounded(state, most))
    }

    async fn scale(&self, count: u32, permit: &Permit) -> PortResult<()> {
        let group = self.group().await?;
        let wanted = i32::try_from(count).unwrap_or(i32::MAX);
        let max = group.max_size().unwrap_or_default();
        if wanted > max {
            let message = format!("{count} members are more than the group's maximum, {max}");
            let operation = "autoscaling:UpdateAutoScalingGroup";
            return Err(self.here.error(ErrorClass::Conflict, operation, message));
        }
        let is_stopped = is_suspended(&group);
        if wanted == 0 && !is_stopped {
            self.suspend(permit).await?;
        }
        if wanted > 0 && is_stopped {
            self.resume(permit).await?;
        }
        let is_so = group.desired_capacity() == Some(wanted) && group.min_size() == Some(wanted);
        if !is_so {
            self.resize(wanted, max, permit).await?;
        }
        Ok(())
    }
}

/// Whether every process that starts members is suspended.
fn is_suspended(group: &AutoScalingGroup) -> bool {
    let suspended: BTreeSet<&str> = group
        .suspended_processes()
        .iter()
        .filter_map(|process| process.process_name())
        .collect();
    STARTING.iter().all(|process| suspended.contains(process))
}

/// What the answers say. `free` is how many addresses more members can have.
///
/// A group at nothing whose processes still run is told as one that wants a member: something may start one at any time.
fn state(
    group: &AutoScalingGroup,
    health: Option<&[TargetHealthDescription]>,
    free: u32,
) -> ComputeState {
    let members: Vec<&str> = group
        .instances()
        .iter()
        .filter(|member| {
            member
                .lifecycle_state()
                .is_some_and(|state| state.as_str() == "InService")
        })
        .filter_map(|member| member.instance_id())
        .collect();
    let running = count(members.len());
    let healthy = match health {
        Some(targets) => targets
            .iter()
            .filter(|target| is_healthy(target, &members))
            .count(),
        None => group
            .instances()
            .iter()
            .filter(|member| member.health_status() == Some("Healthy"))
            .count(),
    };
    let desired = unsigned(group.desired_capacity());
    let desired = if desired == 0 && !is_suspended(group) {
        1
    } else {
        desired
    };
    ComputeState {
        desired,
        running,
        healthy: count(healthy),
        limit: unsigned(group.max_size()).min(running.saturating_add(free)),
        unproven: None,
    }
}

/// The state with what the quota allows. What is not known of it is told and bounds nothing: the group may well have room.
fn bounded(state: ComputeState, most: Result<u32, String>) -> ComputeState {
    match most {
        Ok(most) => ComputeState {
            limit: state.limit.min(most),
            ..state
        },
        Err(why) => ComputeState {
            unproven: Some(match state.unproven {
                Some(before) => format!("{before}; {why}"),
                None => why,
            }),
            ..state
        },
    }
}

fn is_healthy(target: &TargetHealthDescription, members: &[&str]) -> bool {
    let is_member = target
        .target()
        .and_then(|target| target.id())
        .is_some_and(|id| members.contains(&id));
    let state = target.target_health().and_then(|health| health.state());
    is_member && state == Some(&TargetHealthStateEnum::Healthy)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn unsigned(number: Option<i32>) -> u32 {
    number
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
