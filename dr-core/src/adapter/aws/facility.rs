//! What is read and never changed by a runbook: networks, balancers, buckets.

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancerStateEnum, TargetHealthStateEnum};

use super::AwsSite;
use crate::adapter::Here;
use crate::model::{AlbBinding, FacilityState, Settings, VpcBinding};
use crate::port::{ErrorClass, Facility, PortError, PortResult};

fn at(here: &Here, error: PortError) -> PortError {
    PortError {
        place: here.to_string(),
        ..error
    }
}

/// A VPC with its subnets.
pub struct VpcNetwork {
    here: Here,
    aws: AwsSite,
    ec2: aws_sdk_ec2::Client,
    binding: VpcBinding,
}

impl VpcNetwork {
    /// The network.
    pub fn new(here: Here, aws: AwsSite, binding: VpcBinding) -> Self {
        Self {
            ec2: aws_sdk_ec2::Client::new(aws.regional()),
            here,
            aws,
            binding,
        }
    }
}

#[async_trait]
impl Facility for VpcNetwork {
    async fn observe(&self) -> PortResult<FacilityState> {
        let filter = aws_sdk_ec2::types::Filter::builder()
            .name("vpc-id")
            .values(&self.binding.vpc)
            .build();
        let mut subnets = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = self
                .aws
                .read("ec2:DescribeSubnets", || {
                    self.ec2
                        .describe_subnets()
                        .filters(filter.clone())
                        .set_next_token(token.clone())
                        .send()
                })
                .await
                .map_err(|error| at(&self.here, error))?;
            subnets.extend_from_slice(page.subnets());
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                break;
            }
        }
        let zones: std::collections::BTreeSet<&str> = subnets
            .iter()
            .filter_map(|subnet| subnet.availability_zone_id())
            .collect();
        let free: i64 = subnets
            .iter()
            .filter_map(|subnet| subnet.available_ip_address_count())
            .map(i64::from)
            .sum();
        let (zones_wanted, addresses_wanted) = match &self.here.component.settings {
            Settings::Network(network) => (network.zones as usize, i64::from(network.addresses)),
            _ => (0, 0),
        };
        Ok(FacilityState {
            ready: zones.len() >= zones_wanted && free >= addresses_wanted,
            detail: format!(
                "{} of {zones_wanted} zones, {free} of {addresses_wanted} addresses free",
                zones.len()
            ),
        })
    }
}

/// An application load balancer with its target group.
pub struct LoadBalancer {
    here: Here,
    aws: AwsSite,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    binding: AlbBinding,
}

impl LoadBalancer {
    /// The balancer.
    pub fn new(here: Here, aws: AwsSite, binding: AlbBinding) -> Self {
        Self {
            elb: aws_sdk_elasticloadbalancingv2::Client::new(aws.regional()),
            here,
            aws,
            binding,
        }
    }
}

#[async_trait]
impl Facility for LoadBalancer {
    async fn observe(&self) -> PortResult<FacilityState> {
        let balancers = self
            .aws
            .read("elasticloadbalancing:DescribeLoadBalancers", || {
                self.elb
                    .describe_load_balancers()
                    .load_balancer_arns(&self.binding.load_balancer)
                    .send()
            })
            .await
            .map_err(|error| at(&self.here, error))?;
        let is_active = balancers.load_balancers().first().is_some_and(|balancer| {
            balancer.state().and_then(|state| state.code()) == Some(&LoadBalancerStateEnum::Active)
        });
        let targets = self
            .aws
            .read("elasticloadbalancing:DescribeTargetHealth", || {
                self.elb
                    .describe_target_health()
                    .target_group_arn(&self.binding.target_group)
                    .send()
            })
            .await
            .map_err(|error| at(&self.here, error))?;
        let targets = targets.target_health_descriptions();
        let healthy = targets
            .iter()
            .filter(|target| {
                target.target_health().and_then(|health| health.state())
                    == Some(&TargetHealthStateEnum::Healthy)
            })
            .count();
        Ok(FacilityState {
            ready: is_active && healthy > 0,
            detail: if is_active {
                format!("{healthy} of {} targets healthy", targets.len())
            } else {
                "the balancer is not active".to_owned()
            },
        })
    }
}

/// A bucket.
pub struct Bucket {
    here: Here,
    aws: AwsSite,
    s3: aws_sdk_s3::Client,
    bucket: String,
}

impl Bucket {
    /// The bucket.
    pub fn new(here: Here, aws: AwsSite, bucket: impl Into<String>) -> Self {
        Self {
            s3: aws.s3(),
            here,
            aws,
            bucket: bucket.into(),
        }
    }
}

#[async_trait]
impl Facility for Bucket {
    async fn observe(&self) -> PortResult<FacilityState> {
        let answer = self
            .aws
            .read("s3:ListBucket", || {
                self.s3.head_bucket().bucket(&self.bucket).send()
            })
            .await;
        match answer {
            Ok(_) => Ok(FacilityState {
                ready: true,
                detail: format!("{} is there", self.bucket),
            }),
            Err(error) if error.class == ErrorClass::NotFound => Ok(FacilityState {
                ready: false,
                detail: format!("there is no bucket {}", self.bucket),
            }),
            Err(error) => Err(at(&self.here, error)),
        }
    }
}
