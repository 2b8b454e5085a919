//! What the program is asked, and in which order, by a program that answers what it is told to.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::*;
use crate::adapter::local::SystemClock;
use crate::adapter::pipeline::trial::{Heard, here, permit};

/// A program `terraform` that writes down each call. A plan ends with the status in the file `status`, and is then empty.
const PROGRAM: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
echo "$*" | cut -d ' ' -f 1-2 | sed 's/ -.*//' >> calls
case "$1 $2" in
    init*) [ ! -e offline ] ;;
    plan*)
        for word; do case "$word" in -out=*) touch "${word#-out=}" ;; esac; done
        status=$(cat status); echo 0 > status; exit "$status" ;;
    show*) cat plan.json ;;
    "state pull") [ -e state.json ] && cat state.json ;;
esac
"#;

struct Bench {
    folder: tempfile::TempDir,
    stack: TerraformStack,
}

impl Bench {
    /// A stack whose first plan would make those changes.
    fn new(changes: &serde_json::Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("terraform"), PROGRAM).unwrap();
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(at("terraform"), executable).unwrap();
        let status = if changes.is_null() { "0" } else { "2" };
        std::fs::write(at("status"), status).unwrap();
        std::fs::write(at("plan.json"), changes.to_string()).unwrap();
        let applied = json!({ "role": "standby", "database_role": "replica" });
        let state =
            json!({ "version": 4, "serial": 7, "outputs": { "applied": { "value": applied } } });
        std::fs::write(at("state.json"), state.to_string()).unwrap();

        let here = here(Arc::new(SystemClock));
        let binding = TerraformBinding {
            directory: ".".to_owned(),
            roles: "dr.auto.tfvars.json".to_owned(),
            state_bucket: "states".to_owned(),
            state_key: "site.tfstate".to_owned(),
        };
        let data = at("data");
        std::fs::create_dir_all(&data).unwrap();
        let config = json!({ "bucket": "states", "key": "site.tfstate" });
        let backend = json!({ "backend": { "type": "s3", "config": config } });
        std::fs::write(data.join("terraform.tfstate"), backend.to_string()).unwrap();
        let narrator: Arc<dyn Narrator> = Arc::new(Heard::default());
        let program = Arc::new(Program {
            directory: folder.path().to_owned(),
            data: data.clone(),
            environment: vec![("PATH".to_owned(), path_with(folder.path()))],
            clock: here.clock.clone(),
            narrator: narrator.clone(),
            place: here.to_string(),
        });
        let applier = Arc::new(Directly {
            here: here.clone(),
            program: program.clone(),
        });
        let stack = TerraformStack {
            here,
            binding,
            fleets: Fleets::new(),
            program,
            data,
            narrator,
            applier,
        };
        Self { folder, stack }
    }

    fn calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.folder.path().join("calls")).unwrap();
        calls.lines().map(str::to_owned).collect()
    }
}

/// The folder before the places where a shell's own programs are.
fn path_with(folder: &Path) -> String {
    format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display())
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for one test")
        .block_on(work)
}

/// A plan that would rename a database back.
fn renamed() -> serde_json::Value {
    let change = json!({ "actions": ["update"],
        "before": { "identifier": "shop-former" }, "after": { "identifier": "shop" } });
    let database =
        json!({ "address": "aws_db_instance.this", "type": "aws_db_instance", "change": change });
    json!({ "format_version": "1.2", "resource_changes": [database] })
}

/// A plan that would give a fleet its members.
fn resized() -> serde_json::Value {
    let change =
        json!({ "actions": ["update"], "before": { "min_size": 0 }, "after": { "min_size": 3 } });
    let fleet = json!({ "address": "aws_autoscaling_group.app", "type": "aws_autoscaling_group", "change": change });
    json!({ "format_version": "1.2", "resource_changes": [fleet] })
}

#[test]
fn a_look_at_a_stack_with_an_empty_plan_starts_the_provider_once() {
    let bench = Bench::new(&serde_json::Value::Null);
    let state = wait(bench.stack.observe(Role::Standby)).unwrap();
    assert_eq!(state.pending, StackChanges::default());
    assert_eq!(bench.calls(), ["init", "state pull", "plan"]);
    wait(bench.stack.observe(Role::Standby)).unwrap();
    assert_eq!(bench.calls()[3..], ["state pull", "plan"]);
}

#[test]
fn a_look_at_a_stack_that_would_change_says_what() {
    let bench = Bench::new(&resized());
    let state = wait(bench.stack.observe(Role::Primary)).unwrap();
    assert_eq!(state.pending.change, 1);
    assert_eq!(bench.calls(), ["init", "state pull", "plan", "show"]);
}

#[test]
fn what_is_applied_is_the_plan_that_was_read() {
    let bench = Bench::new(&resized());
    wait(bench.stack.adopt(Role::Primary, &permit("t"))).unwrap();
    assert_eq!(bench.calls(), ["init", "plan", "show", "apply"]);
}

#[test]
fn a_state_that_was_told_of_a_renamed_database_is_planned_anew() {
    let bench = Bench::new(&renamed());
    wait(bench.stack.adopt(Role::Primary, &permit("t"))).unwrap();
    let calls = bench.calls();
    assert_eq!(
        calls,
        [
            "init",
            "plan",
            "show",
            "state pull",
            "state rm",
            "import",
            "plan"
        ]
    );
}

#[test]
fn a_state_that_could_not_be_kept_is_not_changed() {
    let bench = Bench::new(&renamed());
    std::fs::remove_file(bench.folder.path().join("state.json")).unwrap();
    let told = wait(bench.stack.adopt(Role::Primary, &permit("t")));
    assert_eq!(told.unwrap_err().class, ErrorClass::Transient);
    assert_eq!(bench.calls(), ["init", "plan", "show", "state pull"]);
}

#[test]
fn a_directory_whose_providers_could_not_be_fetched_is_made_ready_again() {
    let bench = Bench::new(&serde_json::Value::Null);
    let offline = bench.folder.path().join("offline");
    std::fs::write(&offline, "").unwrap();
    assert!(wait(bench.stack.observe(Role::Standby)).is_err());
    std::fs::remove_file(&offline).unwrap();
    wait(bench.stack.observe(Role::Standby)).unwrap();
    let others = bench.folder.path().join(".terraform.lock.hcl");
    std::fs::write(others, "other providers").unwrap();
    wait(bench.stack.observe(Role::Standby)).unwrap();
    let inits = bench.calls().iter().filter(|call| *call == "init").count();
    assert_eq!(inits, 3);
}
