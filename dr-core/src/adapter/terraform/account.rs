//! What a stack needs of the account and the region that it describes.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::port::PortResult;

/// The account and the region of a site.
#[async_trait]
pub trait Account: Send + Sync {
    /// The credentials of the site's role as environment variables, made for one call of the program; none where the site names no
    /// role: then the program finds the same as `dr`.
    ///
    /// # Errors
    /// Why they cannot be had; no error holds any part of them.
    async fn credentials(&self) -> PortResult<Vec<(&'static str, SecretString)>>;

    /// Whether a database instance with that identifier stands in the region.
    ///
    /// # Errors
    /// Why that could not be read.
    async fn has_database(&self, identifier: &str) -> PortResult<bool>;
}
