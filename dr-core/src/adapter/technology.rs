//! What is known of each technology, as tables: the calls behind each port's method, and how long each takes.
//!
//! Real adapters make these calls, the simulator accounts for the same ones, and from the same rows come the
//! static-stability lint, the dry run and the access policy. A pair that has no row is a thing that the technology cannot
//! do: no calls, no time.
//!
//! Where the planes come from: AWS, "Fault isolation boundaries", control planes and data planes: an API that creates,
//! changes, describes or lists resources is control plane; the service doing its work is data plane.

mod endpoint;
mod stack;
mod traffic;

pub use endpoint::{endpoint_calls, endpoint_specs};
pub use stack::REFRESH;
pub use traffic::{call_site, traffic_calls};

use crate::model::{Component, Duration, Settings, SiteId, Technology, TrafficMethod};
use crate::port::{ApiCall, CallSpec, Effect, Operation, Place, Plane};

/// A row of a regional service.
const fn row(service: &'static str, call: &'static str, plane: Plane, effect: Effect) -> ApiCall {
    ApiCall {
        service,
        call,
        plane,
        effect,
        global_control: false,
    }
}

/// A read of a regional control plane.
const fn describe(service: &'static str, call: &'static str) -> ApiCall {
    row(service, call, Plane::Control, Effect::Read)
}

/// A change through a regional control plane.
const fn administer(service: &'static str, call: &'static str) -> ApiCall {
    row(service, call, Plane::Control, Effect::Change)
}

/// Something new through a regional control plane: it needs quota and capacity.
const fn create(service: &'static str, call: &'static str) -> ApiCall {
    row(service, call, Plane::Control, Effect::Create)
}

/// A read of a data plane.
const fn read(service: &'static str, call: &'static str) -> ApiCall {
    row(service, call, Plane::Data, Effect::Read)
}

/// A change through a data plane.
const fn write(service: &'static str, call: &'static str) -> ApiCall {
    row(service, call, Plane::Data, Effect::Change)
}

/// A call of Route 53's control plane, which is in us-east-1 only (AWS, "Fault isolation boundaries", global services).
const fn global(call: &'static str, effect: Effect) -> ApiCall {
    ApiCall {
        service: "route53",
        call,
        plane: Plane::Control,
        effect,
        global_control: true,
    }
}

/// Looks at what clients experience: a request to the clients' probes, outside both sites.
pub const CLIENTS: ApiCall = read("http", "ReadClients");
/// Asks the independent observers whether they reach a site.
pub const REACH: ApiCall = read("http", "ReadReach");
/// Reads the write lease: one object in the surviving site.
pub const LEASE_READ: ApiCall = read("write-lease", "Read");
/// Grants no more renewals of the write lease: a conditional put.
pub const LEASE_REVOKE: ApiCall = write("write-lease", "Revoke");
/// Gives the write lease to a site: a conditional put.
pub const LEASE_GRANT: ApiCall = write("write-lease", "Grant");
/// Sends a message to people.
pub const NOTIFY: ApiCall = write("notify", "Send");
/// Runs the estate's own command.
pub const EXEC: ApiCall = write("exec", "Run");
/// Runs the estate's own command that tells whether another was carried out.
pub const EXEC_READ: ApiCall = read("exec", "Run");

/// The calls that `technology` makes for `operation`.
///
/// Of Route 53 these are the calls of [`TrafficMethod::HealthSwitch`]; [`calls_for`] knows the method of a component.
pub fn calls(technology: Technology, operation: Operation) -> &'static [ApiCall] {
    match technology {
        Technology::Git => git(operation),
        Technology::Terraform => stack::terraform(operation),
        Technology::GithubActions => stack::github_actions(operation),
        Technology::Command => stack::command(operation),
        Technology::Vpc => vpc(operation),
        Technology::Alb => alb(operation),
        Technology::Ec2Autoscaling => autoscaling(operation),
        Technology::Eks => eks(operation),
        Technology::Rds => rds(operation),
        Technology::Prometheus => prometheus(operation),
        Technology::Grafana => grafana(operation),
        Technology::Route53 => traffic_calls(TrafficMethod::HealthSwitch, operation),
        Technology::S3 => s3(operation),
    }
}

/// The calls that a component's technology makes for `operation`, by its method where it is traffic.
pub fn calls_for(component: &Component, operation: Operation) -> &'static [ApiCall] {
    match &component.settings {
        Settings::Traffic(traffic) => traffic_calls(traffic.method, operation),
        _ => calls(component.technology, operation),
    }
}

