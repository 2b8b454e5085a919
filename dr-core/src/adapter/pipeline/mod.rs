//! Pipelines that own the apply of a stack.
//!
//! Each is an [`Applier`](super::terraform::Applier) of a [`TerraformStack`](super::terraform::TerraformStack): what would change
//! is read, judged and refused by `dr` as ever; who carries it out is the team's pipeline. What it did is read back from the
//! stack's own state, whatever the pipeline says of itself.

mod command;
#[cfg(feature = "http")]
mod github;
#[cfg(test)]
pub(super) mod trial;

pub use command::CommandApplier;
#[cfg(feature = "http")]
pub use github::GithubActions;
