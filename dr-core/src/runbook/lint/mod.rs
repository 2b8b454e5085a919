//! What is wrong with a runbook that parses: every defect at once, each where it stands.
//!
//! A runbook is read as the lists of steps that it really is: once for each kind of run (`path::Kind`), without the steps
//! that such a run leaves out. A defect is reported once and names the kinds of run that have it, unless all have.
//!
//! | rule | codes |
//! |---|---|
//! | `names` | `unknown-component`, `verb-does-not-fit-kind` |
//! | `stage` | `unreachable-stage` |
//! | `approval` | `approval-nobody-can-give` |
//! | `pivot` | `no-pivot`, `two-pivots`, `beside-the-pivot` |
//! | `undo` | `not-undoable-before-pivot`, `undo-after-pivot` |
//! | `fence` | `promotion-without-fence`, `fence-after-promotion`, `former-primary-before-promotion` |
//! | `loss` | `promotion-without-catch-up`, `caught-up-before-fence`, `caught-up-after-promotion` |
//! | `order` | `ready-after-promotion`, `serving-before-promotion`, `repoint-before-promotion`, `reprotect-before-promotion`, `demote-before-promotion` |
//! | `traffic` | `traffic-before-serving`, `no-shift` |
//! | `reach` | `needs-failed-site`, `needs-global-control-plane` |

mod approval;
mod fence;
mod loss;
mod names;
mod order;
mod path;
mod pivot;
mod reach;
mod rules;
mod stage;
mod traffic;
mod undo;

pub use rules::lint;

#[cfg(test)]
mod tests;