/// The service that holds the component itself, which is asked first when the component is read: the first row of its table.
/// An error of another service means that this one has answered.
pub fn own_service(component: &Component) -> Option<&'static str> {
    let first = calls_for(component, Operation::Observe).first();
    first.map(|call| call.service)
}

/// Amazon RDS for PostgreSQL, with a cross-region read replica: what `adapter::aws::RdsDatabase` calls.
///
/// - State: `DescribeDBInstances`, the network ACL, its VPC and the quarantine group for the fence, the parameter with the address that
///   the application reads; lag: the CloudWatch metric `ReplicaLag` (RDS user guide, "rds-metrics"). Where the estate gives a
///   login, a secret is read for it; the session itself is a connection, no call.
/// - Fence: a deny rule in the network ACL, then the quarantine group (`ModifyDBInstance`), and tags that keep what was before
///   and when it held. Lifted the other way round.
/// - Promote: `PromoteReadReplica` ("USER_ReadRepl.Promote"), then backups and Multi-AZ (`ModifyDBInstance`) and the address
///   (`PutParameter`; other ways to tell it: [`endpoint_calls`]). A tag says that it is not finished.
/// - Replicate: what stands there is renamed, the deny rule removed, then `CreateDBInstanceReadReplica`
///   ("USER_ReadRepl.XRgn"). Retire: fenced, tagged and renamed ("USER_RenameInstance").
fn rds(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => {
            const {
                &[
                    describe("rds", "DescribeDBInstances"),
                    describe("ec2", "DescribeNetworkAcls"),
                    describe("ec2", "DescribeVpcs"),
                    describe("ec2", "DescribeSecurityGroups"),
                    read("ssm", "GetParameter"),
                    read("cloudwatch", "GetMetricData"),
                    read("secretsmanager", "GetSecretValue"),
                ]
            }
        }
        Operation::Fence => {
            const {
                &[
                    administer("ec2", "CreateNetworkAclEntry"),
                    administer("rds", "ModifyDBInstance"),
                    administer("rds", "AddTagsToResource"),
                    administer("rds", "RemoveTagsFromResource"),
                ]
            }
        }
        Operation::Unfence => {
            const {
                &[
                    administer("rds", "RemoveTagsFromResource"),
                    administer("rds", "ModifyDBInstance"),
                    administer("ec2", "DeleteNetworkAclEntry"),
                ]
            }
        }
        Operation::Promote => {
            const {
                &[
                    administer("rds", "PromoteReadReplica"),
                    administer("rds", "AddTagsToResource"),
                    administer("ec2", "DeleteNetworkAclEntry"),
                    administer("rds", "RemoveTagsFromResource"),
                    administer("rds", "ModifyDBInstance"),
                    administer("ssm", "PutParameter"),
                ]
            }
        }
        Operation::Replicate => {
            const {
                &[
                    administer("rds", "ModifyDBInstance"),
                    administer("rds", "AddTagsToResource"),
                    administer("ec2", "DeleteNetworkAclEntry"),
                    describe("rds", "DescribeDBSubnetGroups"),
                    create("rds", "CreateDBInstanceReadReplica"),
                ]
            }
        }
        Operation::Retire => {
            const {
                &[
                    administer("ec2", "CreateNetworkAclEntry"),
                    administer("rds", "ModifyDBInstance"),
                    administer("rds", "AddTagsToResource"),
                    administer("rds", "RemoveTagsFromResource"),
                ]
            }
        }
        _ => &[],
    }
}

/// An EC2 Auto Scaling group (EC2 Auto Scaling API reference). The limit is the least of the group's maximum, the free
/// addresses of its subnets, and what the account's quota of vCPUs leaves (Service Quotas, `L-1216C47A`; vCPUs in use from the
/// instances that run). The quota can be done without: unread, the limit is told as unproven. A group is emptied with the processes that
/// start members suspended ("as-suspend-resume-processes"). More members is a creation: instances are launched by the control plane
/// ("Fault isolation boundaries", static stability).
fn autoscaling(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => {
            const {
                &[
                    describe("autoscaling", "DescribeAutoScalingGroups"),
                    describe("elasticloadbalancing", "DescribeTargetHealth"),
                    describe("ec2", "DescribeSubnets"),
                ]
            }
        }
        Operation::Inspect => {
            const {
                &[
                    describe("servicequotas", "GetServiceQuota"),
                    describe("ec2", "DescribeInstanceTypes"),
                    describe("ec2", "DescribeInstances"),
                ]
            }
        }
        Operation::Fence => {
            const {
                &[
                    administer("autoscaling", "SuspendProcesses"),
                    administer("autoscaling", "UpdateAutoScalingGroup"),
                ]
            }
        }
        Operation::Scale => {
            const {
                &[
                    administer("autoscaling", "ResumeProcesses"),
                    create("autoscaling", "UpdateAutoScalingGroup"),
                ]
            }
        }
        _ => &[],
    }
}

