use std::sync::Arc;

use aws_sdk_eks::types::{Issue, NodegroupHealth};

use super::*;
use crate::adapter::aws::memory::{Answer, Memory, wait};
use crate::adapter::local::SystemClock;
use crate::config::{self, builtin};

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

fn instances(states: &[(LifecycleState, &str)]) -> Vec<Instance> {
    let instance = |(state, health): &(LifecycleState, &str)| {
        Instance::builder()
            .instance_id("i-1")
            .availability_zone("us-west-1a")
            .lifecycle_state(state.clone())
            .health_status(*health)
            .protected_from_scale_in(false)
            .build()
    };
    states.iter().map(instance).collect()
}

const GOOD: (LifecycleState, &str) = (LifecycleState::InService, "Healthy");

#[test]
fn nodes_count_as_healthy_only_in_an_active_group_without_an_issue() {
    let two = instances(&[GOOD, GOOD]);
    let seen = state(&group(NodegroupStatus::Active, 0), &two);
    assert_eq!((seen.desired, seen.healthy, seen.limit), (2, 2, 4));
    assert_eq!(state(&group(NodegroupStatus::Active, 1), &two).healthy, 0);
    assert_eq!(state(&group(NodegroupStatus::Updating, 0), &two).healthy, 0);
}

#[test]
fn only_nodes_that_auto_scaling_has_in_service_and_finds_healthy_count() {
    let active = group(NodegroupStatus::Active, 0);
    for (seen, healthy) in [
        (vec![], 0),
        (vec![GOOD], 1),
        (vec![GOOD, (LifecycleState::Pending, "Healthy")], 1),
        (vec![GOOD, (LifecycleState::InService, "Unhealthy")], 1),
        (vec![(LifecycleState::Terminating, "Healthy"); 2], 0),
        (vec![GOOD; 3], 2),
    ] {
        assert_eq!(
            state(&active, &instances(&seen)).healthy,
            healthy,
            "{seen:?}"
        );
    }
}

/// A region with a node group that wants `desired` nodes, in the Auto Scaling group `behind`.
fn region(desired: u32, behind: &'static str) -> Memory {
    Memory::new(move |request| {
        if request.uri().contains("/node-groups/") {
            let group = serde_json::json!({ "nodegroup": {
                "status": "ACTIVE",
                "scalingConfig": { "desiredSize": desired, "minSize": 0, "maxSize": 4 },
                "health": { "issues": [] },
                "resources": { "autoScalingGroups": [{ "name": "eks-1" }] },
            }});
            return Answer::new(200, &group.to_string());
        }
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        assert!(
            body.contains("AutoScalingGroupNames.member.1=eks-1"),
            "{body}"
        );
        Answer::new(
            200,
            &format!(
                "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups>{behind}\
                 </AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>"
            ),
        )
    })
}

fn told(network: &Memory) -> (ComputeState, usize) {
    let estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
    let clock = Arc::new(SystemClock);
    let here = Here {
        estate: estate.name.clone(),
        component: estate.components[&"cluster".parse().expect("a name")].clone(),
        site: estate.sites[1].clone(),
        peer: estate.sites[0].clone(),
        clock: clock.clone(),
    };
    let aws = AwsSite::over(&estate.sites[1], network.config(), clock);
    let binding = EksBinding {
        cluster: "storefront".to_owned(),
        node_group: "nodes".to_owned(),
    };
    let state = wait(NodeGroup::new(here, aws, binding).observe());
    (state.expect("it is read"), network.calls())
}

#[test]
fn the_auto_scaling_group_that_eks_made_is_asked_for_its_instances() {
    let one = "<member><AutoScalingGroupName>eks-1</AutoScalingGroupName><Instances>\
        <member><InstanceId>i-1</InstanceId><LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus></member>\
        <member><InstanceId>i-2</InstanceId><LifecycleState>Pending</LifecycleState><HealthStatus>Healthy</HealthStatus></member>\
        </Instances></member>";
    let (seen, _) = told(&region(2, one));
    assert_eq!((seen.desired, seen.healthy), (2, 1));
    let (seen, _) = told(&region(2, ""));
    assert_eq!(seen.healthy, 0, "the group is gone");
}

#[test]
fn of_an_empty_node_group_no_instance_is_asked_for() {
    let (seen, calls) = told(&region(0, ""));
    assert_eq!((seen.desired, seen.healthy, calls), (0, 0, 1));
}
