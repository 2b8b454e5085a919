//! The watcher, put together and run until it is told to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::adapter::local::{History, Opened, SystemClock};
use dr_core::adapter::observer::Room;
use dr_core::adapter::watch::{receivers, router};
use dr_core::adapter::{LocalSecrets, Secrets};
use dr_core::drift::form::visible;
use dr_core::model::{Estate, Receiver, SecretRef, Watch};
use dr_core::port::{Clock, ErrorClass, Narrator, PortError};
use dr_core::status::{PendingFence, Unread};
use dr_core::watch::{Board, Found, Report, Watcher};
use dr_core::{drift, readiness};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::WatchArgs;
use super::looking::{Looking, Source};
use crate::commands::drift::exit_code as drift_code;
use crate::commands::ready::exit_code as ready_code;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::output::Output;
use crate::render;
use crate::session::Session;

pub(super) fn watch(args: &WatchArgs, estate: Estate, session: &Session) -> Result<ExitCode> {
    let watch = estate.watch.clone().unwrap_or_default();
    let Opened {
        history,
        state,
        last,
    } = History::open(&session.store, &estate.name, watch.keep)
        .map_err(|error| unusable(&error, session))?;
    let secrets: Arc<dyn Secrets> = Arc::new(LocalSecrets::new(named_variables(&watch)));
    let receivers = receivers(&watch.notify, &secrets).map_err(|error| {
        Error::new(ExitCode::Unexpected, "nobody could be told of anything").because(&error)
    })?;
    let board = Arc::new(Board::new(estate.name.clone()));
    let source = source(args, &estate, session)?;
    let mut watcher = Watcher {
        state,
        last: last.map(Arc::new),
        clock: Arc::new(SystemClock),
        look: Arc::new(Looking {
            name: estate.name,
            compared: args.compared.clone(),
            session: session.quietly(),
            source,
            fences: watch.fences,
            turn: Arc::default(),
        }),
        receivers,
        ledger: Box::new(history),
        board: board.clone(),
        narrator: Arc::new(Log(session.out.clone())),
        watch,
    };
    let runtime = session.runtime()?;
    if args.once {
        runtime.block_on(once(&mut watcher, args.due, session))
    } else {
        runtime.block_on(until_told(&mut watcher, board, session))
    }
}

/// The history cannot be used.
fn unusable(error: &PortError, session: &Session) -> Error {
    let kind = match error.class {
        ErrorClass::Conflict => ExitCode::AnotherRun,
        _ => ExitCode::Unexpected,
    };
    let place = session.store.join("watch");
    Error::new(
        kind,
        format!("the history in {} cannot be used", place.display()),
    )
    .because(error)
}

/// The environment variables that the receivers name.
fn named_variables(watch: &Watch) -> BTreeMap<String, secrecy::SecretString> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a variable that the estate names is the user's environment, and the CLI is where that is read"
    )]
    let read = |name: &String| std::env::var(name).ok();
    let secrets = watch.notify.iter().flat_map(Receiver::secrets);
    secrets
        .filter_map(|secret| match secret {
            SecretRef::Env(name) => Some((name.clone(), read(name)?.into())),
            _ => None,
        })
        .collect()
}

#[cfg(feature = "real")]
fn source(args: &WatchArgs, estate: &Estate, session: &Session) -> Result<Source> {
    use super::looking::Sites;
    use crate::real::RealWorld;

    if let Some(path) = &args.compared.scan {
        return Ok(Source::File(path.clone()));
    }
    let ports = if estate.bindings.is_empty() {
        None
    } else {
        match RealWorld::reach(estate, session) {
            Ok(world) => Some(world.towards(&estate.outward()).ports),
            Err(error) => {
                let why = error.causes.join("; ");
                session
                    .out
                    .notice(&format!("replication lag is not read: {why}"));
                None
            }
        }
    };
    Ok(Source::Sites(Box::new(Sites { ports })))
}

#[cfg(not(feature = "real"))]
fn source(args: &WatchArgs, estate: &Estate, _: &Session) -> Result<Source> {
    match &args.compared.scan {
        Some(path) => Ok(Source::File(path.clone())),
        None => Err(crate::wiring::no_adapters(estate).hint("dr watch --scan FILE")),
    }
}

