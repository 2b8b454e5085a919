//! What becomes of an apply, whatever GitHub does.

use proptest::prelude::*;
use serde_json::json;

use super::recorded::{Dispatch, GitHub, State};
use super::*;

const DONE: (&str, Option<&str>) = ("completed", Some("success"));

/// A server on which dispatches fare like this.
fn dispatched(fates: impl IntoIterator<Item = Dispatch>) -> State {
    State {
        dispatches: fates.into_iter().collect(),
        ..State::default()
    }
}

/// A server whose runs go like this.
fn scripted<const N: usize>(runs: [&[(&'static str, Option<&'static str>)]; N]) -> State {
    State {
        scripts: runs.iter().map(|script| script.to_vec()).collect(),
        ..State::default()
    }
}

#[test]
fn a_run_is_begun_with_its_inputs_followed_and_told_with_its_link() {
    wait_for(async {
        let github = GitHub::start(State::default()).await;
        let machine = Machine::new();
        let done = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        let state = github.state.lock().unwrap();
        let inputs = &state.runs[0].inputs;
        assert_eq!(inputs["site"], "california");
        assert_eq!(inputs["role"], "primary");
        let variables = json!(r#"{"app_count":3,"role":"primary"}"#);
        assert_eq!(inputs["variables"], variables);
        let told = machine.heard.text();
        for line in [
            "stack@california: run 1 of provision.yml is queued: https://github.example/runs/101",
            "stack@california: job apply: Apply that plan",
            "stack@california: run 1 of provision.yml is done",
        ] {
            assert!(told.contains(line), "{told}");
        }
    });
}

#[test]
fn the_workflow_to_copy_takes_the_inputs_that_are_sent_and_names_its_run_by_the_request() {
    let workflow = include_str!("../../../../../../terraform/pipelines/github-actions.yml");
    let line = |start: &str| workflow.lines().find(|line| line.starts_with(start));
    let name = line("run-name:").expect("it names its run");
    assert!(name.contains("${{ inputs.request }}"), "{name}");
    wait_for(async {
        let github = GitHub::start(State::default()).await;
        let done = Machine::new()
            .apply(&github, Role::Primary, &permit("t"))
            .await;
        assert_eq!(done, Ok(()));
        let state = github.state.lock().unwrap();
        let sent = state.runs[0].inputs.as_object().unwrap();
        let taken = workflow.lines().filter_map(|line| {
            let key = line.strip_prefix("      ")?.strip_suffix(':')?;
            key.bytes().all(|b| b.is_ascii_lowercase()).then_some(key)
        });
        assert!(
            sent.keys()
                .all(|key| taken.clone().any(|input| input == key))
        );
        assert_eq!(sent.len(), 4);
    });
}

#[test]
fn a_run_that_is_listed_late_is_waited_for() {
    wait_for(async {
        let github = GitHub::start(State {
            unlisted: 5,
            ..State::default()
        })
        .await;
        let done = Machine::new()
            .apply(&github, Role::Primary, &permit("t"))
            .await;
        assert_eq!(done, Ok(()));
        assert_eq!(github.dispatches(), 1);
    });
}

#[test]
fn an_answer_that_was_lost_after_its_effect_is_settled_by_finding_the_run() {
    for fate in [Dispatch::AnswerLost, Dispatch::FailsAfter] {
        wait_for(async {
            let mut state = dispatched([fate]);
            state.unlisted = 3;
            let github = GitHub::start(state).await;
            let done = Machine::new()
                .apply(&github, Role::Primary, &permit("t"))
                .await;
            assert_eq!(done, Ok(()));
            assert_eq!(github.dispatches(), 1);
        });
    }
}

#[test]
fn a_request_that_was_not_heard_stays_in_doubt_and_the_next_attempt_begins_it() {
    wait_for(async {
        let github = GitHub::start(dispatched([Dispatch::Unheard])).await;
        let machine = Machine::new();
        let doubt = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(doubt.unwrap_err().class, ErrorClass::Indeterminate);
        let done = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        assert_eq!(github.state.lock().unwrap().runs.len(), 1);
    });
}

#[test]
fn who_comes_back_finds_the_run_that_was_begun_from_any_machine() {
    wait_for(async {
        let runs = scripted([&[
            ("queued", None),
            ("queued", None),
            ("in_progress", None),
            DONE,
        ]]);
        let github = GitHub::start(runs).await;
        let first = Machine::new();
        let mut lease = permit("t");
        lease.deadline = LeaseDeadline::new(Duration::from_secs(3).after(Timestamp::UNIX_EPOCH));
        let left = first.apply(&github, Role::Primary, &lease).await;
        assert_eq!(left.unwrap_err().class, ErrorClass::Indeterminate);
        let elsewhere = Machine::new();
        let done = elsewhere.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        assert_eq!(github.dispatches(), 1);
        assert!(elsewhere.heard.text().contains("goes on with run 1"));
    });
}

#[test]
fn a_crash_between_asking_and_being_listed_begins_nothing_twice() {
    wait_for(async {
        let github = GitHub::start(dispatched([Dispatch::AnswerLost])).await;
        github.state.lock().unwrap().unlisted = 8;
        let machine = Machine::new();
        {
            // The process ends while it waits for the answer: its future is dropped after the request was sent.
            let lease = permit("t");
            let work = machine.apply(&github, Role::Primary, &lease);
            let asked = async {
                while github.dispatches() == 0 {
                    tokio::task::yield_now().await;
                }
            };
            futures_util::future::select(Box::pin(work), Box::pin(asked)).await;
        }
        let done = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        assert_eq!(github.dispatches(), 1);
    });
}

#[test]
fn a_failed_run_is_told_once_with_its_job_and_link_and_another_try_begins_anew() {
    wait_for(async {
        let failed = [("in_progress", None), ("completed", Some("failure"))];
        let github = GitHub::start(scripted([&failed, &[DONE]])).await;
        let machine = Machine::new();
        let error = machine.apply(&github, Role::Primary, &permit("t")).await;
        let error = error.unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        for part in [
            "run 1 of provision.yml failed in job `apply`, step `Apply that plan`",
            "https://github.example/runs/101/job/7",
            "then retry the step",
        ] {
            assert!(error.message.contains(part), "{}", error.message);
        }
        let done = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        assert_eq!(github.dispatches(), 2);
    });
}

#[test]
fn a_run_that_failed_while_nobody_looked_is_told_and_not_begun_again() {
    wait_for(async {
        let script = [("queued", None), ("completed", Some("failure"))];
        let github = GitHub::start(scripted([&script])).await;
        let machine = Machine::new();
        let mut lease = permit("t");
        lease.deadline = LeaseDeadline::new(Duration::from_secs(1).after(Timestamp::UNIX_EPOCH));
        machine.clock.sleep(Duration::ZERO).await;
        let left = machine.apply(&github, Role::Primary, &lease).await;
        assert!(left.is_err());
        let error = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert!(error.unwrap_err().message.contains("failed"));
        assert_eq!(github.dispatches(), 1);
    });
}

#[test]
fn a_run_that_was_run_again_by_hand_counts_as_another_try() {
    wait_for(async {
        let github = GitHub::start(scripted([&[("completed", Some("failure"))]])).await;
        let machine = Machine::new();
        let failed = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert!(failed.is_err());
        {
            let mut state = github.state.lock().unwrap();
            state.runs[0].attempt = 2;
            state.runs[0].script = [("in_progress", None), DONE].into();
        }
        let done = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        assert_eq!(github.dispatches(), 1);
    });
}

#[test]
fn each_way_a_run_can_end_but_success_is_told_with_its_link_and_what_to_do() {
    for (conclusion, class, next) in [
        ("failure", ErrorClass::Invalid, "read its log"),
        ("cancelled", ErrorClass::Invalid, "see who"),
        ("timed_out", ErrorClass::Invalid, "timeout-minutes"),
        ("action_required", ErrorClass::Denied, "may approve"),
        ("startup_failure", ErrorClass::Invalid, "file is wrong"),
        ("skipped", ErrorClass::Invalid, "condition"),
        ("stale", ErrorClass::Invalid, "ended as stale"),
        ("neutral", ErrorClass::Invalid, "ended as neutral"),
    ] {
        wait_for(async {
            let github = GitHub::start(scripted([&[("completed", Some(conclusion))]])).await;
            let error = Machine::new()
                .apply(&github, Role::Primary, &permit("t"))
                .await
                .unwrap_err();
            assert_eq!(error.class, class, "{conclusion}");
            assert!(error.message.contains(next), "{}", error.message);
            let link = "https://github.example/runs/101";
            assert!(error.message.contains(link), "{}", error.message);
        });
    }
}

#[test]
fn a_run_that_nobody_approves_is_called_off_so_that_it_cannot_begin_later() {
    wait_for(async {
        let github = GitHub::start(scripted([&[("waiting", None)]])).await;
        let machine = Machine::new();
        let error = machine
            .apply(&github, Role::Primary, &permit("t"))
            .await
            .unwrap_err();
        assert_eq!(error.class, ErrorClass::Denied);
        assert!(error.message.contains("was cancelled"), "{}", error.message);
        assert!(github.state.lock().unwrap().runs[0].is_cancelled);
        let told = machine.heard.text();
        assert!(told.contains("waiting for an approval: https://"), "{told}");
    });
}

#[test]
fn a_run_that_is_approved_goes_on() {
    wait_for(async {
        let script = [
            ("waiting", None),
            ("waiting", None),
            ("in_progress", None),
            DONE,
        ];
        let github = GitHub::start(scripted([&script])).await;
        let done = Machine::new()
            .apply(&github, Role::Primary, &permit("t"))
            .await;
        assert_eq!(done, Ok(()));
    });
}

#[test]
fn a_run_that_works_too_long_is_left_alone_and_in_doubt() {
    wait_for(async {
        let github = GitHub::start(scripted([&[("in_progress", None)]])).await;
        let machine = Machine::new();
        let error = machine
            .apply(&github, Role::Primary, &permit("t"))
            .await
            .unwrap_err();
        assert_eq!(error.class, ErrorClass::Indeterminate);
        assert_eq!(github.asked("POST /repos/acme/infra/actions/runs"), 0);
        assert!(machine.clock.passed() < Duration::from_mins(70));
    });
}

#[test]
fn two_operators_wait_for_each_other_and_each_follows_its_own_run() {
    wait_for(async {
        let long: Vec<_> = std::iter::repeat_n(("in_progress", None), 20)
            .chain([DONE])
            .collect();
        let mut state = scripted([&long, &[("in_progress", None), DONE]]);
        state.one_at_a_time = true;
        let github = GitHub::start(state).await;
        let (ana, ben) = (Machine::new(), Machine::new());
        let (one, other) = (permit("one"), permit("other"));
        let (first, second) = futures_util::future::join(
            ana.apply(&github, Role::Primary, &one),
            ben.apply(&github, Role::Standby, &other),
        )
        .await;
        assert_eq!((first, second), (Ok(()), Ok(())));
        assert_eq!(github.dispatches(), 2);
        let state = github.state.lock().unwrap();
        assert!(state.runs.iter().all(recorded::Recorded::is_over));
    });
}

#[test]
fn two_processes_with_the_same_request_follow_the_same_run() {
    wait_for(async {
        let github = GitHub::start(State::default()).await;
        let (ana, ben) = (Machine::new(), Machine::new());
        let done = ana.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        let done = ben.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        assert_eq!(github.dispatches(), 1);
    });
}

#[test]
fn what_github_refuses_is_not_asked_twice_and_leaves_nothing_in_doubt() {
    for (status, said, class) in [
        (
            422,
            "Workflow does not have 'workflow_dispatch' trigger",
            ErrorClass::Invalid,
        ),
        (
            403,
            "Resource not accessible by personal access token",
            ErrorClass::Denied,
        ),
        (404, "Not Found", ErrorClass::NotFound),
    ] {
        wait_for(async {
            let refused = Dispatch::Refused(status, said, None);
            let github = GitHub::start(dispatched([refused])).await;
            let machine = Machine::new();
            let error = machine
                .apply(&github, Role::Primary, &permit("t"))
                .await
                .unwrap_err();
            assert_eq!(error.class, class);
            assert!(error.message.contains(said), "{}", error.message);
            assert_eq!(github.dispatches(), 1);
            assert_eq!(machine.clock.passed(), Duration::ZERO);
        });
    }
}

#[test]
fn a_wrong_token_is_denied_and_stands_in_no_error_and_no_line() {
    wait_for(async {
        let github = GitHub::start(State::default()).await;
        for token in ["ghp_wr0ng", "wr0ng\nhost: x"] {
            let machine = Machine {
                token,
                ..Machine::new()
            };
            let error = machine
                .apply(&github, Role::Primary, &permit("t"))
                .await
                .unwrap_err();
            assert!(matches!(
                error.class,
                ErrorClass::Denied | ErrorClass::Invalid
            ));
            let shown = format!("{error} {error:?} {}", machine.heard.text());
            assert!(!shown.contains("wr0ng"), "{shown}");
            assert!(shown.contains("env:GITHUB_TOKEN"), "{shown}");
        }
        assert_eq!(github.dispatches(), 0);
    });
}

#[test]
fn a_rate_limit_is_waited_for_as_long_as_github_asks_and_no_longer_than_is_bearable() {
    wait_for(async {
        let limit =
            |wait| Dispatch::Refused(403, "secondary rate limit", Some(("retry-after", wait)));
        let github = GitHub::start(dispatched([limit("30"), limit("90")])).await;
        let machine = Machine::new();
        let done = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        assert!(machine.clock.passed() >= Duration::from_secs(120));
        assert_eq!(github.state.lock().unwrap().runs.len(), 1);

        let github = GitHub::start(dispatched([limit("3600")])).await;
        let machine = Machine::new();
        let error = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(error.unwrap_err().class, ErrorClass::Throttled);
        assert_eq!(machine.clock.passed(), Duration::ZERO);
    });
}

#[test]
fn a_workflow_that_does_not_name_its_run_is_found_out() {
    wait_for(async {
        let github = GitHub::start(State {
            run_name: "Provision",
            ..State::default()
        })
        .await;
        let error = Machine::new()
            .apply(&github, Role::Primary, &permit("t"))
            .await
            .unwrap_err();
        assert_eq!(error.class, ErrorClass::Invalid);
        assert!(error.message.contains("run-name"), "{}", error.message);
        assert_eq!(github.dispatches(), 1);
    });
}

#[test]
fn github_may_be_away_for_minutes_while_a_run_is_followed() {
    wait_for(async {
        let github = GitHub::start(State {
            failing_looks: 40,
            ..State::default()
        })
        .await;
        let machine = Machine::new();
        let done = machine.apply(&github, Role::Primary, &permit("t")).await;
        assert_eq!(done, Ok(()));
        let told = machine.heard.text();
        assert_eq!(told.matches("GitHub does not answer").count(), 1, "{told}");
    });
}

#[test]
fn nothing_is_begun_past_the_lease_and_nothing_where_nobody_listens() {
    wait_for(async {
        let github = GitHub::start(State::default()).await;
        let mut lease = permit("t");
        lease.deadline = LeaseDeadline::new(Timestamp::UNIX_EPOCH);
        let error = Machine::new().apply(&github, Role::Primary, &lease).await;
        assert_eq!(error.unwrap_err().class, ErrorClass::Conflict);
        assert_eq!(github.dispatches(), 0);
        // Port 9 of loopback: nobody listens there.
        let error = Machine::new()
            .apply_at("http://127.0.0.1:9", Role::Primary, &permit("t"))
            .await;
        assert_eq!(error.unwrap_err().class, ErrorClass::Transient);
    });
}

fn fate() -> impl Strategy<Value = Dispatch> {
    prop_oneof![
        Just(Dispatch::Works),
        Just(Dispatch::AnswerLost),
        Just(Dispatch::FailsAfter),
        Just(Dispatch::Unheard),
        Just(Dispatch::Refused(429, "", Some(("retry-after", "5")))),
        Just(Dispatch::Refused(403, "Forbidden", None)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// However dispatches fare, and however late runs are listed: attempts of one step never have two runs under way.
    #[test]
    fn one_request_never_has_two_runs_under_way(
        fates in proptest::collection::vec(fate(), 0..4),
        unlisted in 0..12_u32,
    ) {
        wait_for(async {
            let attempts = fates.len() + 1;
            let mut state = dispatched(fates);
            state.unlisted = unlisted;
            let github = GitHub::start(state).await;
            let machine = Machine::new();
            let mut done = Ok(());
            for _ in 0..attempts {
                done = machine.apply(&github, Role::Primary, &permit("t")).await;
                if done.is_ok() {
                    break;
                }
            }
            assert_eq!(done, Ok(()));
            assert_eq!(github.state.lock().unwrap().runs.len(), 1);
        });
    }
}
