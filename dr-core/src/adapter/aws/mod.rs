//! AWS, through its SDK.
//!
//! One session a site ([`AwsSite`]): standard credential chain, profile, assumed role, endpoint. Every call goes through
//! [`AwsSite::read`] or [`AwsSite::change`], which bound it in time and turn what came of it into a [`PortError`] with a
//! class. The SDK repeats nothing by itself: it cannot know which changes are safe to repeat.
//!
//! [`PortError`]: crate::port::PortError

mod call;
mod error;
mod session;

pub use session::AwsSite;
