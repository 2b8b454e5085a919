//! `dr watch`.

use std::path::PathBuf;

use clap::Args;
use dr_core::model::SiteId;

use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::files;
use crate::session::Session;

#[cfg(feature = "watch")]
mod looking;
#[cfg(feature = "watch")]
mod watching;

/// Compare both sites on a schedule, keep a history, serve metrics, and tell people what changes
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr watch                                   Watch as `watch` of the estate says, until Ctrl-C or SIGTERM
  dr watch --once                            One round, with the same history and the same notifications
  dr watch --scan /var/lib/dr/scan.json      Compare what something else keeps there, read anew each round
  curl -s http://127.0.0.1:9464/metrics

Exit codes of --once: 0 in sync, 10 something differs, 11 something could not be read, 13 something stops a failover.")]
pub(crate) struct WatchArgs {
    /// Make one round, tell everybody once, and end
    #[arg(long)]
    once: bool,
    /// Compare what `dr discover -o FILE` keeps there, and ask nobody
    #[arg(long, value_name = "FILE")]
    scan: Option<PathBuf>,
    /// The site that is to take over [default: the one whose databases are replicas now]
    #[arg(long, value_name = "SITE")]
    to: Option<SiteId>,
}

/// Carries out `dr watch`.
pub(crate) fn run(args: &WatchArgs, session: &Session) -> Result<ExitCode> {
    let estate = session.estate()?.estate;
    if let Some(site) = &args.to {
        files::known_site(&estate, site)?;
    }
    #[cfg(feature = "watch")]
    return watching::watch(args, estate, session);
    #[cfg(not(feature = "watch"))]
    {
        let _ = (args.once, &args.scan);
        Err(crate::error::Error::usage(
            "this build of dr has only the simulator, which nobody needs to watch",
        )
        .hint("cargo install --path dr-cli"))
    }
}
