//! The address in a parameter of AWS Systems Manager.

use aws_sdk_ssm::types::ParameterType;

use super::{in_the_form_of, names};
use crate::adapter::aws::rds::{RdsDatabase, says};
use crate::port::{Permit, PortResult};

pub(super) const PUT: &str = "ssm:PutParameter";

impl RdsDatabase {
    /// Whether the parameter names the address.
    pub(super) async fn parameter_names(&self, name: &str, address: &str) -> PortResult<bool> {
        let held = self.held_parameter(name).await?;
        Ok(held.is_some_and(|value| names(&value, address)))
    }

    /// Writes the address, in the form of the value before. A parameter that is not there is made.
    pub(super) async fn write_parameter(
        &self,
        name: &str,
        address: &str,
        permit: &Permit,
    ) -> PortResult<()> {
        let (value, kind) = match self.held_parameter(name).await? {
            Some(value) if names(&value, address) => return Ok(()),
            Some(value) => (in_the_form_of(&value, address), None),
            None => (address.to_owned(), Some(ParameterType::String)),
        };
        self.aws
            .change(PUT, permit, || {
                self.ssm
                    .put_parameter()
                    .name(name)
                    .value(&value)
                    .set_type(kind.clone())
                    .overwrite(true)
                    .send()
            })
            .await?;
        Ok(())
    }

    /// The parameter's value; `None` where there is none.
    pub(super) async fn held_parameter(&self, name: &str) -> PortResult<Option<String>> {
        let answer = self
            .aws
            .read("ssm:GetParameter", || {
                self.ssm
                    .get_parameter()
                    .name(name)
                    .with_decryption(true)
                    .send()
            })
            .await;
        match answer {
            Ok(answer) => Ok(answer.parameter.and_then(|parameter| parameter.value)),
            Err(error) if says(&error, "ParameterNotFound") => Ok(None),
            Err(error) => Err(error),
        }
    }
}
