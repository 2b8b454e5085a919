//! Drift: what differs between the two sites and would hurt a failover.
//!
//! Everything here is pure: it compares what discovery has read.

pub mod packet;
