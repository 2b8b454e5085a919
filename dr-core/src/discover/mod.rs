//! Ports to inventories: what every component is on both sites, and what could not be read.
//!
//! Reading changes nothing, is bounded in time and in the number of calls at once, and never fails as a whole: a
//! component that did not answer is a [`crate::model::Gap`] with its reason. From the inventories follows which site is
//! primary *now* ([`roles`]), whatever the estate says about home.
//!
//! [`scan`] reads wider: everything that stands in the sites' accounts, whether a component needs it or not.

pub mod budget;
mod read;
mod roles;
mod scan;
mod template;

pub use read::{IN_FLIGHT, READ_TIMEOUT, databases, inventories};
pub use roles::{Roles, roles};
pub use scan::{Scanners, scan};
pub use template::VERSIONS;

#[cfg(test)]
mod tests;
