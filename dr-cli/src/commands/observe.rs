//! `dr observe`.

use std::net::SocketAddr;

use clap::Args;
use dr_core::model::SiteId;

use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::files;
use crate::session::Session;

/// Measure from outside both sites what clients get, and tell it to `dr`
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dr observe --write https://shop.example.com/canary
      One write a second through the name that clients use; told at http://127.0.0.1:9188
  dr observe --write https://shop.example.com/canary --listen 10.9.0.4:9188
      Told to other machines, too: the estate names it as `http://10.9.0.4:9188` under `observers`
  dr observe --write http://10.9.0.9/canary --site ohio=10.1.0.5 --site california=10.2.0.5
      Where the estate's bindings do not say which address leads to which site")]
pub(crate) struct ObserveArgs {
    /// Write here by POST, once a second; any 2xx acknowledges it
    #[arg(long, value_name = "URL")]
    write: String,
    /// Tell what was measured here
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9188")]
    listen: SocketAddr,
    /// This name or address leads to that site alone [default: as the bindings of the front door say]
    #[arg(long = "site", value_name = "SITE=NAME", value_parser = site_and_name)]
    sites: Vec<(SiteId, String)>,
}

fn site_and_name(text: &str) -> std::result::Result<(SiteId, String), String> {
    let (site, name) = text
        .split_once('=')
        .filter(|(_, name)| !name.is_empty())
        .ok_or("expected SITE=NAME, such as ohio=alb-1.example.com")?;
    let site = site.parse().map_err(|error| format!("{error}"))?;
    Ok((site, name.to_owned()))
}

/// Carries out `dr observe`, until Ctrl-C.
pub(crate) fn run(args: &ObserveArgs, session: &Session) -> Result<ExitCode> {
    let estate = session.estate()?.estate;
    for (site, _) in &args.sites {
        files::known_site(&estate, site)?;
    }
    #[cfg(feature = "real")]
    return real::observe(args, &estate, session);
    #[cfg(not(feature = "real"))]
    Err(
        Error::usage("this build of dr has only the simulator, which measures its clients itself")
            .hint("cargo install --path dr-cli"),
    )
}

#[cfg(feature = "real")]
mod real {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use dr_core::adapter::local::SystemClock;
    use dr_core::adapter::observer::{Observer, Room, router};
    use dr_core::model::{Binding, Estate, Kind};
    use dr_core::port::Clock;
    use tokio::net::TcpListener;
    use tokio::time::{MissedTickBehavior, interval};

    use super::*;

    /// How often the sites' names are looked up again: as often as the addresses of a load balancer may change (its records
    /// have a TTL of 60 s: Elastic Load Balancing user guide, "how-elastic-load-balancing-works").
    const LEARN: Duration = Duration::from_secs(60);

    pub(super) fn observe(
        args: &ObserveArgs,
        estate: &Estate,
        session: &Session,
    ) -> Result<ExitCode> {
        let sites = names(args, estate)?;
        let observer = Observer::new(&args.write, sites)
            .map_err(|error| Error::usage(format!("--write {}", args.write)).because(&error))?;
        let runtime = session.runtime()?;
        runtime.block_on(serve(args, Arc::new(observer), session))
    }

    /// What leads to each site: as given, else as the front doors' bindings say.
    fn names(args: &ObserveArgs, estate: &Estate) -> Result<BTreeMap<SiteId, Vec<String>>> {
        let mut names: BTreeMap<SiteId, Vec<String>> = BTreeMap::new();
        for (site, name) in &args.sites {
            names.entry(site.clone()).or_default().push(name.clone());
        }
        for site in &estate.sites {
            if names.contains_key(&site.id) {
                continue;
            }
            let answers = estate.of_kind(Kind::Traffic).filter_map(|door| {
                match estate.binding(&door.id, &site.id)? {
                    Binding::Route53(binding) => Some(&binding.answers),
                    _ => None,
                }
            });
            let answers: Vec<String> = answers.flatten().cloned().collect();
            if answers.is_empty() {
                let message = format!("what leads to {} alone is not known", site.id);
                return Err(Error::usage(message).hint(format!("--site {}=NAME", site.id)));
            }
            names.insert(site.id.clone(), answers);
        }
        Ok(names)
    }

    async fn serve(
        args: &ObserveArgs,
        observer: Arc<Observer>,
        session: &Session,
    ) -> Result<ExitCode> {
        let failed = |what: String| {
            move |error: std::io::Error| Error::new(ExitCode::Unexpected, what).because(&error)
        };
        let listener = TcpListener::bind(args.listen)
            .await
            .map_err(failed(format!("cannot listen at {}", args.listen)))?;
        let listening = listener
            .local_addr()
            .map_err(failed("cannot tell where it listens".to_owned()))?;
        session.out.notice(&format!(
            "writing to {} once a second; told at http://{listening}; Ctrl-C ends it",
            args.write
        ));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let app = router(observer.clone(), clock.clone());
        tokio::select! {
            served = async { axum::serve(Room::new(listener), app).await } =>
                served.map_err(failed("cannot answer any more".to_owned()))?,
            () = measure(&observer, &*clock) => {}
            pressed = tokio::signal::ctrl_c() =>
                pressed.map_err(failed("cannot listen for Ctrl-C".to_owned()))?,
        }
        Ok(ExitCode::Done)
    }

    /// Measures once a second, each write beside the others: one that hangs holds no other up.
    async fn measure(observer: &Arc<Observer>, clock: &dyn Clock) {
        let mut seconds = interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut minutes = interval(LEARN);
        loop {
            tokio::select! {
                _ = seconds.tick() => {
                    let (observer, now) = (observer.clone(), clock.now());
                    tokio::spawn(async move { observer.measure(now).await });
                }
                _ = minutes.tick() => {
                    let (observer, now) = (observer.clone(), clock.now());
                    tokio::spawn(async move { observer.learn(now).await });
                }
            }
        }
    }
}
