//! A workflow of GitHub Actions applies a stack.
//!
//! - A run is asked for by `workflow_dispatch` with the inputs `site`, `role`, `request` and `variables`, and found again by
//!   the request in its name. `terraform/pipelines/github-actions.yml` is such a workflow.
//! - One request is begun once. Who comes back after a crash finds the run that it began, and goes on following it. Its end is
//!   told once; another try of the step after that begins a new run.
//! - Nothing is left that could start by itself later: a run that nobody approved, or that never began, is called off when it
//!   is given up.

mod api;
mod follow;
mod refusal;
mod requests;
mod run;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use crate::adapter::terraform::{Applier, Folders, Order};
use crate::adapter::{Here, Secrets};
use crate::model::{Duration, GithubActionsBinding};
use crate::port::{ErrorClass, Narrator, Permit, PortError, PortResult};

use api::Api;
use requests::{Known, Requests};
use run::{Run, Runs};

/// The pause between two looks. Two calls each, so about 1,400 an hour, of the 5,000 that a token has (GitHub, "Rate limits for
/// the REST API").
const POLL: Duration = Duration::from_secs(5);
/// How long a run that was asked for may take to be listed.
const LISTED: Duration = Duration::from_mins(2);
/// A page of runs, and how many pages are looked through for one: runs of this workflow begun after it.
const PAGE: usize = 100;
const PAGES: usize = 3;

/// The call that asks for a run.
const DISPATCH: &str = "CreateWorkflowDispatch";

/// Applies a stack by a workflow of GitHub Actions.
pub struct GithubActions {
    here: Here,
    binding: GithubActionsBinding,
    secrets: Arc<dyn Secrets>,
    requests: Requests,
    narrator: Arc<dyn Narrator>,
}

impl GithubActions {
    /// The workflow of a stack.
    pub fn new(
        here: Here,
        binding: GithubActionsBinding,
        secrets: Arc<dyn Secrets>,
        folders: &Folders,
        narrator: Arc<dyn Narrator>,
    ) -> Self {
        let place = format!("{}-{}", here.component.id, here.site.id);
        let requests = Requests::below(&folders.data.join("pipelines").join(place));
        Self {
            here,
            binding,
            secrets,
            requests,
            narrator,
        }
    }

    fn error(&self, class: ErrorClass, operation: &str, message: impl Into<String>) -> PortError {
        let operation = format!("github:{operation}");
        self.here.error(class, operation, message)
    }

    fn tell(&self, line: &str) {
        self.narrator.line(&self.here.to_string(), line);
    }

    fn known(&self, request: &str) -> PortResult<Known> {
        self.requests
            .of(request)
            .map_err(|cause| self.error(ErrorClass::Invalid, "request", cause.to_string()))
    }

    fn keep(&self, request: &str, known: Known) -> PortResult<()> {
        self.requests
            .keep(request, known)
            .map_err(|cause| self.error(ErrorClass::Invalid, "request", cause.to_string()))
    }

    /// The run of a request whose end was not told yet: the latest one. It is waited for as long as one that was asked for may
    /// still come to be listed.
    async fn find(&self, api: &Api<'_>, request: &str) -> PortResult<Option<Run>> {
        let known = self.known(request)?;
        loop {
            let is_news = |run: &Run| known.told.is_none_or(|told| run.key() > told);
            if let Some(run) = self.listed(api, request).await?.filter(is_news) {
                return Ok(Some(run));
            }
            let now = self.here.clock.now();
            if known.asked.is_none_or(|asked| now >= LISTED.after(asked)) {
                return Ok(None);
            }
            self.here.clock.sleep(POLL).await;
        }
    }

    /// The latest run whose name holds the request.
    async fn listed(&self, api: &Api<'_>, request: &str) -> PortResult<Option<Run>> {
        for page in 1..=PAGES {
            let path = format!(
                "workflows/{}/runs?per_page={PAGE}&page={page}",
                self.binding.workflow
            );
            let found: Runs = api.get("ListWorkflowRuns", &path).await?;
            let is_last = found.workflow_runs.len() < PAGE;
            let runs = found.workflow_runs.into_iter();
            let newest = runs
                .filter(|run| run.is_for(request))
                .max_by_key(|run| run.id);
            if newest.is_some() || is_last {
                return Ok(newest);
            }
        }
        Ok(None)
    }

