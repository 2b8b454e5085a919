//! Prometheus: what it scrapes comes from a target file (`file_sd_configs`) that `dr` writes; that it scrapes it is read from
//! Prometheus itself (Prometheus, "HTTP API", "Management API", "Configuration", `file_sd_config`).

mod answer;
mod judge;
mod target_file;

use async_trait::async_trait;
use futures_util::future::{OptionFuture, try_join3};
use reqwest::Method;
use serde::de::DeserializeOwned;

use self::answer::{AlertManagers, Alerts, Envelope, Sample, Samples, Targets};
use self::judge::Side;
use self::target_file::TargetFile;
use super::Here;
use super::http::{Api, Request};
use crate::model::{Duration, MonitoringState, PrometheusBinding, SiteId};
use crate::port::{ErrorClass, Monitoring, Permit, PortError, PortResult};

/// How long Prometheus is given to notice a file by itself, and again after it was told to reload. It gathers changes of
/// targets for 5 s before it scrapes them, at two places one behind the other (`discovery/manager.go`, `scrape/manager.go`).
const NOTICE: Duration = Duration::from_secs(15);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// A Prometheus server on one site.
pub struct PrometheusServer {
    api: Api,
    file: TargetFile,
    dead_man: Option<String>,
    /// What to scrape while this site is watched, and while the other one is.
    sides: [Side; 2],
}

impl PrometheusServer {
    /// The server of `binding`. The targets of the other site stand in the binding there.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] where the binding cannot work: no address, no targets, targets that do not tell the sites
    /// apart, a file that Prometheus would not read.
    pub fn new(
        here: Here,
        binding: &PrometheusBinding,
        peer: &PrometheusBinding,
    ) -> PortResult<Self> {
        let sides = [
            Side::new(&here.site.id, &binding.targets),
            Side::new(&here.peer.id, &peer.targets),
        ];
        let api = Api::new(here, "prometheus", &binding.url)?;
        let refused = |why: String| api.error(ErrorClass::Invalid, "Connect", why);
        judge::distinct(&sides).map_err(refused)?;
        let file = TargetFile::new(&binding.targets_file).map_err(refused)?;
        Ok(Self {
            api,
            file,
            dead_man: binding.dead_man.clone(),
            sides,
        })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        call: &'static str,
        path: &str,
        query: &[(&str, &str)],
    ) -> PortResult<T> {
        let path = ["api", "v1", path];
        let request = Request {
            query,
            ..Request::get(call, &path)
        };
        let answer: Envelope<T> = self.api.json(&request).await?;
        Ok(answer.data)
    }

    /// What it scrapes because of the file.
    async fn targets(&self) -> PortResult<Targets> {
        let targets: Targets = self
            .get("GetTargets", "targets", &[("state", "active")])
            .await?;
        Ok(targets.of_file(self.file.name()))
    }

    /// The newest sample of each target that said `up`.
    async fn samples(&self, targets: &Targets) -> PortResult<Vec<Sample>> {
        if targets.active.is_empty() {
            return Ok(Vec::new());
        }
        let query = answer::up_query(targets);
        let samples: Samples = self.get("Query", "query", &[("query", &query)]).await?;
        Ok(samples.result)
    }

    fn side(&self, site: &SiteId) -> PortResult<&Side> {
        let known = self.sides.iter().find(|side| side.site == *site);
        known.ok_or_else(|| {
            let message = format!("{site} is no site of the estate");
            self.api.error(ErrorClass::Invalid, "WriteTargets", message)
        })
    }

    /// Waits until it scrapes what the file names.
    async fn notices(&self, side: &Side) -> PortResult<bool> {
        let until = NOTICE.after(self.api.here.clock.now());
        loop {
            let found = match self.targets().await {
                Ok(targets) => Ok(judge::scrapes(side, &self.sides, &targets)),
                Err(error) if error.class.is_retryable() => Err(error),
                Err(error) => return Err(in_doubt(error)),
            };
            if let Ok(true) = found {
                return Ok(true);
            }
            if PAUSE.after(self.api.here.clock.now()) > until {
                return found.map_err(in_doubt);
            }
            self.api.here.clock.sleep(PAUSE).await;
        }
    }

    async fn reload(&self, side: &Side, permit: &Permit) -> PortResult<()> {
        let request = Request {
            method: Method::POST,
            ..Request::get("Reload", &["-", "reload"])
        };
        self.api.check(request.call, permit)?;
        let answer = self.api.send(&request).await?;
        let file = self.file.name();
        let message = match answer.status {
            200 if self.notices(side).await? => return Ok(()),
            200 => format!(
                "{file} is written and the configuration reloaded, and still the targets of {} are not those that it \
                 scrapes: does a `file_sd_configs` of it name that file, and does no rule drop them?",
                side.site
            ),
            // What it answers without `--web.enable-lifecycle` ("Management API").
            403 => format!(
                "{file} is written, and Prometheus has not noticed it in {NOTICE}; it reloads on no request either: start it \
                 with --web.enable-lifecycle, send it SIGHUP, or wait for the `refresh_interval` of its `file_sd_configs`"
            ),
            _ => return Err(self.api.refusal(&request, &answer)),
        };
        Err(self.api.error(ErrorClass::Conflict, request.call, message))
    }
}

/// After the file was written, an answer that is missing no longer means that nothing was changed.
fn in_doubt(error: PortError) -> PortError {
    PortError {
        class: ErrorClass::Indeterminate,
        ..error
    }
}

#[async_trait]
impl Monitoring for PrometheusServer {
    /// [`ErrorClass::Conflict`] while it scrapes no target of either site, or targets of both.
    async fn observe(&self) -> PortResult<MonitoringState> {
        let alerts = self.dead_man.as_ref();
        let alerts = alerts.map(|_| self.get::<Alerts>("GetAlerts", "alerts", &[]));
        let alerts = async { OptionFuture::from(alerts).await.transpose() };
        let managers = self.get::<AlertManagers>("GetAlertManagers", "alertmanagers", &[]);
        let (targets, managers, alerts) = try_join3(self.targets(), managers, alerts).await?;
        let samples = self.samples(&targets).await?;
        let side = judge::watched(&self.sides, &targets)
            .map_err(|why| self.api.error(ErrorClass::Conflict, "GetTargets", why))?;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(MonitoringState {
            watches: side.site.clone(),
            targets_up: count(judge::up(side, &targets, &samples)),
            targets: count(side.targets.len()),
            unheard: judge::unheard(&managers, self.dead_man.as_deref().zip(alerts.as_ref())),
        })
    }

    /// Writes the file, and waits until Prometheus scrapes what it names.
    async fn repoint(&self, site: &SiteId, permit: &Permit) -> PortResult<()> {
        let side = self.side(site)?;
        self.api.check("WriteTargets", permit)?;
        self.file
            .write(&side.targets)
            .await
            .map_err(|failed| self.api.error(failed.class, "WriteTargets", failed.message))?;
        if self.notices(side).await? {
            return Ok(());
        }
        self.reload(side, permit).await
    }
}
