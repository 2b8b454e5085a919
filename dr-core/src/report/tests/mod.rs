//! What a report says, told by journals written by hand.

mod claims;
mod events;
mod golden;
mod journals;
mod plan;
mod properties;
