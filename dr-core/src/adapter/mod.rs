//! What implements the ports for real, and what is known of each technology.

pub mod local;
pub mod technology;
