//! The calls of a stack, by who applies it.

use super::{administer, create, describe, read, write};
use crate::port::{ApiCall, Operation};

/// A Terraform stack with its state and its lock file in S3 (Terraform, S3 backend, `use_lockfile`).
///
/// The reads are one of each service that a refresh needs, so that a plan stays readable; [`REFRESH`] has all of them. An
/// apply for another role changes the sizes of fleets and the settings of an instance that follow from its role.
pub(super) fn terraform(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => {
            const {
                &[
                    read("s3", "GetObject"),
                    describe("ec2", "DescribeVpcs"),
                    describe("ec2", "DescribeSubnets"),
                    describe("elasticloadbalancing", "DescribeLoadBalancers"),
                    describe("autoscaling", "DescribeAutoScalingGroups"),
                    describe("eks", "DescribeNodegroup"),
                    describe("rds", "DescribeDBInstances"),
                ]
            }
        }
        Operation::Apply => {
            const {
                &[
                    write("s3", "PutObject"),
                    write("s3", "DeleteObject"),
                    administer("autoscaling", "ResumeProcesses"),
                    create("autoscaling", "UpdateAutoScalingGroup"),
                    create("eks", "UpdateNodegroupConfig"),
                    administer("rds", "ModifyDBInstance"),
                ]
            }
        }
        Operation::Adopt => const { &[write("s3", "PutObject"), write("s3", "DeleteObject")] },
        _ => &[],
    }
}

/// A Terraform stack that a GitHub Actions workflow applies (GitHub, "REST API endpoints for workflows", "for workflow runs", "for
/// workflow jobs"). It is planned from here, under the state's lock; what an apply calls is called by the pipeline, in its own
/// name. To begin a run is a creation: it makes what the plan makes.
pub(super) fn github_actions(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Apply => {
            const {
                &[
                    write("s3", "PutObject"),
                    write("s3", "DeleteObject"),
                    describe("github", "ListWorkflowRuns"),
                    create("github", "CreateWorkflowDispatch"),
                    describe("github", "GetWorkflowRun"),
                    describe("github", "ListJobsForWorkflowRun"),
                    administer("github", "CancelWorkflowRun"),
                ]
            }
        }
        _ => terraform(operation),
    }
}

/// A Terraform stack that a command of the estate's own applies. It is planned from here, under the state's lock; what the
/// command calls is its own affair.
pub(super) fn command(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Apply => {
            const {
                &[
                    write("s3", "PutObject"),
                    write("s3", "DeleteObject"),
                    create("exec", "Run"),
                ]
            }
        }
        _ => terraform(operation),
    }
}

/// Everything that a refresh and an apply of the shipped stacks read (`terraform/modules/site`, AWS provider 5.100), for the
/// access policy: the laboratory compares them with what was called. A stack of your own may read more.
pub const REFRESH: [ApiCall; 51] = [
    read("s3", "GetObject"),
    read("s3", "ListBucket"),
    describe("autoscaling", "DescribeAutoScalingGroups"),
    describe("cloudwatch", "DescribeAlarms"),
    describe("cloudwatch", "ListTagsForResource"),
    describe("ec2", "DescribeAddresses"),
    describe("ec2", "DescribeAddressesAttribute"),
    describe("ec2", "DescribeAvailabilityZones"),
    describe("ec2", "DescribeImages"),
    describe("ec2", "DescribeInstanceAttribute"),
    describe("ec2", "DescribeInstanceCreditSpecifications"),
    describe("ec2", "DescribeInstanceStatus"),
    describe("ec2", "DescribeInstanceTypes"),
    describe("ec2", "DescribeInstances"),
    describe("ec2", "DescribeInternetGateways"),
    describe("ec2", "DescribeLaunchTemplateVersions"),
    describe("ec2", "DescribeLaunchTemplates"),
    describe("ec2", "DescribeNatGateways"),
    describe("ec2", "DescribeNetworkAcls"),
    describe("ec2", "DescribeRouteTables"),
    describe("ec2", "DescribeSecurityGroupRules"),
    describe("ec2", "DescribeSecurityGroups"),
    describe("ec2", "DescribeSubnets"),
    describe("ec2", "DescribeTags"),
    describe("ec2", "DescribeVolumes"),
    describe("ec2", "DescribeVpcAttribute"),
    describe("ec2", "DescribeVpcs"),
    describe("ec2", "GetInstanceUefiData"),
    describe("eks", "DescribeCluster"),
    describe("eks", "DescribeNodegroup"),
    describe("elasticloadbalancing", "DescribeCapacityReservation"),
    describe("elasticloadbalancing", "DescribeListenerAttributes"),
    describe("elasticloadbalancing", "DescribeListeners"),
    describe("elasticloadbalancing", "DescribeLoadBalancerAttributes"),
    describe("elasticloadbalancing", "DescribeLoadBalancers"),
    describe("elasticloadbalancing", "DescribeTags"),
    describe("elasticloadbalancing", "DescribeTargetGroupAttributes"),
    describe("elasticloadbalancing", "DescribeTargetGroups"),
    describe("kms", "DescribeKey"),
    describe("kms", "GetKeyPolicy"),
    describe("kms", "GetKeyRotationStatus"),
    describe("kms", "ListAliases"),
    describe("kms", "ListResourceTags"),
    describe("rds", "DescribeDBInstances"),
    describe("rds", "DescribeDBParameterGroups"),
    describe("rds", "DescribeDBParameters"),
    describe("rds", "DescribeDBSubnetGroups"),
    describe("rds", "ListTagsForResource"),
    describe("ssm", "DescribeParameters"),
    describe("ssm", "GetParameter"),
    describe("ssm", "ListTagsForResource"),
];
