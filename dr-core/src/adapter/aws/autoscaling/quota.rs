//! How many members the account's quota of vCPUs leaves a fleet.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use aws_sdk_ec2::types::{Filter, Instance, InstanceType, Tenancy};
use futures_util::future::{Either, select};
use jiff::Timestamp;

use crate::adapter::aws::AwsSite;
use crate::model::Duration;
use crate::port::{ErrorClass, PortResult};

/// Running On-Demand Standard instances, in vCPUs (Service Quotas, service `ec2`).
const QUOTA: &str = "L-1216C47A";

/// The families that this quota bounds: A, C, D, H, I, M, R, T and Z (EC2 user guide, "ec2-on-demand-instances"). Of the
/// others each has a quota of its own.
const STANDARD: [&str; 11] = ["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"];

/// How long an answer is kept: quotas change when people ask for it, Service Quotas answers few calls a second, and a fleet
/// is read every few seconds while it starts.
const KEPT: Duration = Duration::from_secs(60);

/// How long it may take: whoever reads a fleet waits for 10 s.
const PATIENCE: Duration = Duration::from_secs(4);

/// Names that one `DescribeInstanceTypes` takes (EC2 API reference).
const TYPES_AT_ONCE: usize = 100;

const GET: &str = "servicequotas:GetServiceQuota";
const INSTANCES: &str = "ec2:DescribeInstances";
const TYPES: &str = "ec2:DescribeInstanceTypes";

/// The most members under the quota, or why that is not known.
type Most = Result<u32, String>;

/// The quota of a site's account and region.
pub(super) struct VcpuQuota {
    quotas: aws_sdk_servicequotas::Client,
    ec2: aws_sdk_ec2::Client,
    last: Mutex<Option<(Timestamp, Most)>>,
}

impl VcpuQuota {
    pub(super) fn new(aws: &AwsSite) -> Self {
        Self {
            quotas: aws_sdk_servicequotas::Client::new(aws.regional()),
            ec2: aws_sdk_ec2::Client::new(aws.regional()),
            last: Mutex::default(),
        }
    }

    /// The most members of `size` that a fleet can have whose members now are `members`; at most a minute old.
    ///
    /// # Errors
    /// Why that is not known.
    pub(super) async fn most(&self, aws: &AwsSite, size: &str, members: &BTreeSet<String>) -> Most {
        let now = aws.clock().now();
        let last = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some((at, most)) = last
            && Duration::between(at, now) < KEPT
        {
            return most;
        }
        let region = &aws.site().region;
        let most = if is_standard(size) {
            let read = pin!(self.read(aws, size, members));
            match select(read, aws.clock().sleep(PATIENCE)).await {
                Either::Left((Ok(most), _)) => Ok(most),
                Either::Left((Err(error), _)) => Err(format!(
                    "the vCPU quota {QUOTA} of {region} could not be read: {error}"
                )),
                Either::Right(_) => Err(format!(
                    "the vCPU quota {QUOTA} of {region} was not told within {PATIENCE}"
                )),
            }
        } else {
            Err(format!(
                "{size} has a vCPU quota of its own in {region}, which is not read"
            ))
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, most.clone()));
        most
    }

    async fn read(&self, aws: &AwsSite, size: &str, members: &BTreeSet<String>) -> PortResult<u32> {
        let answer = aws
            .read(GET, || {
                self.quotas
                    .get_service_quota()
                    .service_code("ec2")
                    .quota_code(QUOTA)
                    .send()
            })
            .await?;
        let quota = answer
            .quota()
            .and_then(|quota| quota.value())
            .ok_or_else(|| aws.error(ErrorClass::Conflict, GET, "the answer has no value"))?;
        let running = self.running(aws).await?;
        let mut sizes: BTreeSet<&str> = running.iter().filter_map(size_of).collect();
        sizes.insert(size);
        let vcpus = self.vcpus(aws, &sizes).await?;
        let of = |size: &str| {
            vcpus.get(size).copied().ok_or_else(|| {
                aws.error(
                    ErrorClass::Conflict,
                    TYPES,
                    format!("the vCPUs of {size} are not told"),
                )
            })
        };
        let mut used = 0_u64;
        for size in running.iter().filter_map(size_of) {
            used += of(size)?;
        }
        let held = running
            .iter()
            .filter(|one| one.instance_id().is_some_and(|id| members.contains(id)));
        Ok(most(quota, used, of(size)?, held.count()))
    }

    /// What counts: On-Demand instances of the standard families that start or run. An unused Capacity Reservation counts, too,
    /// and is not seen here.
    async fn running(&self, aws: &AwsSite) -> PortResult<Vec<Instance>> {
        let states = Filter::builder()
            .name("instance-state-name")
            .values("pending")
            .values("running")
            .build();
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = aws
                .read(INSTANCES, || {
                    self.ec2
                        .describe_instances()
                        .filters(states.clone())
                        .max_results(1_000)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let instances = page.reservations().iter().flat_map(|some| some.instances());
            found.extend(instances.filter(|one| counts(one)).cloned());
            token = page
                .next_token()
                .filter(|next| !next.is_empty())
                .map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn vcpus(
        &self,
        aws: &AwsSite,
        sizes: &BTreeSet<&str>,
    ) -> PortResult<BTreeMap<String, u64>> {
        let mut known = BTreeMap::new();
        let sizes: Vec<InstanceType> = sizes.iter().map(|size| InstanceType::from(*size)).collect();
        for some in sizes.chunks(TYPES_AT_ONCE) {
            let answer = aws
                .read(TYPES, || {
                    let asked = self.ec2.describe_instance_types();
                    asked.set_instance_types(Some(some.to_vec())).send()
                })
                .await?;
            known.extend(answer.instance_types().iter().filter_map(|told| {
                let vcpus = told.v_cpu_info()?.default_v_cpus()?;
                Some((
                    told.instance_type()?.as_str().to_owned(),
                    u64::try_from(vcpus).ok()?,
                ))
            }));
        }
        Ok(known)
    }
}

fn size_of(instance: &Instance) -> Option<&str> {
    instance.instance_type().map(|size| size.as_str())
}

/// Whether an instance uses the quota. Spot instances and those on Dedicated Hosts have quotas of their own.
fn counts(instance: &Instance) -> bool {
    let on_host = instance
        .placement()
        .is_some_and(|placement| placement.tenancy() == Some(&Tenancy::Host));
    instance.instance_lifecycle().is_none()
        && !on_host
        && size_of(instance).is_some_and(is_standard)
}

fn is_standard(size: &str) -> bool {
    let family = size.split(|c: char| !c.is_ascii_lowercase()).next();
    family.is_some_and(|family| STANDARD.contains(&family))
}

/// The most members of a fleet that holds `held` of them, where all instances use `used` of `quota` vCPUs and a member needs
/// `each`.
fn most(quota: f64, used: u64, each: u64, held: usize) -> u32 {
    let held = u32::try_from(held).unwrap_or(u32::MAX);
    // A quota is a whole number of vCPUs; anything else, and less than nothing, leaves no room.
    let mut quota_left = 0_u64;
    if quota.is_finite() && quota >= 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is finite and not negative, and casts of floats saturate"
        )]
        let whole = quota as u64;
        quota_left = whole.saturating_sub(used);
    }
    let more = quota_left.checked_div(each).unwrap_or(0);
    held.saturating_add(u32::try_from(more).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
