//! An EC2 instance that is turned on and off.

use async_trait::async_trait;
use aws_sdk_ec2::types::InstanceStateName;

use super::AwsSite;
use crate::adapter::Here;
use crate::adapter::git::Power;
use crate::port::{ErrorClass, Permit, PortError, PortResult};

/// The switch of an instance: EC2 keeps its disks while it is stopped (EC2 user guide, "Stop_Start").
pub struct Ec2Instance {
    here: Here,
    aws: AwsSite,
    ec2: aws_sdk_ec2::Client,
    instance: String,
}

impl Ec2Instance {
    /// The instance with that id.
    pub fn new(here: Here, aws: AwsSite, instance: impl Into<String>) -> Self {
        Self {
            ec2: aws_sdk_ec2::Client::new(aws.regional()),
            here,
            aws,
            instance: instance.into(),
        }
    }

    fn at(&self, error: PortError) -> PortError {
        PortError {
            place: self.here.to_string(),
            ..error
        }
    }
}

#[async_trait]
impl Power for Ec2Instance {
    async fn is_on(&self) -> PortResult<bool> {
        const OPERATION: &str = "ec2:DescribeInstances";
        let answer = self
            .aws
            .read(OPERATION, || {
                self.ec2
                    .describe_instances()
                    .instance_ids(&self.instance)
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        let state = answer
            .reservations()
            .iter()
            .flat_map(|reservation| reservation.instances())
            .find_map(|instance| instance.state()?.name().cloned());
        match state {
            Some(state) => Ok(state == InstanceStateName::Running),
            None => {
                let message = format!("there is no instance {}", self.instance);
                Err(self.here.error(ErrorClass::NotFound, OPERATION, message))
            }
        }
    }

    async fn turn_on(&self, permit: &Permit) -> PortResult<()> {
        self.aws
            .change("ec2:StartInstances", permit, || {
                self.ec2
                    .start_instances()
                    .instance_ids(&self.instance)
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        Ok(())
    }

    async fn turn_off(&self, permit: &Permit) -> PortResult<()> {
        self.aws
            .change("ec2:StopInstances", permit, || {
                self.ec2
                    .stop_instances()
                    .instance_ids(&self.instance)
                    .send()
            })
            .await
            .map_err(|error| self.at(error))?;
        Ok(())
    }
}
