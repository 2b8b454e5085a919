//! What implements the ports for real, and what is known of each technology.
//!
//! One folder a family. What needs a heavy library stands behind a cargo feature: one a service of AWS, `http`, `dns`,
//! `postgres`. Types of the libraries appear only below their folder.

#[cfg(feature = "aws-core")]
pub mod aws;
#[cfg(feature = "dns")]
pub mod dns;
pub mod front_door;
pub mod git;
#[cfg(feature = "http")]
pub mod grafana;
mod here;
#[cfg(feature = "http")]
pub mod http;
pub mod lease;
pub mod local;
#[cfg(feature = "observer")]
pub mod observer;
pub mod pipeline;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "http")]
pub mod prometheus;
mod secret;
pub mod technology;
pub mod terraform;
#[cfg(feature = "watch")]
pub mod watch;
#[cfg(all(
    feature = "aws",
    feature = "dns",
    feature = "http",
    feature = "postgres"
))]
pub mod wire;

pub use here::Here;
pub use secret::{LocalSecrets, SecretError, Secrets};
