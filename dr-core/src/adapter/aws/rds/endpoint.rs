//! Where the application reads the database's address: a parameter of AWS Systems Manager, a field of a secret of AWS Secrets
//! Manager, or a name in a hosted zone of Route 53.
//!
//! The first two are in the site's own region. The name leans on one control plane in us-east-1 for all regions (AWS, "Fault
//! isolation boundaries", global services): a run that needs it before clients are served does not lint, and where it cannot be
//! read the database is told with that doubt instead of not at all.

mod parameter;
mod record;
mod secret;
#[cfg(test)]
mod tests;

use super::RdsDatabase;
use crate::model::Endpoint;
use crate::port::{ErrorClass, Permit, PortResult};

impl RdsDatabase {
    /// Whether the application is told this address. True where nobody said where it reads it.
    pub(super) async fn is_published(&self, address: &str) -> PortResult<bool> {
        match self.binding.endpoint() {
            None => Ok(true),
            Some(Endpoint::Parameter(name)) => self.parameter_names(name, address).await,
            Some(Endpoint::Secret { name, key }) => self.secret_names(name, key, address).await,
            Some(Endpoint::Record { zone, name }) => self.record_names(zone, name, address).await,
        }
    }

    /// Whether the address is told by a name, so that looking at the database does not wait for it.
    pub(super) fn publishes_by_name(&self) -> bool {
        matches!(self.binding.endpoint(), Some(Endpoint::Record { .. }))
    }

    /// Tells the application this address, and reads that back.
    ///
    /// # Errors
    /// [`ErrorClass::Transient`] while another is still read.
    pub(super) async fn publish(&self, address: &str, permit: &Permit) -> PortResult<()> {
        let (operation, place) = match self.binding.endpoint() {
            None => return Ok(()),
            Some(Endpoint::Parameter(name)) => {
                self.write_parameter(name, address, permit).await?;
                (parameter::PUT, name)
            }
            Some(Endpoint::Secret { name, key }) => {
                self.write_secret(name, key, address, permit).await?;
                (secret::PUT, name)
            }
            Some(Endpoint::Record { zone, name }) => {
                self.write_record(zone, name, address, permit).await?;
                (record::CHANGE, name)
            }
        };
        if self.is_published(address).await? {
            return Ok(());
        }
        Err(self.here.error(
            ErrorClass::Transient,
            operation,
            format!("{place} was written and is not read back yet"),
        ))
    }
}

/// Whether a value names an address: as it is, or with a port.
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