async fn once(watcher: &mut Watcher, only_due: bool, session: &Session) -> Result<ExitCode> {
    let ended = watcher.once(only_due).await;
    if ended.untold > 0 {
        session.out.notice(&format!(
            "{} not told yet: the next round tries again",
            ended.untold
        ));
    }
    let mut worst = ExitCode::Done;
    let mut shown = Shown::default();
    for (job, report) in ended.reports {
        let code = match &report {
            Ok(Report::Drift(report, _)) => drift_code(report),
            Ok(Report::Ready(report)) => ready_code(report),
            Ok(Report::Status(fences, unread)) => match (fences.is_empty(), unread.is_empty()) {
                (false, _) => ExitCode::BlockingDrift,
                (true, false) => ExitCode::InventoryIncomplete,
                (true, true) => ExitCode::Done,
            },
            Err(_) => ExitCode::InventoryIncomplete,
        };
        worst = worst.max(code);
        match report {
            Ok(Report::Drift(report, _)) => shown.drift = Some(report),
            Ok(Report::Ready(report)) => shown.ready = Some(report),
            Ok(Report::Status(pending, unread)) => {
                shown.fences = pending;
                shown.unread = unread;
            }
            Err(why) => drop(shown.failed.insert(job.name(), why)),
        }
    }
    shown.show(session);
    match ended.history {
        None => Ok(worst),
        Some(why) => Err(Error::new(
            ExitCode::Unexpected,
            format!("the history could not be written: {why}"),
        )),
    }
}

/// What a single round shows.
#[derive(Default, Serialize)]
struct Shown {
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<drift::Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<readiness::Report>,
    /// Fences that are still to be applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fences: Vec<PendingFence>,
    /// What could not be read of the runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unread: Vec<Unread>,
    /// Why nothing could be said, by job.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    failed: BTreeMap<&'static str, String>,
}

impl Shown {
    fn show(&self, session: &Session) {
        let out = &session.out;
        if out.is_json() {
            return out.json(self);
        }
        if let Some(report) = &self.drift {
            out.result(&render::drift::text(report, out.style()));
        }
        if let Some(report) = &self.ready {
            out.result(&render::ready::text(report, out.style()));
        }
        let left = Found::status(&self.fences, &self.unread);
        for fence in left.findings.values() {
            out.result(&format!("{}; {}\n", fence.message, fence.fix));
        }
        for gap in &left.unknown {
            out.result(&format!("not read: {}\n", visible(gap)));
        }
        for (job, why) in &self.failed {
            out.error(&format!("nothing could be said of {job}: {why}\n"));
        }
    }
}

async fn until_told(
    watcher: &mut Watcher,
    board: Arc<Board>,
    session: &Session,
) -> Result<ExitCode> {
    let failed = |what: String| {
        move |error: std::io::Error| Error::new(ExitCode::Unexpected, what).because(&error)
    };
    let address = watcher.watch.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(failed(format!("cannot listen at {address}")))?;
    let listening = listener
        .local_addr()
        .map_err(failed("cannot tell where it listens".to_owned()))?;
    let mut end =
        signal(SignalKind::terminate()).map_err(failed("cannot listen for SIGTERM".to_owned()))?;
    session.out.notice(&format!(
        "watching {} by \"{}\", \"{}\" and \"{}\"; told at http://{listening}/metrics; Ctrl-C ends it",
        watcher.state.estate, watcher.watch.drift, watcher.watch.ready, watcher.watch.status
    ));
    let app = router(board, Arc::new(SystemClock));
    tokio::select! {
        served = async { axum::serve(Room::new(listener), app).await } =>
            served.map_err(failed("cannot answer any more".to_owned()))?,
        () = watcher.run() => {}
        pressed = tokio::signal::ctrl_c() =>
            pressed.map_err(failed("cannot listen for Ctrl-C".to_owned()))?,
        _ = end.recv() => {}
    }
    session.out.notice("ended");
    Ok(ExitCode::Done)
}

/// A line a thing that happens, with its time.
struct Log(Output);

impl Narrator for Log {
    fn line(&self, place: &str, line: &str) {
        let at = SystemClock.now();
        self.0
            .notice(&format!("{at:.0} {place}: {}", visible(line)));
    }
}
