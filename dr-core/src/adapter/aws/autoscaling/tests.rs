use aws_sdk_autoscaling::types::{Instance, LifecycleState, SuspendedProcess};
use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetHealth};

use std::sync::Arc;

use super::*;
use crate::adapter::aws::memory::{Answer, Memory, wait};
use crate::adapter::local::SystemClock;
use crate::config::{self, builtin};

fn group(desired: i32, members: &[&str], suspended: &[&str]) -> AutoScalingGroup {
    let mut group = AutoScalingGroup::builder()
        .auto_scaling_group_name("app")
        .min_size(desired)
        .desired_capacity(desired)
        .max_size(6);
    for id in members {
        group = group.instances(
            Instance::builder()
                .instance_id(*id)
                .availability_zone("us-west-1a")
                .lifecycle_state(LifecycleState::InService)
                .health_status("Healthy")
                .protected_from_scale_in(false)
                .build(),
        );
    }
    for process in suspended {
        group =
            group.suspended_processes(SuspendedProcess::builder().process_name(*process).build());
    }
    group.build()
}

fn target(id: &str, state: TargetHealthStateEnum) -> TargetHealthDescription {
    TargetHealthDescription::builder()
        .target(TargetDescription::builder().id(id).build())
        .target_health(TargetHealth::builder().state(state).build())
        .build()
}

#[test]
fn only_a_member_that_its_balancer_finds_healthy_is_healthy() {
    use TargetHealthStateEnum::{Healthy, Initial};
    let group = group(3, &["i-1", "i-2", "i-3"], &[]);
    let targets = [
        target("i-1", Healthy),
        target("i-2", Initial),
        target("i-9", Healthy),
    ];
    let seen = state(&group, Some(&targets), 10);
    assert_eq!((seen.desired, seen.running, seen.healthy), (3, 3, 1));
}

#[test]
fn the_limit_is_what_the_group_and_the_free_addresses_allow() {
    assert_eq!(state(&group(1, &["i-1"], &[]), None, 2).limit, 3);
    assert_eq!(state(&group(1, &["i-1"], &[]), None, 200).limit, 6);
}

#[test]
fn the_quota_bounds_a_fleet_further_and_where_it_is_not_known_that_is_told() {
    let seen = || state(&group(1, &["i-1"], &[]), None, 200);
    assert_eq!(bounded(seen(), Ok(2)).limit, 2);
    assert_eq!(bounded(seen(), Ok(2)).unproven, None);
    assert_eq!(bounded(seen(), Ok(99)).limit, 6);
    let denied = bounded(seen(), Err("denied".to_owned()));
    assert_eq!(
        (denied.limit, denied.unproven.as_deref()),
        (6, Some("denied"))
    );
}

#[test]
fn a_group_at_nothing_that_may_start_members_is_not_empty() {
    assert_eq!(state(&group(0, &[], &[]), None, 9).desired, 1);
    assert_eq!(state(&group(0, &[], &STARTING[1..]), None, 9).desired, 1);
    assert_eq!(state(&group(0, &[], &STARTING), None, 9).desired, 0);
}

const GROUP: &str = "<AutoScalingGroups><member><AutoScalingGroupName>app</AutoScalingGroupName>\
    <MinSize>1</MinSize><DesiredCapacity>1</DesiredCapacity><MaxSize>6</MaxSize>\
    <VPCZoneIdentifier>subnet-a</VPCZoneIdentifier></member></AutoScalingGroups>";

/// The fleet in an account whose EC2 answers with `ec2` only.
fn fleet(ec2: Answer) -> AutoscalingFleet {
    let estate = config::load_estate(builtin::storefront_estate()).unwrap();
    let network = Memory::new(move |request| {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let action = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="));
        match action.unwrap_or_default() {
            "DescribeAutoScalingGroups" => Answer::new(
                200,
                &format!(
                    "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult>{GROUP}\
                     </DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>"
                ),
            ),
            _ => ec2.clone(),
        }
    });
    let clock = Arc::new(SystemClock);
    let here = Here {
        estate: estate.name.clone(),
        component: estate.component(&"app".parse().unwrap()).unwrap().clone(),
        site: estate.sites[1].clone(),
        peer: estate.sites[0].clone(),
        clock: clock.clone(),
    };
    let aws = AwsSite::over(&estate.sites[1], network.config(), clock);
    let binding = AutoscalingBinding {
        group: "app".to_owned(),
    };
    AutoscalingFleet::new(here, aws, binding, None)
}

#[test]
fn a_fleet_is_read_also_where_ec2_tells_nothing_of_its_room() {
    let down = Answer::new(
        503,
        "<Response><Errors><Error><Code>Unavailable</Code></Error></Errors></Response>",
    );
    let state = wait(fleet(down).observe()).unwrap();
    assert_eq!((state.desired, state.limit), (1, 6));
    let why = state.unproven.unwrap();
    assert!(why.starts_with("ec2:DescribeSubnets"), "{why}");
}

#[test]
fn all_that_is_not_known_of_a_fleets_room_is_told() {
    let seen = ComputeState {
        unproven: Some("no subnets".to_owned()),
        ..state(&group(1, &["i-1"], &[]), None, u32::MAX)
    };
    let told = bounded(seen, Err("no quota".to_owned())).unproven;
    assert_eq!(told.as_deref(), Some("no subnets; no quota"));
}
