//! How things look: values of `dr-core` to text and JSON. Nothing here decides anything.

pub(crate) mod error;
pub(crate) mod finding;
pub(crate) mod grid;
pub(crate) mod problems;
pub(crate) mod style;
