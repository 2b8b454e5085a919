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

use std::ops::Range;

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

    /// Whether an address could be written there: a parameter that is not there is made, a secret is not.
    ///
    /// # Errors
    /// What keeps it from being read, or from being written.
    pub(super) async fn check_place(&self) -> PortResult<()> {
        match self.binding.endpoint() {
            None => Ok(()),
            Some(Endpoint::Parameter(name)) => self.held_parameter(name).await.map(drop),
            Some(Endpoint::Secret { name, key }) => self.check_secret(name, key).await,
            Some(Endpoint::Record { zone, name }) => self.held_record(zone, name).await.map(drop),
        }
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

/// Whether a value names an address: as it is, with a port, or in a connection string.
pub(super) fn names(value: &str, address: &str) -> bool {
    value[host(value)].trim().eq_ignore_ascii_case(address)
}

/// An address written as the value before was: everything around its host stays.
pub(super) fn in_the_form_of(value: &str, address: &str) -> String {
    let host = host(value);
    format!("{}{address}{}", &value[..host.start], &value[host.end..])
}

/// Where the host stands in `host`, `host:5432`, `postgres://user:secret@host:5432/shop?sslmode=require` (RFC 3986, section 3.2) or
/// `host=host port=5432 dbname=shop` (PostgreSQL, "Keyword/Value Connection Strings").
fn host(value: &str) -> Range<usize> {
    host_by_keyword(value).unwrap_or_else(|| host_by_place(value))
}

fn host_by_place(value: &str) -> Range<usize> {
    let authority = value.find("://").map_or(0, |at| at + 3);
    let end = value[authority..]
        .find(['/', '?', '#'])
        .map_or(value.len(), |at| authority + at);
    let start = value[authority..end]
        .rfind('@')
        .map_or(authority, |at| authority + at + 1);
    let end = value[start..end].find(':').map_or(end, |at| start + at);
    start..end
}

/// Where the value of the keyword `host` stands; `None` where the text is not made of keywords and values. Spaces around `=` are
/// optional; a value with spaces in it stands in single quotes, where a backslash escapes.
fn host_by_keyword(value: &str) -> Option<Range<usize>> {
    let place = |rest: &str| value.len() - rest.len();
    let mut rest = value.trim_start();
    while !rest.is_empty() {
        let (keyword, after) = rest.split_once('=')?;
        let (keyword, after) = (keyword.trim_end(), after.trim_start());
        if !keyword
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return None;
        }
        let (start, is_end): (_, fn(char) -> bool) = match after.strip_prefix('\'') {
            Some(quoted) => (quoted, |c| c == '\''),
            None => (after, char::is_whitespace),
        };
        let mut is_escaped = false;
        let length = start.find(|c: char| {
            let ends = !is_escaped && is_end(c);
            is_escaped = !is_escaped && c == '\\';
            ends
        });
        let length = length.unwrap_or(start.len());
        if keyword == "host" {
            return Some(place(start)..place(start) + length);
        }
        // What ends the value goes with it: a quote, or the space that stands there anyway.
        let mut left = start[length..].chars();
        left.next();
        rest = left.as_str().trim_start();
    }
    None
}
