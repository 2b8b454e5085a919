//! Real programs, none of which is waited for by sleeping.

use std::future::poll_fn;

use super::*;
use crate::adapter::local::fakes::{ManualClock, poll_once};
use crate::model::Epoch;
use crate::port::LeaseDeadline;

struct Place {
    clock: ManualClock,
    directory: tempfile::TempDir,
    commands: LocalCommands,
}

impl Place {
    fn new() -> Self {
        let clock = ManualClock::default();
        let directory = tempfile::tempdir().unwrap();
        Self {
            commands: LocalCommands::new(Arc::new(clock.clone()), directory.path()),
            clock,
            directory,
        }
    }

    fn permit(&self) -> Permit {
        Permit {
            run: "failover-1".parse().unwrap(),
            step: "warm-caches".parse().unwrap(),
            epoch: Epoch(7),
            token: "t-1".to_owned(),
            deadline: LeaseDeadline::new(Duration::from_mins(1).after(self.clock.now())),
        }
    }

    /// Runs a command with a minute's time; the clock stands still.
    fn run(&self, argv: &[&str], permit: Option<&Permit>) -> PortResult<CommandOutput> {
        self.run_while(argv, permit, || {})
    }

    /// Runs a command with a minute's time, and calls `watch` again and again, which may move the clock.
    fn run_while(
        &self,
        argv: &[&str],
        permit: Option<&Permit>,
        watch: impl Fn(),
    ) -> PortResult<CommandOutput> {
        let argv: Vec<String> = argv.iter().map(ToString::to_string).collect();
        let mut work = self.commands.run(&argv, Duration::from_mins(1), permit);
        let work = poll_fn(|cx| {
            watch();
            // The clock wakes nobody, so it is asked again and again.
            cx.waker().wake_by_ref();
            work.as_mut().poll(cx)
        });
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(work)
    }

    /// The process that a script wrote down in the file `child`, once it has.
    fn child(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.directory.path().join("child")).ok()?;
        Some(text.strip_suffix('\n')?.to_owned())
    }
}

#[test]
fn a_command_gives_its_status_and_the_end_of_both_streams() {
    let output = Place::new()
        .run(&["sh", "-c", "echo out; echo err >&2; exit 3"], None)
        .unwrap();
    assert_eq!(output.status, 3);
    assert!(output.tail.contains("out") && output.tail.contains("err"));
}

#[test]
fn arguments_are_not_read_by_a_shell() {
    let output = Place::new().run(&["echo", "$HOME; ls *"], None).unwrap();
    assert_eq!(output.tail, "$HOME; ls *");
}

#[test]
fn at_most_4_kib_of_output_are_kept_and_a_full_pipe_stops_nothing() {
    let script = "i=0; while [ $i -lt 40000 ]; do echo line-$i; i=$((i+1)); done";
    let output = Place::new().run(&["sh", "-c", script], None).unwrap();
    assert!(output.tail.len() <= TAIL);
    assert!(output.tail.ends_with("line-39999"));
}

#[test]
fn output_that_is_not_text_stays_within_its_limit() {
    let script = r"i=0; while [ $i -lt 3000 ]; do printf '\377\377'; i=$((i+1)); done";
    let output = Place::new().run(&["sh", "-c", script], None).unwrap();
    assert!(output.tail.len() <= TAIL && !output.tail.is_empty());
}

#[test]
fn a_command_that_a_signal_ended_has_the_status_that_shells_give() {
    let output = Place::new().run(&["sh", "-c", "kill -9 $$"], None).unwrap();
    assert_eq!(output.status, 137);
}

#[test]
fn a_command_runs_in_the_estates_directory() {
    let place = Place::new();
    let output = place.run(&["pwd", "-P"], None).unwrap();
    let real = place.directory.path().canonicalize().unwrap();
    assert_eq!(output.tail, real.to_str().unwrap());
}

