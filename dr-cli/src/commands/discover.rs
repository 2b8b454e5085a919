//! `dr discover`.

use std::path::PathBuf;

use clap::Args;
use dr_core::model::{Estate, EstateScan, SiteId};

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files;
use crate::render::resources;
use crate::session::Session;

/// Read everything that stands in the sites' accounts, and say what could not be read; change nothing
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr discover                                Read both sites at once
  dr discover --site california -o dr.json   Read one site, and keep everything that was read
  dr discover --output json | jq '.sites[].gaps'")]
pub(crate) struct DiscoverArgs {
    /// Read this site only [default: both]
    #[arg(long, value_name = "SITE")]
    site: Option<SiteId>,
    /// Keep everything that was read in this file, as JSON
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Refused: the simulated estate has components, and nothing below them that could be read
    #[arg(long)]
    simulate: bool,
}

/// Reads, shows, and keeps what was read where that is wanted.
pub(crate) fn run(args: &DiscoverArgs, session: &Session) -> Result<ExitCode> {
    if args.simulate {
        return Err(Error::usage(
            "the simulated estate cannot be discovered: it has components, and no networks, groups, keys or \
             addresses below them",
        )
        .hint("dr discover")
        .hint("dr plan failover --simulate"));
    }
    let files = session.estate()?;
    if let Some(site) = &args.site {
        files::known_site(&files.estate, site)?;
    }
    let scan = scan(&files.estate, args.site.as_ref(), session)?;
    if let Some(path) = &args.out {
        keep(&scan, path)?;
        session.out.notice(&format!("wrote {}", path.display()));
    }
    if session.out.is_json() {
        session.out.json(&scan);
    } else {
        session
            .out
            .result(&resources::text(&scan, session.out.style()));
    }
    Ok(if scan.is_complete() {
        ExitCode::Done
    } else {
        ExitCode::InventoryIncomplete
    })
}

fn keep(scan: &EstateScan, path: &std::path::Path) -> Result<()> {
    let text = serde_json::to_string_pretty(scan).map_err(|error| {
        Error::new(ExitCode::Unexpected, "cannot write what was read as JSON").because(&error)
    })?;
    std::fs::write(path, text + "\n").map_err(|error| Error::file("write", path, &error))
}

/// Reads one site or both, with a line of progress.
#[cfg(feature = "real")]
pub(crate) fn scan(
    estate: &Estate,
    only: Option<&SiteId>,
    session: &Session,
) -> Result<EstateScan> {
    let runtime = session.runtime()?;
    let watch = crate::render::reading::Reading::new(session.out.clone());
    let scan = runtime.block_on(read(estate, only, &watch));
    watch.end();
    scan
}

/// Reads one site or both.
///
/// # Errors
/// A site is no AWS account.
#[cfg(feature = "real")]
pub(crate) async fn read(
    estate: &Estate,
    only: Option<&SiteId>,
    watch: &dyn dr_core::port::ScanWatch,
) -> Result<EstateScan> {
    use std::sync::Arc;

    use dr_core::adapter::aws::AwsSite;
    use dr_core::adapter::aws::scan::AwsScanner;
    use dr_core::adapter::local::SystemClock;
    use dr_core::discover::budget::Share;
    use dr_core::discover::{self, Scanners};
    use dr_core::model::Platform;
    use dr_core::port::Scanner;

    let wanted = estate
        .sites
        .iter()
        .filter(|site| only.is_none_or(|only| site.id == *only));
    let mut scanners = Scanners::new();
    for site in wanted {
        if site.platform != Platform::Aws {
            return Err(Error::usage(format!(
                "{} is no AWS account: only those can be discovered",
                site.id
            )));
        }
        let connection = AwsSite::connect(site, Arc::new(SystemClock)).await;
        let scanner: Arc<dyn Scanner> =
            Arc::new(AwsScanner::new(connection, estate, Share::default()));
        scanners.insert(site.id.clone(), scanner);
    }
    Ok(discover::scan(estate, &scanners, &SystemClock, watch).await)
}

/// Refused: this build has no adapters.
#[cfg(not(feature = "real"))]
pub(crate) fn scan(
    estate: &Estate,
    _only: Option<&SiteId>,
    _session: &Session,
) -> Result<EstateScan> {
    Err(crate::wiring::no_adapters(estate))
}
