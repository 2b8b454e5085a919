//! One file a verb: arguments, and what is done with them.

pub(crate) mod completions;
pub(crate) mod estate;
pub(crate) mod init;
pub(crate) mod man;
