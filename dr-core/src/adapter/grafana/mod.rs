//! Grafana: the data source that dashboards draw from, changed through its HTTP API and proved by its health check
//! (Grafana, "Data source HTTP API").

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::http::{Api, Request};
use super::{Here, Secrets};
use crate::model::{Duration, GrafanaBinding, MonitoringState, SecretRef, SiteId};
use crate::port::{ErrorClass, Monitoring, Permit, PortError, PortResult};

/// How long the data source is given to become healthy after a change.
const HEALTHY_WITHIN: Duration = Duration::from_secs(15);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a change is tried in all when somebody else changed the data source in between.
const ATTEMPTS: u32 = 3;
/// Grafana keeps a data source in a cache for some seconds, and would check the health of the one before the change.
const FRESH: &[(&str, &str)] = &[("X-Grafana-NoCache", "true")];

/// A Grafana server on one site.
pub struct GrafanaServer {
    api: Api,
    uid: String,
    token: SecretRef,
    secrets: Arc<dyn Secrets>,
    /// The address of the data source while each site is watched.
    sources: [(SiteId, String); 2],
}

/// What the health check of a data source found.
struct Health {
    is_good: bool,
    message: String,
}

#[derive(Deserialize)]
struct Check {
    status: String,
    #[serde(default)]
    message: String,
}

impl GrafanaServer {
    /// The server of `binding`. The other site's address stands in the binding there.
    ///
    /// # Errors
    /// [`ErrorClass::Invalid`] where the binding cannot work: no address, one that would carry the token in the clear, or one
    /// data source for both sites.
    pub fn new(
        here: Here,
        binding: &GrafanaBinding,
        peer: &GrafanaBinding,
        secrets: Arc<dyn Secrets>,
    ) -> PortResult<Self> {
        let sources = [
            (here.site.id.clone(), binding.source_url.clone()),
            (here.peer.id.clone(), peer.source_url.clone()),
        ];
        let api = Api::new(here, "grafana", &binding.url)?;
        let refused = |why: &str| Err(api.error(ErrorClass::Invalid, "Connect", why));
        if api.is_open_to_others() {
            return refused(
                "its `url` must begin with https://, or be of this machine: the token would go out in the clear",
            );
        }
        if same(&sources[0].1, &sources[1].1) {
            return refused(
                "`source-url` is the same on both sites: it would not tell which one is watched",
            );
        }
        Ok(Self {
            api,
            uid: binding.data_source.clone(),
            token: binding.token.clone(),
            secrets,
            sources,
        })
    }

    async fn token(&self) -> PortResult<SecretString> {
        self.secrets.read(&self.token).await
    }

    async fn source(&self, token: &SecretString) -> PortResult<Map<String, Json>> {
        let path = ["api", "datasources", "uid", self.uid.as_str()];
        let request = Request {
            token: Some(token),
            ..Request::get("GetDataSource", &path)
        };
        self.api.json(&request).await
    }

    /// Grafana tells a bad health with status 400, in the same form as a good one.
    async fn health(&self, token: &SecretString) -> PortResult<Health> {
        let path = ["api", "datasources", "uid", self.uid.as_str(), "health"];
        let request = Request {
            token: Some(token),
            headers: FRESH,
            ..Request::get("CheckDataSourceHealth", &path)
        };
        let answer = self.api.send(&request).await?;
        if !matches!(answer.status, 200 | 400) {
            return Err(self.api.refusal(&request, &answer));
        }
        match self.api.read::<Check>(&request, &answer) {
            Ok(check) => Ok(Health {
                is_good: answer.status == 200 && check.status.eq_ignore_ascii_case("ok"),
                message: check.message,
            }),
            Err(_) if answer.status == 400 => Err(self.api.refusal(&request, &answer)),
            Err(error) => Err(error),
        }
    }

