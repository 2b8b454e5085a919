//! Where the application reads the address of its database.

use super::RdsBinding;

/// The place that a promotion writes the new primary's address to: one of three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint<'a> {
    /// A parameter of AWS Systems Manager in the site's region.
    Parameter(&'a str),
    /// A field of a secret of AWS Secrets Manager in the site's region, which is a JSON object.
    Secret {
        /// The secret's name, or its ARN.
        name: &'a str,
        /// The field.
        key: &'a str,
    },
    /// A CNAME record in a hosted zone. It is read and written through the control plane of Route 53, in us-east-1.
    Record {
        /// The zone's id.
        zone: &'a str,
        /// The record's name.
        name: &'a str,
    },
}

impl RdsBinding {
    /// The field of a secret that holds the address when nothing is said, as in the secrets that Secrets Manager itself makes for
    /// databases (Secrets Manager user guide, "reference_secret_json_structure").
    pub const ENDPOINT_KEY: &'static str = "host";

    /// Where the application reads the address; `None` where nobody said it.
    pub fn endpoint(&self) -> Option<Endpoint<'_>> {
        if let Some(name) = &self.endpoint_parameter {
            return Some(Endpoint::Parameter(name));
        }
        if let Some(name) = &self.endpoint_secret {
            let key = self.endpoint_key.as_deref();
            return Some(Endpoint::Secret {
                name,
                key: key.unwrap_or(Self::ENDPOINT_KEY),
            });
        }
        match (&self.endpoint_zone, &self.endpoint_record) {
            (Some(zone), Some(name)) => Some(Endpoint::Record { zone, name }),
            _ => None,
        }
    }
}
