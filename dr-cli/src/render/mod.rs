//! How things look: values of `dr-core` to text and JSON. Nothing here decides anything.

pub(crate) mod diff;
mod doubt;
pub(crate) mod drift;
pub(crate) mod duration;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod explain;
pub(crate) mod finding;
pub(crate) mod gameday;
pub(crate) mod grid;
pub(crate) mod lacking;
pub(crate) mod plan;
pub(crate) mod problems;
pub(crate) mod progress;
pub(crate) mod prove;
#[cfg(feature = "real")]
pub(crate) mod reading;
pub(crate) mod ready;
pub(crate) mod resources;
pub(crate) mod runs;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod summary;
pub(crate) mod truth;
