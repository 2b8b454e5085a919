//! What a report says, told by journals written by hand.

mod claims;
mod golden;
mod journals;
mod properties;
