//! `estate.yaml` to a validated [`Estate`]: [`raw`] is what is written, [`check`] what must hold of it as a whole, [`build`]
//! the value made from it.

pub(super) mod binding;
mod build;
mod check;
pub(super) mod component;
mod endpoint;
mod exception;
mod from_terraform;
mod probe;
pub(super) mod raw;
mod receiver;
pub(super) mod settings;
mod watch;

pub use from_terraform::{BindError, Bound, StackOutputs, bind_from_terraform};
pub(crate) use raw::RawEstate;

use super::diagnostic::{Problems, Report, Source};
use super::read::{FromNode, Place};
use super::yaml;
use crate::model::Estate;

/// Reads and checks an estate.
///
/// # Errors
/// All that is wrong with the text, each with its place.
pub fn load_estate(source: Source) -> Result<Estate, Problems> {
    load_estate_with_rules(source, &[])
}

/// The same, and that each exception names one of these rules. The rules stand in layers above this one.
///
/// # Errors
/// As [`load_estate`].
pub fn load_estate_with_rules(source: Source, rules: &[&str]) -> Result<Estate, Problems> {
    let mut report = Report::new(source);
    let estate = yaml::parse(&mut report).and_then(|node| {
        let place = Place::file();
        let raw = RawEstate::from_node(&node, &place, &mut report)?;
        check::estate(&raw, rules, &mut report);
        let bindings =
            binding::bindings(raw.bindings.as_ref(), raw.components.as_ref(), &mut report);
        Some(Estate {
            bindings,
            ..build::estate(raw)?
        })
    });
    report.finish(estate)
}

#[cfg(test)]
mod tests;
