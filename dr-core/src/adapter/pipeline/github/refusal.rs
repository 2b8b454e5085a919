//! What an answer that is no success means.

use crate::model::{Duration, GithubActionsBinding};
use crate::port::ErrorClass;

/// A pause where GitHub asks for one and does not say how long (GitHub, "Rate limits for the REST API": at least one minute).
const PAUSE: Duration = Duration::from_mins(1);
/// As much of GitHub's own words is told, characters.
const SAID: usize = 300;

/// What the headers say of limits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    /// `retry-after`.
    pub(super) retry_after: Option<Duration>,
    /// The time until `x-ratelimit-reset`, where nothing remains until then.
    pub(super) until_reset: Option<Duration>,
}

/// Why a call did not do what was asked.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) class: ErrorClass,
    pub(super) message: String,
    /// How long to wait before the same call may work.
    pub(super) wait: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            wait: None,
        }
    }

    /// What a status that is no success means, and what to do next. `said` is GitHub's own message.
    pub(super) fn of(
        status: u16,
        said: &str,
        limits: Limits,
        changes: bool,
        binding: &GithubActionsBinding,
    ) -> Self {
        let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said: String = said.chars().take(SAID).collect();
        let answer = if said.is_empty() {
            format!("GitHub answered {status}")
        } else {
            format!("GitHub answered {status}: {said}")
        };
        if let Some(wait) = pause(status, &said, limits) {
            return Self {
                class: ErrorClass::Throttled,
                message: answer,
                wait: Some(wait),
            };
        }
        let GithubActionsBinding {
            repository,
            workflow,
            token,
            ..
        } = binding;
        let (class, next) = match status {
            300..=399 => (
                ErrorClass::Invalid,
                format!("{repository} has another name now: write that into the estate"),
            ),
            401 => (
                ErrorClass::Denied,
                format!("GitHub does not know the token that {token} holds: renew it"),
            ),
            403 => (
                ErrorClass::Denied,
                format!(
                    "the token that {token} holds needs the permission to write \"Actions\" of {repository}"
                ),
            ),
            404 => (
                ErrorClass::NotFound,
                format!(
                    "there is no {workflow} on the default branch of {repository}, or the token that {token} holds may not see it"
                ),
            ),
            409 => (ErrorClass::Conflict, String::new()),
            422 => (ErrorClass::Invalid, of_dispatch(&said, binding)),
            408 | 500.. if changes => (ErrorClass::Indeterminate, String::new()),
            408 | 500.. => (ErrorClass::Transient, String::new()),
            _ => (ErrorClass::Invalid, String::new()),
        };
        let message = if next.is_empty() {
            answer
        } else {
            format!("{answer}; {next}")
        };
        Self::new(class, message)
    }
}

/// How long GitHub wants one to wait; `None` where the answer is no limit (GitHub, "Rate limits for the REST API").
fn pause(status: u16, said: &str, limits: Limits) -> Option<Duration> {
    if !matches!(status, 403 | 429) {
        return None;
    }
    let is_limit = status == 429 || said.to_lowercase().contains("rate limit");
    limits
        .retry_after
        .or(limits.until_reset)
        .or(is_limit.then_some(PAUSE))
}

/// What to do about a dispatch that was refused as it is.
fn of_dispatch(said: &str, binding: &GithubActionsBinding) -> String {
    let GithubActionsBinding {
        repository,
        workflow,
        branch,
        ..
    } = binding;
    if said.contains("does not have") && said.contains("workflow_dispatch") {
        format!("add `on: workflow_dispatch` to {workflow} on {branch} of {repository}")
    } else if said.contains("disabled") {
        format!("enable {workflow} on the Actions page of {repository}")
    } else if said.contains("nput") {
        format!("{workflow} must take the inputs site, role, request and variables")
    } else if said.contains("No ref found") {
        format!("{repository} has no branch or tag {branch}")
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::binding;
    use super::*;

    fn refusal(status: u16, said: &str, changes: bool) -> Refusal {
        Refusal::of(status, said, Limits::default(), changes, &binding(""))
    }

    #[test]
    fn only_a_server_that_failed_leaves_a_change_in_doubt() {
        for status in 300..600 {
            let class = refusal(status, "", true).class;
            let is_doubt = class == ErrorClass::Indeterminate;
            assert_eq!(is_doubt, status >= 500 || status == 408, "{status}");
            assert_ne!(refusal(status, "", false).class, ErrorClass::Indeterminate);
        }
    }

    #[test]
    fn what_was_refused_is_told_with_what_to_do() {
        for (status, said, next) in [
            (401, "Bad credentials", "renew it"),
            (
                403,
                "Resource not accessible by personal access token",
                "\"Actions\"",
            ),
            (404, "Not Found", "may not see it"),
            (
                422,
                "Workflow does not have 'workflow_dispatch' trigger",
                "on: workflow_dispatch",
            ),
            (
                422,
                "Cannot trigger a 'workflow_dispatch' on a disabled workflow",
                "enable provision.yml",
            ),
            (
                422,
                "Unexpected inputs provided: [\"variables\"]",
                "must take the inputs",
            ),
            (422, "No ref found for: main", "no branch or tag main"),
            (301, "Moved Permanently", "another name"),
        ] {
            let refused = refusal(status, said, true);
            assert!(refused.message.contains(said), "{}", refused.message);
            assert!(refused.message.contains(next), "{}", refused.message);
            assert!(!refused.class.is_retryable());
        }
    }

    #[test]
    fn each_form_of_a_rate_limit_is_waited_for_and_a_plain_denial_is_not() {
        let limits = |retry_after, until_reset| Limits {
            retry_after,
            until_reset,
        };
        let wait = |status, said, limits| {
            let refused = Refusal::of(status, said, limits, true, &binding(""));
            (refused.class, refused.wait)
        };
        let (ten, hour) = (Duration::from_secs(10), Duration::from_mins(60));
        let throttled = |wait| (ErrorClass::Throttled, Some(wait));
        let secondary = "You have exceeded a secondary rate limit.";
        assert_eq!(
            wait(403, secondary, limits(Some(ten), None)),
            throttled(ten)
        );
        assert_eq!(wait(429, "", limits(Some(ten), Some(hour))), throttled(ten));
        assert_eq!(wait(403, "", limits(None, Some(hour))), throttled(hour));
        assert_eq!(wait(403, secondary, Limits::default()), throttled(PAUSE));
        assert_eq!(wait(429, "", Limits::default()), throttled(PAUSE));
        let denied = (ErrorClass::Denied, None);
        assert_eq!(wait(403, "Forbidden", Limits::default()), denied);
    }
}