#[test]
fn a_command_that_changes_the_world_finds_its_permit() {
    let place = Place::new();
    let script = "echo $DR_RUN $DR_STEP $DR_EPOCH $DR_TOKEN";
    let output = place
        .run(&["sh", "-c", script], Some(&place.permit()))
        .unwrap();
    assert_eq!(output.tail, "failover-1 warm-caches 7 t-1");
}

#[test]
fn past_the_leases_deadline_nothing_is_started() {
    let place = Place::new();
    let permit = place.permit();
    place.clock.advance(Duration::from_mins(1));
    let error = place.run(&["touch", "changed"], Some(&permit)).unwrap_err();
    assert_eq!(error.class, ErrorClass::Denied);
    assert!(!place.directory.path().join("changed").exists());
}

#[test]
fn a_program_that_is_missing_or_not_executable_is_told_with_what_to_do() {
    let place = Place::new();
    let missing = place.run(&["no-such-program-9"], None).unwrap_err();
    assert_eq!(missing.class, ErrorClass::Invalid);
    assert!(missing.message.contains("install it"));
    std::fs::write(place.directory.path().join("script"), "").unwrap();
    let path = place.directory.path().join("script");
    let denied = place.run(&[path.to_str().unwrap()], None).unwrap_err();
    assert_eq!(denied.class, ErrorClass::Denied);
    let nothing = place.run(&[], None).unwrap_err();
    assert_eq!(nothing.class, ErrorClass::Invalid);
}

/// Of a process: whether it is still there and not only waiting to be collected.
fn is_alive(id: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").starts_with(" Z"))
}

#[test]
fn past_its_time_a_command_is_ended_with_everything_it_started() {
    let place = Place::new();
    let over = || {
        if place.child().is_some() {
            place.clock.advance(Duration::from_mins(1));
        }
    };
    let script = "echo begun; sleep 600 & echo $! > child; wait";
    let argv = ["sh", "-c", script];

    let error = place.run_while(&argv, None, over).unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
    let message = "ended by force after 1m; its last line was: begun";
    assert_eq!(error.message, message);
    let child = place.child().unwrap();
    while is_alive(&child) {
        std::thread::yield_now();
    }
}

#[test]
fn of_a_change_that_took_too_long_it_is_not_known_how_far_it_came() {
    let place = Place::new();
    let permit = place.permit();
    let over = || {
        if place.child().is_some() {
            place.clock.advance(Duration::from_mins(1));
        }
    };
    let argv = ["sh", "-c", "echo $$ > child; exec sleep 600"];
    let error = place.run_while(&argv, Some(&permit), over).unwrap_err();
    assert_eq!(error.class, ErrorClass::Indeterminate);
}

#[test]
fn a_command_whose_step_is_given_up_is_ended() {
    let place = Place::new();
    let argv = ["sh", "-c", "echo $$ > child; exec sleep 600"].map(str::to_owned);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            let mut work = place.commands.run(&argv, Duration::from_mins(1), None);
            while place.child().is_none() {
                assert!(poll_once(work.as_mut()).is_none());
            }
            drop(work);
        });
    let child = place.child().unwrap();
    while is_alive(&child) {
        std::thread::yield_now();
    }
}

#[test]
fn what_a_command_leaves_running_is_neither_waited_for_nor_ended() {
    let place = Place::new();
    // The child keeps the pipe open, so the output has no end: a little time passes, far less than a minute.
    let argv = ["sh", "-c", "echo done; sleep 600 & echo $! > child"];
    let begun = place.clock.now();
    let output = place.run_while(&argv, None, || {
        if place.child().is_some() && Duration::between(begun, place.clock.now()) < DRAIN.times(2) {
            place.clock.advance(Duration::from_millis(1));
        }
    });
    let child = place.child().unwrap();
    assert!(is_alive(&child));
    let id = Pid::from_raw(child.parse().unwrap()).unwrap();
    rustix::process::kill_process(id, Signal::KILL).unwrap();
    assert_eq!(output.unwrap().status, 0);
}
