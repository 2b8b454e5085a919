//! What implements the ports for real, and what is known of each technology.
//!
//! One folder a family. What needs a heavy library stands behind a cargo feature: one a service of AWS, `http`, `dns`,
//! `postgres`. Types of the libraries appear only below their folder.

#[cfg(feature = "aws-core")]
pub mod aws;
mod here;
pub mod local;
#[cfg(feature = "postgres")]
pub mod postgres;
mod secret;
pub mod technology;

pub use here::Here;
pub use secret::{LocalSecrets, SecretError};
