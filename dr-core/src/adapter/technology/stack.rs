//! The calls of a stack, by who applies it.

use super::{administer, create, describe, read, write};
use crate::port::{ApiCall, Operation};

/// A Terraform stack with its state and its lock file in S3 (Terraform, S3 backend, `use_lockfile`). The reads are those
/// that refreshing the stack's resources makes; an apply for another role changes the sizes of the fleets.
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
                    create("autoscaling", "UpdateAutoScalingGroup"),
                    create("eks", "UpdateNodegroupConfig"),
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
