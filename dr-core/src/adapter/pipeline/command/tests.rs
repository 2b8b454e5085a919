use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::Timestamp;

use super::*;
use crate::adapter::local::SystemClock;
use crate::adapter::pipeline::trial::{Heard, Instants, here, permit};
use crate::model::{Role, TerraformBinding};
use crate::port::{Clock, LeaseDeadline};

/// A folder with a program in it, and what it was heard to say.
struct Bench {
    folder: tempfile::TempDir,
    heard: Arc<Heard>,
    clock: Arc<dyn Clock>,
}

impl Bench {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("apply");
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            folder,
            heard: Arc::default(),
            clock: Arc::new(SystemClock),
        }
    }

    fn apply_with(&self, arguments: &[&str], permit: &Permit) -> PortResult<()> {
        let here = here(self.clock.clone());
        let program = self.folder.path().join("apply").display().to_string();
        let words = arguments.iter().map(|&word| word.to_owned());
        let binding = CommandBinding {
            stack: TerraformBinding {
                directory: "a".to_owned(),
                roles: "b".to_owned(),
                state_bucket: "c".to_owned(),
                state_key: "d".to_owned(),
            },
            apply: [program].into_iter().chain(words).collect(),
            timeout: Some(Duration::from_mins(2)),
        };
        let folders = Folders {
            estate: self.folder.path().to_owned(),
            data: self.folder.path().to_owned(),
        };
        let command = CommandApplier::new(here.clone(), binding, &folders, self.heard.clone());
        let order = Order {
            component: &here.component.id,
            site: &here.site.id,
            role: Role::Primary,
            variables: r#"{"role":"primary"}"#,
            variables_file: Path::new("/tmp/{site}.json"),
            plan: Path::new("last.tfplan"),
        };
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime for one test")
            .block_on(command.apply(&order, permit))
    }

    fn apply(&self, arguments: &[&str]) -> PortResult<()> {
        self.apply_with(arguments, &permit("t"))
    }
}

#[test]
fn placeholders_are_filled_in_once_and_no_shell_looks_at_them() {
    let bench =
        Bench::new(r#"for word in "$@"; do echo "<$word>"; done; echo "$DR_STEP $DR_TOKEN""#);
    bench
        .apply(&[
            "{site}",
            "--role={role}",
            "{variables}",
            "$HOME; {other} {",
            "{request}",
        ])
        .unwrap();
    let told = bench.heard.text();
    for line in [
        "stack@california: <california>",
        "<--role=primary>",
        "</tmp/{site}.json>",
        "<$HOME; {other} {>",
        "provision t",
    ] {
        assert!(told.contains(line), "{told}");
    }
}

#[test]
fn the_request_is_the_same_for_each_attempt_and_another_for_another_step() {
    let bench = Bench::new("echo \"$1\"");
    let mut told = Vec::new();
    for token in ["t", "t", "u"] {
        bench.apply_with(&["{request}"], &permit(token)).unwrap();
        told.push(bench.heard.text().lines().last().unwrap().to_owned());
    }
    assert_eq!(told[0], told[1]);
    assert_ne!(told[1], told[2]);
}

#[test]
fn a_failure_is_told_with_its_status_and_the_last_lines_of_both_streams() {
    let bench = Bench::new("echo planned; echo 'no credentials' >&2; exit 3");
    let error = bench.apply(&[]).unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    for part in ["exit status: 3", "planned", "no credentials"] {
        assert!(error.message.contains(part), "{}", error.message);
    }
}

#[test]
fn a_command_that_takes_too_long_is_asked_to_end_and_then_ended_by_force_and_in_doubt() {
    let mut bench = Bench::new("trap '' INT; echo started; sleep 600");
    bench.clock = Instants::new();
    let error = bench.apply(&[]).unwrap_err();
    assert_eq!(error.class, ErrorClass::Indeterminate);
    assert!(error.message.contains("interrupted"), "{}", error.message);
}

#[test]
fn nothing_is_started_past_the_lease() {
    let bench = Bench::new("echo started");
    let mut lease = permit("t");
    lease.deadline = LeaseDeadline::new(Timestamp::UNIX_EPOCH);
    let error = bench.apply_with(&[], &lease).unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(bench.heard.text(), "");
}

#[test]
fn a_program_that_is_not_there_or_may_not_be_run_is_told_as_such() {
    let bench = Bench::new("");
    let file = bench.folder.path().join("apply");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(bench.apply(&[]).unwrap_err().class, ErrorClass::Denied);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(bench.apply(&[]).unwrap_err().class, ErrorClass::Invalid);
}

#[test]
fn a_child_that_goes_on_running_does_not_hold_the_command_back() {
    let bench = Bench::new("sleep 600 & echo $!");
    bench.apply(&[]).unwrap();
    let told = bench.heard.text();
    let id = told.rsplit(' ').next().unwrap().parse().unwrap();
    let child = rustix::process::Pid::from_raw(id).unwrap();
    rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
}
