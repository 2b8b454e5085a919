//! `dr watch`.

use clap::Args;

use super::compared::ComparedArgs;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::files;
use crate::session::Session;

#[cfg(feature = "watch")]
mod fencing;
#[cfg(feature = "watch")]
mod looking;
#[cfg(feature = "watch")]
mod watching;

/// Look on a schedule what differs and whether the standby could take over, keep a history, serve metrics, and tell people
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr watch                                   Watch as `watch` of the estate says, until Ctrl-C or SIGTERM
  dr watch --once                            One round, with the same history and the same notifications
  dr watch --scan /var/lib/dr/scan.json      Compare what something else keeps there, read anew each round
  curl -s http://127.0.0.1:9464/metrics

Exit codes of --once: the worst of what drift, ready and status come to: 0 in sync, ready and no fence pending, 10 something
differs or adds minutes, 11 something could not be read, 13 something stops a failover, or a fence is pending.")]
pub(crate) struct WatchArgs {
    /// Make one round, tell everybody once, and end
    #[arg(long)]
    once: bool,
    /// Look only at what is due by the schedule since the last round: for a timer
    #[arg(long, requires = "once")]
    due: bool,
    #[command(flatten)]
    compared: ComparedArgs,
}

/// Carries out `dr watch`.
pub(crate) fn run(args: &WatchArgs, session: &Session) -> Result<ExitCode> {
    let estate = session.judged_estate()?.estate;
    if let Some(site) = &args.compared.to {
        files::known_site(&estate, site)?;
    }
    #[cfg(feature = "watch")]
    return watching::watch(args, estate, session);
    #[cfg(not(feature = "watch"))]
    {
        let _ = (args.once, args.due);
        let refused = crate::error::Error::usage("this build of dr does not watch");
        // What something else keeps in a file is compared without the adapters of a cloud, which take 8 GB to build.
        let small = "cargo install --path dr-cli --no-default-features --features watch";
        Err(match args.compared.is_kept() {
            true => refused.hint(small),
            false => refused
                .hint("cargo install --path dr-cli")
                .hint(format!("{small}: a small build, for dr watch --scan FILE")),
        })
    }
}
