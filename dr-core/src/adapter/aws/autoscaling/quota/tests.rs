use aws_sdk_ec2::types::{InstanceLifecycleType, Placement};
use proptest::prelude::*;

use std::sync::Arc;

use super::*;
use crate::adapter::aws::memory::{Answer, Memory, wait};
use crate::adapter::local::SystemClock;
use crate::config::{self, builtin};

fn instance(size: &str) -> aws_sdk_ec2::types::builders::InstanceBuilder {
    Instance::builder().instance_type(InstanceType::from(size))
}

#[test]
fn only_on_demand_instances_of_the_standard_families_use_the_quota() {
    for size in [
        "t3.micro",
        "m5.large",
        "im4gn.large",
        "is4gen.medium",
        "r7g.xlarge",
        "z1d.large",
    ] {
        assert!(counts(&instance(size).build()), "{size}");
    }
    for size in [
        "g4dn.xlarge",
        "inf1.xlarge",
        "trn1.2xlarge",
        "p5.48xlarge",
        "dl1.24xlarge",
        "mac1.metal",
        "u-6tb1.metal",
        "hpc7a.12xlarge",
        "x2idn.large",
    ] {
        assert!(!counts(&instance(size).build()), "{size}");
    }
    let spot = instance("t3.micro").instance_lifecycle(InstanceLifecycleType::Spot);
    assert!(!counts(&spot.build()));
    let host = Placement::builder().tenancy(Tenancy::Host).build();
    assert!(!counts(&instance("t3.micro").placement(host).build()));
}

#[test]
fn the_members_that_run_and_those_that_still_fit_are_the_most() {
    assert_eq!(most(32.0, 10, 2, 1), 12);
    assert_eq!(most(32.0, 31, 2, 3), 3);
    assert_eq!(
        most(5.0, 9, 2, 2),
        2,
        "a quota that was lowered ends nothing"
    );
    assert_eq!(most(0.0, 0, 2, 0), 0);
    assert_eq!(most(f64::NAN, 0, 2, 0), 0);
    assert_eq!(most(f64::INFINITY, 0, 2, 1), 1);
}

fn running(id: &str, size: &str, more: &str) -> String {
    format!(
        "<item><instancesSet><item><instanceId>{id}</instanceId><instanceType>{size}</instanceType>{more}</item></instancesSet></item>"
    )
}

/// An account with a quota of 16 vCPUs, of which four are in use.
fn account(quota: Answer) -> Memory {
    let spot = "<instanceLifecycle>spot</instanceLifecycle>";
    let instances = running("i-1", "t3.micro", "")
        + &running("i-2", "t3.small", "")
        + &running("i-3", "t3.micro", spot)
        + &running("i-4", "g4dn.xlarge", "");
    let size = |name: &str| {
        format!(
            "<item><instanceType>{name}</instanceType><vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo></item>"
        )
    };
    let sizes = size("t3.micro") + &size("t3.small");
    Memory::new(move |request| {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        if body.contains("Action=DescribeInstanceTypes") {
            let text = format!(
                "<DescribeInstanceTypesResponse><instanceTypeSet>{sizes}</instanceTypeSet></DescribeInstanceTypesResponse>"
            );
            Answer::new(200, &text)
        } else if body.contains("Action=DescribeInstances") {
            let text = format!(
                "<DescribeInstancesResponse><reservationSet>{instances}</reservationSet></DescribeInstancesResponse>"
            );
            Answer::new(200, &text)
        } else {
            quota.clone()
        }
    })
}

/// What is told of a fleet of `size`, twice, and how many calls that took.
fn told(network: &Memory, size: &str) -> (Most, Most, usize) {
    let estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
    let aws = AwsSite::over(&estate.sites[1], network.config(), Arc::new(SystemClock));
    let quota = VcpuQuota::new(&aws);
    let members = BTreeSet::from(["i-1".to_owned()]);
    let first = wait(quota.most(&aws, size, &members));
    let again = wait(quota.most(&aws, size, &members));
    (first, again, network.calls())
}

#[test]
fn the_account_is_asked_once_a_minute_and_what_runs_is_counted() {
    let network = account(Answer::new(200, "{\"Quota\":{\"Value\":16.0}}"));
    // Twelve vCPUs are left: six members beside the one that runs.
    assert_eq!(told(&network, "t3.micro"), (Ok(7), Ok(7), 3));
}

#[test]
fn a_quota_that_is_not_told_is_unknown_and_not_taken_for_enough() {
    let denied = "{\"__type\":\"AccessDeniedException\",\"Message\":\"not allowed\"}";
    let network = account(Answer::new(400, denied));
    let (first, _, calls) = told(&network, "t3.micro");
    let why = first.unwrap_err();
    assert!(
        why.contains("L-1216C47A") && why.contains("denied"),
        "{why}"
    );
    assert_eq!(calls, 1, "what was refused is not asked again at once");
    let network = account(Answer::new(200, "{\"Quota\":{}}"));
    assert!(told(&network, "t3.micro").0.is_err());
}

#[test]
fn a_family_with_a_quota_of_its_own_is_unknown_without_a_call() {
    let network = account(Answer::new(200, "{\"Quota\":{\"Value\":16.0}}"));
    let (first, _, calls) = told(&network, "g4dn.xlarge");
    assert!(first.unwrap_err().contains("g4dn.xlarge"));
    assert_eq!(calls, 0);
}

proptest! {
    #[test]
    fn as_many_as_are_allowed_fit_and_one_more_does_not(
        quota in 0_u32..10_000,
        used_by_others in 0_u64..10_000,
        each in 1_u64..200,
        held in 0_usize..50,
    ) {
        let used = used_by_others + held as u64 * each;
        let most = u64::from(most(f64::from(quota), used, each, held));
        let fits = |members: u64| used_by_others + members * each <= u64::from(quota);
        prop_assert!(most >= held as u64);
        prop_assert!(most == held as u64 || fits(most));
        prop_assert!(!fits(most + 1));
    }

    #[test]
    fn whatever_a_service_tells_the_members_that_run_are_among_the_most(
        quota in any::<f64>(),
        used in any::<u64>(),
        each in any::<u64>(),
        held in 0_usize..1_000_000,
    ) {
        prop_assert!(most(quota, used, each, held) as usize >= held);
    }
}
