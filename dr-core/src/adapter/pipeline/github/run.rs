//! Runs and jobs, as the API tells them (GitHub, "REST API endpoints for workflow runs"). Only a few members are read.

use serde::Deserialize;

use crate::port::ErrorClass;

/// One page of runs, the newest first.
#[derive(Debug, Deserialize)]
pub(super) struct Runs {
    pub(super) workflow_runs: Vec<Run>,
}

/// A run of a workflow.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Run {
    pub(super) id: u64,
    /// Counted per workflow, as people see it.
    pub(super) run_number: u64,
    /// Grows when somebody runs it again.
    #[serde(default = "first")]
    pub(super) run_attempt: u64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    display_title: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    conclusion: Option<String>,
    pub(super) html_url: String,
}

fn first() -> u64 {
    1
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No job has begun: there is no runner, or another run of its concurrency group goes first.
    Queued,
    /// A person must approve it before it goes on.
    Waiting,
    /// Jobs are carried out.
    Running,
    /// It has ended.
    Over,
}

impl Run {
    /// Whether it was begun for that request: the workflow's `run-name` holds it.
    pub(super) fn is_for(&self, request: &str) -> bool {
        [&self.display_title, &self.name]
            .into_iter()
            .flatten()
            .any(|title| title.contains(request))
    }

    /// What tells this attempt of this run from all others; the later one is greater.
    pub(super) fn key(&self) -> (u64, u64) {
        (self.id, self.run_attempt)
    }

    pub(super) fn phase(&self) -> Phase {
        match self.status.as_deref() {
            Some("queued" | "requested" | "pending") => Phase::Queued,
            Some("waiting" | "action_required") => Phase::Waiting,
            Some("completed") => Phase::Over,
            _ => Phase::Running,
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        self.phase() == Phase::Over && self.conclusion.as_deref() == Some("success")
    }

    /// Its status in words.
    pub(super) fn standing(&self) -> String {
        match self.phase() {
            Phase::Queued => "queued".to_owned(),
            Phase::Waiting => "waiting for an approval".to_owned(),
            Phase::Running => "in progress".to_owned(),
            Phase::Over => match self.conclusion.as_deref() {
                Some("success") => "done".to_owned(),
                other => other.unwrap_or("over").replace('_', " "),
            },
        }
    }

    /// Why a run that is over did not succeed, and what to do next.
    pub(super) fn failure(&self, workflow: &str, jobs: &[Job]) -> (ErrorClass, String) {
        let run = format!("run {} of {workflow}", self.run_number);
        let failed = jobs.iter().find(|job| !job.is_sound());
        let link = failed
            .and_then(|job| job.html_url.as_ref())
            .unwrap_or(&self.html_url);
        let class = match self.conclusion.as_deref() {
            Some("action_required") => ErrorClass::Denied,
            _ => ErrorClass::Invalid,
        };
        let where_failed = failed.map_or_else(String::new, Job::place);
        let what = match self.conclusion.as_deref() {
            Some("failure") => format!(
                "{run} failed{where_failed}: {link}; read its log there, mend the cause, then retry the step"
            ),
            Some("timed_out") => format!(
                "{run} ran out of time{where_failed}: {link}; see whether Terraform let the state's lock go and give it a longer `timeout-minutes`, then retry the step"
            ),
            Some("cancelled") => format!(
                "{run} was cancelled{where_failed}: {link}; by a person, or because a later run took its place in the queue: see who, then retry the step"
            ),
            Some("startup_failure") => format!(
                "{run} could not start: {link}; the workflow's file is wrong: mend it, then retry the step"
            ),
            Some("action_required") => format!(
                "{run} was not approved: {link}; let somebody who may approve such runs retry the step with you"
            ),
            Some("skipped") => format!(
                "{run} was skipped: {link}; a condition (`if`) kept its jobs from running: see which, then retry the step"
            ),
            other => format!(
                "{run} ended as {}: {link}; see why, then retry the step",
                other.unwrap_or("nothing known")
            ),
        };
        (class, what)
    }
}

/// The jobs of a run's latest attempt.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Jobs {
    pub(super) jobs: Vec<Job>,
}

/// A job.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Job {
    pub(super) name: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Deserialize)]
struct Step {
    name: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    conclusion: Option<String>,
}

fn is_sound(conclusion: Option<&str>) -> bool {
    matches!(conclusion, None | Some("success" | "skipped" | "neutral"))
}

impl Job {
    fn is_sound(&self) -> bool {
        is_sound(self.conclusion.as_deref())
    }

    /// Where it went wrong, to be put behind a verb.
    fn place(&self) -> String {
        let mut steps = self.steps.iter();
        match steps.find(|step| !is_sound(step.conclusion.as_deref())) {
            Some(step) => format!(" in job `{}`, step `{}`", self.name, step.name),
            None => format!(" in job `{}`", self.name),
        }
    }

    /// Its progress in words.
    pub(super) fn standing(&self) -> String {
        let mut steps = self.steps.iter();
        let now = steps.find(|step| step.status.as_deref() == Some("in_progress"));
        match (self.status.as_deref(), now) {
            (Some("completed"), _) => self
                .conclusion
                .as_deref()
                .unwrap_or("over")
                .replace('_', " "),
            (Some("in_progress"), Some(step)) => step.name.clone(),
            (status, _) => status.unwrap_or("queued").replace('_', " "),
        }
    }
}