    /// Begins a run, and waits until it is there.
    async fn begin(
        &self,
        api: &Api<'_>,
        order: &Order<'_>,
        request: &str,
        permit: &Permit,
    ) -> PortResult<Run> {
        let before = self.known(request)?;
        let asked = Known {
            asked: Some(self.here.clock.now()),
            ..before
        };
        self.keep(request, asked)?;
        let answer = self.ask(api, order, request, permit).await;
        match &answer {
            Err(error) if error.class == ErrorClass::Indeterminate => {
                self.tell(&format!(
                    "the answer was lost ({}): looks whether it was heard",
                    error.message
                ));
            }
            Err(error) => {
                self.keep(request, before)?;
                return Err(error.clone());
            }
            Ok(()) => {}
        }
        match self.find(api, request).await {
            Ok(Some(run)) => Ok(run),
            Ok(None) => Err(self.unheard(request, answer)),
            Err(error) => {
                let message = format!(
                    "a run of {} was asked for and cannot be looked for: {}",
                    self.binding.workflow, error.message
                );
                Err(self.error(ErrorClass::Indeterminate, DISPATCH, message))
            }
        }
    }

    /// Asks for a run.
    async fn ask(
        &self,
        api: &Api<'_>,
        order: &Order<'_>,
        request: &str,
        permit: &Permit,
    ) -> PortResult<()> {
        let GithubActionsBinding {
            workflow,
            branch,
            repository,
            ..
        } = &self.binding;
        let body = json!({
            "ref": branch,
            "inputs": {
                "site": order.site.as_str(),
                "role": order.role.to_string(),
                "request": request,
                "variables": order.variables,
            }
        });
        self.tell(&format!(
            "asks {workflow} of {repository} to provision {} as {}",
            order.site, order.role
        ));
        let path = format!("workflows/{workflow}/dispatches");
        api.post(DISPATCH, &path, &body, permit).await
    }

    /// Why no run is listed although one was asked for, with that answer.
    fn unheard(&self, request: &str, answer: PortResult<()>) -> PortError {
        let GithubActionsBinding {
            workflow,
            repository,
            ..
        } = &self.binding;
        match answer {
            Ok(()) => self.error(
                ErrorClass::Invalid,
                DISPATCH,
                format!(
                    "GitHub took the request, and after {LISTED} no run of {workflow} has {request} in its name: see on the Actions page of {repository} what it does, and put `${{{{ inputs.request }}}}` into its `run-name`"
                ),
            ),
            Err(lost) => self.error(
                ErrorClass::Indeterminate,
                DISPATCH,
                format!("{}; no run of {workflow} was begun within {LISTED}", lost.message),
            ),
        }
    }
}

#[async_trait]
impl Applier for GithubActions {
    async fn apply(&self, order: &Order<'_>, permit: &Permit) -> PortResult<()> {
        let request = order.request(permit);
        let token = self.secrets.read(&self.binding.token).await?;
        let api = Api::new(&self.here, &self.binding, &self.narrator, &token)?;
        let mut run = match self.find(&api, &request).await? {
            Some(run) => {
                self.tell(&format!(
                    "goes on with run {} of {}, which was begun before",
                    run.run_number, self.binding.workflow
                ));
                run
            }
            None => self.begin(&api, order, &request, permit).await?,
        };
        let end = self.follow(&api, &mut run, permit).await;
        let is_under_way = matches!(&end, Err(error) if error.class == ErrorClass::Indeterminate);
        if !is_under_way {
            let told = Known {
                asked: None,
                told: Some(run.key()),
            };
            self.keep(&request, told)?;
        }
        end
    }
}

#[cfg(test)]
mod tests;
