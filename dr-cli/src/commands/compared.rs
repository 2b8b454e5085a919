//! What commands take that judge both sites: where it was read, and which way a failover would go.

use std::path::{Path, PathBuf};

use clap::Args;
use dr_core::drift;
use dr_core::model::{Direction, Estate, EstateScan, SiteId};

use super::discover;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files;
use crate::session::Session;

/// Where both sites are read, and which one is to take over.
#[derive(Debug, Clone, Args)]
pub(crate) struct ComparedArgs {
    /// Judge what `dr discover -o FILE` kept, and ask nobody
    #[arg(long, value_name = "FILE")]
    pub(crate) scan: Option<PathBuf>,
    /// The site that is to take over [default: the one whose databases are replicas now]
    #[arg(long, value_name = "SITE")]
    pub(crate) to: Option<SiteId>,
}

impl ComparedArgs {
    /// Whether what was kept is judged, and nobody is asked.
    pub(crate) fn is_kept(&self) -> bool {
        self.scan.is_some()
    }

    /// What was read, and the direction; `again` is the command, for hints.
    ///
    /// # Errors
    /// The file is nothing that `dr discover` wrote, or nothing tells which site takes the writes.
    pub(crate) fn read(
        &self,
        estate: &Estate,
        again: &str,
        session: &Session,
    ) -> Result<(EstateScan, Direction)> {
        if let Some(site) = &self.to {
            files::known_site(estate, site)?;
        }
        let scan = match &self.scan {
            Some(path) => kept(path)?,
            None => discover::scan(estate, None, session)?,
        };
        let direction = direction(estate, &scan, self.to.as_ref(), again)?;
        Ok((scan, direction))
    }
}

/// Two columns that cannot be compared.
pub(crate) fn unreadable(error: &drift::Unreadable) -> Error {
    Error::usage("these two columns cannot be compared")
        .because(error)
        .hint("dr discover -o dr.json")
}

/// What was read before.
pub(crate) fn kept(path: &Path) -> Result<EstateScan> {
    let text = std::fs::read(path).map_err(|error| Error::file("read", path, &error))?;
    serde_json::from_slice(&text).map_err(|error| {
        Error::new(
            ExitCode::Invalid,
            format!("{} is nothing that dr discover wrote", path.display()),
        )
        .because(&error)
        .hint("dr discover -o dr.json")
    })
}

pub(crate) fn direction(
    estate: &Estate,
    scan: &EstateScan,
    to: Option<&SiteId>,
    again: &str,
) -> Result<Direction> {
    if let Some(to) = to {
        return Ok(Direction {
            from: estate.other_site(to).id.clone(),
            to: to.clone(),
        });
    }
    let is_bound = estate
        .bindings
        .values()
        .any(|bindings| !bindings.is_empty());
    match drift::direction(estate, scan) {
        Some(direction) => Ok(direction),
        // Nothing says who takes the writes: an estate without a database is at home as far as anybody knows.
        None if !is_bound => Ok(estate.outward()),
        None => Err(
            Error::usage("what was read does not tell which site takes the writes now")
                .hint(format!("{again} --to {}", estate.outward().to)),
        ),
    }
}
