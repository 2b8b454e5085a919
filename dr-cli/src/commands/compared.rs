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
            None => discover::scan(estate, None, session).map_err(|error| offline(error, again))?,
        };
        drift::check(estate, &scan).map_err(|error| unreadable(&error))?;
        let direction = direction(estate, &scan, self.to.as_ref(), again)?;
        Ok((scan, direction))
    }
}

/// A build that reaches nothing can judge what another one kept.
#[cfg(not(feature = "real"))]
fn offline(error: Error, again: &str) -> Error {
    error
        .hint(format!(
            "{again} --scan FILE, where a build with the real world wrote FILE: dr discover -o FILE"
        ))
        .hint("cargo install --locked --path dr-cli")
}

#[cfg(feature = "real")]
fn offline(error: Error, _: &str) -> Error {
    error
}

/// There is nothing below the components of the simulated estate.
pub(crate) fn not_simulated(command: &str) -> Error {
    Error::usage(
        "the simulated estate cannot be judged: it has components, and no networks, groups, keys or addresses below them",
    )
    .hint(format!("{command} --scan FILE, of what `dr discover -o FILE` kept of real sites"))
    .hint("dr failover --simulate")
}

/// Two columns that cannot be compared.
pub(crate) fn unreadable(error: &drift::Unreadable) -> Error {
    let code = match error {
        drift::Unreadable::Form(_) => ExitCode::Invalid,
        _ => ExitCode::Usage,
    };
    Error::new(code, "these two columns cannot be compared")
        .because(error)
        .hint("dr discover -o dr.json")
}

/// What was read before.
pub(crate) fn kept(path: &Path) -> Result<EstateScan> {
    let text = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::usage(format!("there is no file {}", path.display()))
                .hint(format!("dr discover -o {}", path.display()))
        }
        _ => Error::file("read", path, &error),
    })?;
    let scan: EstateScan = serde_json::from_slice(&text).map_err(|error| {
        Error::new(
            ExitCode::Invalid,
            format!("{} is nothing that dr discover wrote", path.display()),
        )
        .because(&error)
        .hint("dr discover -o dr.json")
    })?;
    Ok(scan.as_kept())
}

/// What was read before, to be compared with `scan`: the same estate's two sites, and not after it.
///
/// # Errors
/// It is something else.
pub(crate) fn earlier(path: &Path, estate: &Estate, scan: &EstateScan) -> Result<EstateScan> {
    let last = kept(path)?;
    let wrong = |error: Error| Error {
        message: format!("{} is no earlier scan to compare with", path.display()),
        ..error
    };
    drift::check(estate, &last).map_err(|error| wrong(unreadable(&error)))?;
    let newest = |scan: &EstateScan| scan.parts().map(|part| part.at).max();
    if newest(&last) > newest(scan) {
        let read = |scan| {
            newest(scan)
                .unwrap_or_default()
                .strftime("%Y-%m-%d %H:%M:%S UTC")
        };
        let because = format!(
            "it was read at {}, after what it is to be compared with, at {}",
            read(&last),
            read(scan)
        );
        let newer = Error {
            causes: vec![because],
            ..Error::usage("")
        };
        return Err(wrong(newer).hint("give the newer one as --scan and the older one as --since"));
    }
    Ok(last)
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