/// An Amazon EKS managed node group (EKS API reference, `UpdateNodegroupConfig`): whether it is active and has no health issue, and
/// which of its instances the Auto Scaling group behind it has in service.
fn eks(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => {
            const {
                &[
                    describe("eks", "DescribeNodegroup"),
                    describe("autoscaling", "DescribeAutoScalingGroups"),
                ]
            }
        }
        Operation::Fence => const { &[administer("eks", "UpdateNodegroupConfig")] },
        Operation::Scale => const { &[create("eks", "UpdateNodegroupConfig")] },
        _ => &[],
    }
}

/// A Git server on an EC2 instance that is stopped while it is not needed (EC2 API reference, `StartInstances`).
fn git(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => {
            const {
                &[
                    describe("ec2", "DescribeInstances"),
                    read("git", "LsRemote"),
                ]
            }
        }
        Operation::Start => const { &[administer("ec2", "StartInstances")] },
        Operation::Stop => const { &[administer("ec2", "StopInstances")] },
        _ => &[],
    }
}

/// Prometheus ("HTTP API", "Management API"): what it scrapes, whether that is up, whether alerts go anywhere. Repointed by
/// its target file, which it notices by itself; `POST /-/reload` only where it does not.
fn prometheus(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => {
            const {
                &[
                    read("prometheus", "GetTargets"),
                    read("prometheus", "Query"),
                    read("prometheus", "GetAlertManagers"),
                    read("prometheus", "GetAlerts"),
                ]
            }
        }
        Operation::Repoint => {
            const {
                &[
                    write("prometheus", "WriteTargets"),
                    read("prometheus", "GetTargets"),
                    write("prometheus", "Reload"),
                ]
            }
        }
        _ => &[],
    }
}

/// Grafana ("Data source HTTP API"): `GET` and `PUT /api/datasources/uid/:uid`, and its health. The token may be kept in AWS.
fn grafana(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => {
            const {
                &[
                    read("grafana", "GetDataSource"),
                    read("grafana", "CheckDataSourceHealth"),
                    read("secretsmanager", "GetSecretValue"),
                    read("ssm", "GetParameter"),
                ]
            }
        }
        Operation::Repoint => {
            const {
                &[
                    read("grafana", "GetDataSource"),
                    write("grafana", "UpdateDataSource"),
                    read("grafana", "CheckDataSourceHealth"),
                    read("secretsmanager", "GetSecretValue"),
                    read("ssm", "GetParameter"),
                ]
            }
        }
        _ => &[],
    }
}

/// An Amazon VPC: read only.
fn vpc(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => const { &[describe("ec2", "DescribeSubnets")] },
        _ => &[],
    }
}

/// An application load balancer: read only.
fn alb(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => {
            const {
                &[
                    describe("elasticloadbalancing", "DescribeLoadBalancers"),
                    describe("elasticloadbalancing", "DescribeTargetHealth"),
                ]
            }
        }
        _ => &[],
    }
}

/// An Amazon S3 bucket: read only. `HeadBucket` is allowed by `s3:ListBucket` (S3 API reference, `HeadBucket`).
fn s3(operation: Operation) -> &'static [ApiCall] {
    match operation {
        Operation::Observe => const { &[read("s3", "ListBucket")] },
        _ => &[],
    }
}

