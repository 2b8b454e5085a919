//! Follows a run to its end.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::api::Api;
use super::run::{Jobs, Phase, Run};
use super::{GithubActions, POLL};
use crate::model::Duration;
use crate::port::{ErrorClass, Permit, PortError, PortResult};

/// How long a run is followed in all.
const FOLLOWED: Duration = Duration::from_mins(60);
/// How long a person may take to approve it.
const APPROVED: Duration = Duration::from_mins(15);

impl GithubActions {
    /// Follows a run to its end, and tells what it does.
    ///
    /// # Errors
    /// [`ErrorClass::Indeterminate`] while it goes on; another class when it ended without success, or was called off.
    pub(super) async fn follow(
        &self,
        api: &Api<'_>,
        run: &mut Run,
        permit: &Permit,
    ) -> PortResult<()> {
        let clock = &self.here.clock;
        let last = FOLLOWED.after(clock.now());
        let mut progress = Progress::default();
        loop {
            progress.tell(self, api, run).await;
            let now = clock.now();
            match run.phase() {
                Phase::Over => return self.end(api, run).await,
                Phase::Waiting
                    if now > APPROVED.after(*progress.waits_since.get_or_insert(now)) =>
                {
                    return Err(self.call_off(api, run, permit).await);
                }
                Phase::Waiting => {}
                Phase::Queued if now > last => return Err(self.call_off(api, run, permit).await),
                Phase::Running if now > last => {
                    let why = format!("it is not done after {FOLLOWED}");
                    return Err(self.left(run, &why));
                }
                Phase::Queued | Phase::Running => progress.waits_since = None,
            }
            if permit.deadline.has_passed(now) {
                return Err(self.left(run, "the lease of the estate's lock has ended"));
            }
            clock.sleep(POLL).await;
            match self.look(api, run).await {
                Ok(seen) => {
                    *run = seen;
                    progress.is_out_of_sight = false;
                }
                Err(error) if error.class.is_retryable() => progress.lost_sight(self, &error),
                Err(error) => return Err(self.left(run, &error.message)),
            }
        }
    }

    async fn look(&self, api: &Api<'_>, run: &Run) -> PortResult<Run> {
        let path = format!("runs/{}", run.id);
        api.get("GetWorkflowRun", &path).await
    }

    async fn jobs(&self, api: &Api<'_>, run: &Run) -> PortResult<Jobs> {
        let path = format!("runs/{}/jobs?filter=latest&per_page=100", run.id);
        api.get("ListJobsForWorkflowRun", &path).await
    }

    async fn end(&self, api: &Api<'_>, run: &Run) -> PortResult<()> {
        if run.succeeded() {
            return Ok(());
        }
        // Without its jobs the run's own page says where it failed.
        let jobs = self.jobs(api, run).await.unwrap_or_default();
        let (class, message) = run.failure(&self.binding.workflow, &jobs.jobs);
        Err(self.error(class, "GetWorkflowRun", message))
    }

    /// It goes on without being followed.
    fn left(&self, run: &Run, why: &str) -> PortError {
        let message = format!(
            "run {} of {} is not followed any more: {why}; see how it ends: {}",
            run.run_number, self.binding.workflow, run.html_url
        );
        self.error(ErrorClass::Indeterminate, "GetWorkflowRun", message)
    }

    /// Cancels a run that has changed nothing, so that it does not begin when nobody expects it any more.
    async fn call_off(&self, api: &Api<'_>, run: &Run, permit: &Permit) -> PortError {
        let operation = "CancelWorkflowRun";
        let Run {
            id,
            run_number,
            html_url,
            ..
        } = run;
        let workflow = &self.binding.workflow;
        let (class, why, next) = if run.phase() == Phase::Waiting {
            let why = format!("was not approved within {APPROVED}");
            (
                ErrorClass::Denied,
                why,
                "have somebody at hand who may approve it",
            )
        } else {
            let why = format!("did not begin within {FOLLOWED}");
            (ErrorClass::Conflict, why, "see that a runner is free")
        };
        let path = format!("runs/{id}/cancel");
        match api.post(operation, &path, &json!({}), permit).await {
            Ok(()) => self.error(
                class,
                operation,
                format!("run {run_number} of {workflow} {why} and was cancelled: {html_url}; {next}, then retry the step"),
            ),
            Err(error) => self.error(
                ErrorClass::Indeterminate,
                operation,
                format!(
                    "run {run_number} of {workflow} {why}, and could not be cancelled ({}): cancel it there before it begins by itself: {html_url}",
                    error.message
                ),
            ),
        }
    }
}

/// What was told of a run: each thing once.
#[derive(Default)]
struct Progress {
    run: String,
    jobs: BTreeMap<String, String>,
    waits_since: Option<Timestamp>,
    is_out_of_sight: bool,
}

impl Progress {
    async fn tell(&mut self, github: &GithubActions, api: &Api<'_>, run: &Run) {
        let standing = run.standing();
        if self.run != standing {
            let workflow = &github.binding.workflow;
            github.tell(&format!(
                "run {} of {workflow} is {standing}: {}",
                run.run_number, run.html_url
            ));
            self.run = standing;
        }
        if !matches!(run.phase(), Phase::Running | Phase::Over) {
            return;
        }
        // Only told: the run itself says how it ends.
        let Ok(found) = github.jobs(api, run).await else {
            return;
        };
        for job in found.jobs {
            let standing = job.standing();
            if self.jobs.get(&job.name) != Some(&standing) {
                github.tell(&format!("job {}: {standing}", job.name));
                self.jobs.insert(job.name, standing);
            }
        }
    }

    fn lost_sight(&mut self, github: &GithubActions, error: &PortError) {
        if !self.is_out_of_sight {
            github.tell(&format!("GitHub does not answer: {}", error.message));
            self.is_out_of_sight = true;
        }
    }
}
