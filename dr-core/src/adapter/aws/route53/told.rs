//! What the Terraform stack with the records is told of an edit: which site's record is the primary one. Without that its next
//! apply would put the records back.

use std::path::Path;

use serde_json::{Map, Value};

use super::FrontDoor;
use super::{Failover, Record};
use crate::adapter::terraform::variables;
use crate::model::{Finding, Severity, SiteId, Subject, TrafficMethod};

/// The variable: the name of a site.
const PRIMARY: &str = "primary";

impl FrontDoor {
    /// Writes which site's record is the primary one, where the binding names a file for that. Clients are sent there already, and a
    /// file that cannot be written does not call them back: [`Self::untold`] finds it until somebody has written it.
    pub(super) fn tell_terraform(&self, site: &SiteId) {
        let Some(file) = &self.roles else {
            return;
        };
        let mut values = Map::new();
        values.insert(PRIMARY.to_owned(), Value::from(site.as_str()));
        let _ = variables::merge(file, &values);
    }

    /// What speaks against a stack that describes other records than there are.
    pub(super) fn untold(&self, records: &[Record]) -> Option<Finding> {
        let file = self.roles.as_ref()?;
        if self.method() != TrafficMethod::RecordEdit {
            return None;
        }
        let primary = records
            .iter()
            .find(|record| record.set.failover == Some(Failover::Primary))?;
        let mut sides = self.sides.iter();
        let side = sides.find(|side| side.binding.set_identifier == primary.set.set_identifier)?;
        let said = said(file);
        if said.as_deref().unwrap_or(self.home().site.as_str()) == side.site.as_str() {
            return None;
        }
        let id = &self.component.id;
        Some(Finding::new(
            Severity::Slowing,
            "records-not-in-code",
            Subject::Component(id.clone()),
            format!(
                "the record of {} is the primary one of {id}, and {} says otherwise: the next apply of that stack would send clients \
                 elsewhere",
                side.site,
                file.display()
            ),
            format!(
                "write `\"{PRIMARY}\": \"{}\"` there, or take the file from the machine that shifted clients",
                side.site
            ),
        ))
    }
}

/// The site that the file names. One that says nothing stands for the home primary.
fn said(file: &Path) -> Option<String> {
    let bytes = std::fs::read(file).ok()?;
    let values: Map<String, Value> = serde_json::from_slice(&bytes).ok()?;
    Some(values.get(PRIMARY)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests;
