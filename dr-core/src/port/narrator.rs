//! Long work tells what it does.

/// Is told what a long operation is doing, line by line, for people to follow. Nothing depends on it.
pub trait Narrator: Send + Sync {
    /// A line of progress of what stands at `place`: `stack@california`.
    fn line(&self, place: &str, line: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Narrator for Silent {
    fn line(&self, _: &str, _: &str) {}
}