/// How long `operation` is expected to take on `technology`, until its effect can be read back.
///
/// | figure | where it comes from |
/// |---|---|
/// | RDS promotion 6 min | "takes a few minutes", then the instance reboots (RDS user guide, "USER_ReadRepl.Promote") |
/// | RDS replica 30 min | a snapshot is taken, copied to the other region and restored ("USER_ReadRepl.XRgn"); our estimate for small data |
/// | RDS rename 10 min | the new name takes effect in about 10 minutes ("USER_RenameInstance") |
/// | ASG members 3 min | launch, boot, and two health checks of the load balancer, 30 s apart; our estimate |
/// | EKS nodes 4 min | launch, boot, join and become `Ready`; our estimate |
/// | Route 53 health switch 90 s | 3 failed checks, 30 s apart (developer guide, "dns-failover-determining-health-of-endpoints") |
/// | Route 53 record edit 60 s | a change reaches all name servers within 60 s ("route-53-concepts") |
/// | Terraform apply 4 min | the slowest of the fleets that it resizes |
/// | the same by a pipeline 7 min | a runner is found, the stack fetched, initialised and planned before; our estimate |
/// | EC2 start 60 s, everything else | our estimate |
pub fn expected(technology: Technology, operation: Operation) -> Duration {
    use Technology as T;
    match (technology, operation) {
        (T::Terraform | T::GithubActions | T::Command, Operation::Observe) => {
            Duration::from_secs(30)
        }
        (T::Rds, Operation::Fence | Operation::Unfence) => Duration::from_secs(30),
        (T::Rds, Operation::Promote) => Duration::from_mins(6),
        (T::Rds, Operation::Replicate) => Duration::from_mins(30),
        (T::Rds, Operation::Retire) => Duration::from_mins(10),
        (T::Ec2Autoscaling, Operation::Fence) => Duration::from_secs(60),
        (T::Ec2Autoscaling, Operation::Scale) => Duration::from_mins(3),
        (T::Eks, Operation::Fence) => Duration::from_secs(90),
        (T::Eks, Operation::Scale) => Duration::from_mins(4),
        (T::Route53, Operation::Shift | Operation::ShiftHome) => Duration::from_secs(90),
        (T::Route53 | T::Ec2Autoscaling, Operation::Inspect) => Duration::from_secs(5),
        (T::Terraform, Operation::Apply) => Duration::from_mins(4),
        (T::GithubActions | T::Command, Operation::Apply) => Duration::from_mins(7),
        (T::Terraform | T::GithubActions | T::Command, Operation::Adopt) => Duration::from_secs(60),
        (T::Git, Operation::Start | Operation::Stop) => Duration::from_secs(60),
        (T::Prometheus | T::Grafana, Operation::Repoint) => Duration::from_secs(15),
        (_, Operation::Observe) => Duration::from_secs(5),
        _ => Duration::ZERO,
    }
}

/// How long a component's `operation` is expected to take, by its method where it is traffic.
pub fn expected_for(component: &Component, operation: Operation) -> Duration {
    match (&component.settings, operation) {
        (Settings::Traffic(traffic), Operation::Shift | Operation::ShiftHome)
            if traffic.method == TrafficMethod::RecordEdit =>
        {
            Duration::from_secs(60)
        }
        _ => expected(component.technology, operation),
    }
}

/// Where a call goes when it is about something on `site`.
pub fn place(call: &ApiCall, site: &SiteId) -> Place {
    if call.global_control {
        Place::GlobalControl
    } else if is_at_site(call) {
        Place::Site(site.clone())
    } else {
        Place::Global
    }
}

/// Whether a service of the tables is one of AWS, whose calls an access policy allows.
pub fn is_aws(service: &str) -> bool {
    !matches!(
        service,
        "dns"
            | "http"
            | "notify"
            | "exec"
            | "write-lease"
            | "git"
            | "github"
            | "prometheus"
            | "grafana"
    )
}

/// Whether a call goes to the region of the site that it is about. The others are answered everywhere or elsewhere, by the
/// region that administers global services, or made by the operator's own machine.
pub fn is_at_site(call: &ApiCall) -> bool {
    !call.global_control && !matches!(call.service, "dns" | "http" | "notify" | "exec" | "github")
}

/// A call of no component: observers, write lease, notifier, commands.
pub fn loose_call(call: ApiCall, site: &SiteId, required: bool) -> CallSpec {
    placed(call, site, required, None)
}

/// The calls of a component's `operation` at `site`, placed.
pub fn call_specs(
    component: &Component,
    operation: Operation,
    site: &SiteId,
    required: bool,
) -> Vec<CallSpec> {
    calls_for(component, operation)
        .iter()
        .map(|call| placed(*call, site, required, Some(component)))
        .collect()
}

fn placed(call: ApiCall, site: &SiteId, required: bool, component: Option<&Component>) -> CallSpec {
    CallSpec {
        service: call.service.into(),
        call: call.call.into(),
        place: place(&call, site),
        plane: call.plane,
        effect: call.effect,
        required,
        component: component.map(|component| component.id.clone()),
    }
}

#[cfg(test)]
mod tests;
