//! Where the application reads the database's address: a parameter of AWS Systems Manager in the site's region.

use aws_sdk_ssm::types::ParameterType;

use super::{RdsDatabase, says};
use crate::port::{ErrorClass, Permit, PortResult};

/// What the parameter holds.
enum Held {
    Nothing,
    Value(String),
}

impl RdsDatabase {
    /// Whether the application is told this address. True where nobody said where it reads it.
    pub(super) async fn is_published(&self, address: &str) -> PortResult<bool> {
        let Some(name) = &self.binding.endpoint_parameter else {
            return Ok(true);
        };
        Ok(match self.held(name).await? {
            Held::Nothing => false,
            Held::Value(value) => names(&value, address),
        })
    }

    /// Tells the application this address, and reads that back.
    ///
    /// # Errors
    /// [`ErrorClass::Transient`] while the parameter still holds another.
    pub(super) async fn publish(&self, address: &str, permit: &Permit) -> PortResult<()> {
        let Some(name) = &self.binding.endpoint_parameter else {
            return Ok(());
        };
        let operation = "ssm:PutParameter";
        let held = self.held(name).await?;
        let (value, kind) = match &held {
            Held::Value(value) if names(value, address) => return Ok(()),
            Held::Value(value) => (in_the_form_of(value, address), None),
            Held::Nothing => (address.to_owned(), Some(ParameterType::String)),
        };
        self.aws
            .change(operation, permit, || {
                self.ssm
                    .put_parameter()
                    .name(name)
                    .value(&value)
                    .set_type(kind.clone())
                    .overwrite(true)
                    .send()
            })
            .await?;
        if self.is_published(address).await? {
            return Ok(());
        }
        Err(self.here.error(
            ErrorClass::Transient,
            operation,
            format!("{name} was written and is not read back yet"),
        ))
    }

    async fn held(&self, name: &str) -> PortResult<Held> {
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
            Ok(answer) => Ok(answer
                .parameter()
                .and_then(|parameter| parameter.value())
                .map_or(Held::Nothing, |value| Held::Value(value.to_owned()))),
            Err(error) if says(&error, "ParameterNotFound") => Ok(Held::Nothing),
            Err(error) => Err(error),
        }
    }
}

/// Whether a parameter's value names an address: as it is, or with a port.
pub(super) fn names(value: &str, address: &str) -> bool {
    let host = value.split_once(':').map_or(value, |(host, _)| host);
    host.trim().eq_ignore_ascii_case(address)
}

/// An address written as the value before was: with its port where it had one.
pub(super) fn in_the_form_of(value: &str, address: &str) -> String {
    match value.split_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => format!("{address}:{port}"),
        _ => address.to_owned(),
    }
}
