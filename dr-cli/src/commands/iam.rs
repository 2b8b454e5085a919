//! `dr iam`.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
#[cfg(feature = "real")]
use dr_core::access::Subject;
use dr_core::access::{self, Need, Policy};
use dr_core::drift::form::printable_json;
use dr_core::model::{Direction, Estate, Fences, Platform, SiteId};
use dr_core::runbook::Runbook;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files::{self, EstateFiles};
use crate::session::Session;

/// Characters that a managed policy holds (IAM user guide, "reference_iam-quotas").
const MANAGED_POLICY: usize = 6144;

/// Say what `dr` must be allowed to do
#[derive(Debug, Subcommand)]
pub(crate) enum IamCommand {
    Policy(PolicyArgs),
}

/// Print the least IAM policy for the runbooks, from the calls that their actions make
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr iam policy                              Allow every runbook beside the estate, in both directions
  dr iam policy failover                     Allow a failover from the home primary, and planning it
  dr iam policy --discover > policy.json     Allow `dr discover` as well
  dr iam policy --watch                      Only what looks: discover, drift, ready, status and watch, and no run
  dr iam policy --site california            Only what is called there, where each site has its own account")]
pub(crate) struct PolicyArgs {
    /// Allow this: failover, failback, switchover, or a runbook's file [default: all of them]
    #[arg(value_name = "RUNBOOK")]
    runbook: Option<String>,
    /// Allow only what is called in this site's account
    #[arg(long, value_name = "SITE")]
    site: Option<SiteId>,
    /// Allow what `dr discover` reads
    #[arg(long)]
    discover: bool,
    /// Allow only what dr discover, drift, ready, status and watch call: they read, and remember what Git servers held; and
    /// what a fence needs where `watch` of the estate says that pending ones are applied
    #[arg(long, conflicts_with_all = ["runbook", "discover"])]
    watch: bool,
}

/// Carries out `dr iam`.
pub(crate) fn run(command: &IamCommand, session: &Session) -> Result<ExitCode> {
    match command {
        IamCommand::Policy(args) => policy(args, session),
    }
}

fn policy(args: &PolicyArgs, session: &Session) -> Result<ExitCode> {
    let files = session.estate()?;
    let estate = &files.estate;
    if let Some(site) = &args.site {
        files::known_site(estate, site)?;
    }
    if estate
        .sites
        .iter()
        .all(|site| site.platform != Platform::Aws)
    {
        return Err(Error::usage(format!(
            "no site of {} is on AWS: there is nothing that IAM could allow",
            estate.name
        )));
    }
    let mut needs = BTreeSet::new();
    if args.watch {
        needs.extend(access::reads(estate));
        let fences = estate.watch.as_ref().map(|watch| watch.fences);
        if fences == Some(Fences::Apply) {
            needs.extend(access::fencing(estate));
        }
    } else {
        for (runbook, direction) in movements(args, &files)? {
            needs.extend(access::needs(&runbook, estate, &direction));
        }
    }
    if args.discover || args.watch {
        needs.extend(discovery(estate)?);
    }
    if let Some(only) = &args.site {
        needs.retain(|need| need.site.as_ref().is_none_or(|site| site == only));
    }
    if estate.bindings.is_empty() {
        session.out.notice(
            "the estate binds nothing, so that no statement can be confined to its resources (docs/estate.md, `bindings`)",
        );
    }
    if needs.is_empty() {
        session.out.notice(
            "this allows nothing: no runbook stands beside the estate; write one (`dr init` has examples), or ask for what only looks: \
             dr iam policy --watch",
        );
    }
    let policy = Policy::of(&needs, estate);
    let length = policy.length();
    if length > MANAGED_POLICY {
        session.out.notice(&format!(
            "{length} characters: one managed policy holds {MANAGED_POLICY}; put it into a role as its own policy (10240), or \
             make one a runbook or one a site (--site)"
        ));
    }
    session.out.verbatim(&printable_json(&policy.to_json()));
    Ok(ExitCode::Done)
}

/// The runbooks, each with the directions in which it is carried out.
fn movements(args: &PolicyArgs, files: &EstateFiles) -> Result<Vec<(Runbook, Direction)>> {
    let out = files.estate.outward();
    let home = out.reversed();
    let Some(name) = &args.runbook else {
        let mut all = Vec::new();
        for source in files.runbook_sources()? {
            let runbook = files::parse_runbook(source)?;
            all.push((runbook.clone(), out.clone()));
            all.push((runbook, home.clone()));
        }
        return Ok(all);
    };
    Ok(match name.as_str() {
        "failover" => vec![(files.runbook("failover")?, out)],
        "failback" => vec![(files.runbook("failback")?, home)],
        "switchover" => {
            let runbook = files.runbook("failover")?;
            vec![(runbook.clone(), out), (runbook, home)]
        }
        path => {
            let runbook = files.runbook_file(path.as_ref())?;
            vec![(runbook.clone(), out), (runbook, home)]
        }
    })
}

#[cfg(feature = "real")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "without adapters there is nothing to list"
)]
fn discovery(estate: &Estate) -> Result<BTreeSet<Need>> {
    let calls = dr_core::adapter::aws::scan::calls();
    let sites = || {
        estate
            .sites
            .iter()
            .filter(|site| site.platform == Platform::Aws)
    };
    Ok(calls
        .iter()
        .flat_map(|call| {
            sites().map(move |site| Need {
                service: call.api.service.to_owned(),
                action: call.action.to_owned(),
                site: (!call.api.global_control).then(|| site.id.clone()),
                subject: Subject::Account,
                via: None,
            })
        })
        .collect())
}

#[cfg(not(feature = "real"))]
fn discovery(estate: &Estate) -> Result<BTreeSet<Need>> {
    Err(crate::wiring::no_adapters(estate))
}