    /// Which site's address the data source has.
    fn watched(&self, source: &Map<String, Json>) -> PortResult<&SiteId> {
        let url = source.get("url").and_then(Json::as_str).unwrap_or_default();
        let known = self.sources.iter().find(|(_, known)| same(known, url));
        known.map(|(site, _)| site).ok_or_else(|| {
            let [(here, _), (there, _)] = &self.sources;
            let message = format!(
                "the data source {} has the address of neither {here} nor {there}",
                self.uid
            );
            self.api
                .error(ErrorClass::Conflict, "GetDataSource", message)
        })
    }

    /// Gives the data source another address and leaves everything else of it as it is. What it holds encrypted is not in the
    /// answer; Grafana keeps what a change does not name. Its version goes along, so that a change of somebody else is not
    /// overwritten: then it is read again.
    async fn change(&self, url: &str, token: &SecretString, permit: &Permit) -> PortResult<()> {
        let mut attempt = 1;
        loop {
            let mut source = self.source(token).await?;
            if source
                .get("url")
                .and_then(Json::as_str)
                .is_some_and(|is| same(is, url))
            {
                return Ok(());
            }
            if source.get("readOnly") == Some(&Json::Bool(true)) {
                let message = format!(
                    "the data source {} is provisioned from a file and cannot be changed here: change that file, or set \
                     `editable: true` in it",
                    self.uid
                );
                return Err(self
                    .api
                    .error(ErrorClass::Conflict, "UpdateDataSource", message));
            }
            source.insert("url".to_owned(), Json::from(url));
            match self.put(&Json::Object(source), token, permit).await {
                Err(error) if error.class == ErrorClass::Conflict && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn put(&self, source: &Json, token: &SecretString, permit: &Permit) -> PortResult<()> {
        let path = ["api", "datasources", "uid", self.uid.as_str()];
        let request = Request {
            method: Method::PUT,
            token: Some(token),
            body: Some(source),
            ..Request::get("UpdateDataSource", &path)
        };
        self.api.check(request.call, permit)?;
        self.api.json::<Json>(&request).await.map(|_| ())
    }

    /// Waits until the data source is healthy at its new address.
    async fn proved(&self, url: &str, token: &SecretString) -> PortResult<()> {
        let clock = &self.api.here.clock;
        let until = HEALTHY_WITHIN.after(clock.now());
        loop {
            let health = match self.health(token).await {
                Ok(health) if health.is_good => return Ok(()),
                Err(error) if !error.class.is_retryable() => return Err(in_doubt(error)),
                other => other,
            };
            if PAUSE.after(clock.now()) > until {
                let health = health.map_err(in_doubt)?;
                let message = format!(
                    "the data source {} has the address {url} now, and is not healthy: {}",
                    self.uid, health.message
                );
                return Err(self
                    .api
                    .error(ErrorClass::Conflict, "CheckDataSourceHealth", message));
            }
            clock.sleep(PAUSE).await;
        }
    }
}

/// After the change an answer that is missing no longer means that nothing was changed.
fn in_doubt(error: PortError) -> PortError {
    PortError {
        class: ErrorClass::Indeterminate,
        ..error
    }
}

/// Whether two addresses are one.
fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

#[async_trait]
impl Monitoring for GrafanaServer {
    /// Its one target is the data source. [`ErrorClass::Conflict`] while that has the address of neither site.
    async fn observe(&self) -> PortResult<MonitoringState> {
        let token = self.token().await?;
        let source = self.source(&token).await?;
        let watches = self.watched(&source)?.clone();
        let health = self.health(&token).await?;
        Ok(MonitoringState {
            watches,
            targets_up: u32::from(health.is_good),
            targets: 1,
            unheard: None,
        })
    }

    /// Changes the data source's address, and waits until its health check is good.
    async fn repoint(&self, site: &SiteId, permit: &Permit) -> PortResult<()> {
        let Some((_, url)) = self.sources.iter().find(|(known, _)| known == site) else {
            let message = format!("{site} is no site of the estate");
            return Err(self
                .api
                .error(ErrorClass::Invalid, "UpdateDataSource", message));
        };
        let token = self.token().await?;
        self.change(url, &token, permit).await?;
        self.proved(url, &token).await
    }
}
