//! What the program is asked, and in which order, by a program that answers what it is told to.

use std::os::unix::fs::PermissionsExt;

use secrecy::SecretString;
use serde_json::json;

use super::planning::PATIENT;
use super::*;
use crate::adapter::local::SystemClock;
use crate::adapter::pipeline::trial::{Heard, here, permit};

/// A program `terraform` that writes down each call. A plan that finds the file `locked` complains with it, and removes it. A plan ends with the status in the file `status`, and is then empty; what is
/// saved of it are its variables, which an apply copies to the file `applied`.
const PROGRAM: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
echo "$*" | cut -d ' ' -f 1-2 | sed 's/ -.*//' >> calls
echo "$AWS_ACCESS_KEY_ID ${AWS_PROFILE-none}" > credentials
case "$1 $2" in
    init*) [ ! -e offline ] ;;
    plan*)
        if [ -e locked ]; then cat locked >&2; rm locked; exit 1; fi
        for word; do
            case "$word" in -var-file=*) from="${word#*=}" ;; -out=*) to="${word#*=}" ;; esac
        done
        cp "$from" "$to"
        status=$(cat status); echo 0 > status; exit "$status" ;;
    show*) cat plan.json ;;
    apply*) for word; do :; done; cp "$word" applied ;;
    "state pull") [ -e state.json ] && cat state.json ;;
esac
"#;

/// An account with those databases, whose role has a key.
struct Standing(&'static [&'static str]);

#[async_trait]
impl Account for Standing {
    async fn credentials(&self) -> PortResult<Vec<(&'static str, SecretString)>> {
        Ok(vec![("AWS_ACCESS_KEY_ID", "of-the-role".into())])
    }

    async fn has_database(&self, identifier: &str) -> PortResult<bool> {
        Ok(self.0.contains(&identifier))
    }
}

struct Bench {
    folder: tempfile::TempDir,
    heard: Arc<Heard>,
    stack: TerraformStack,
}

impl Bench {
    /// A stack whose first plan would make those changes, in an account with the database `shop`.
    fn new(changes: &serde_json::Value) -> Self {
        Self::with(changes, &["shop"])
    }

    /// The same in an account with those databases. The estate binds `shop`.
    fn with(changes: &serde_json::Value, standing: &'static [&'static str]) -> Self {
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
        let heard = Arc::new(Heard::default());
        let narrator: Arc<dyn Narrator> = heard.clone();
        let account: Arc<dyn Account> = Arc::new(Standing(standing));
        let inherited = ("AWS_PROFILE".to_owned(), "a-profile".to_owned());
        let program = Arc::new(Program {
            directory: folder.path().to_owned(),
            data: data.clone(),
            environment: vec![("PATH".to_owned(), path_with(folder.path())), inherited],
            account: account.clone(),
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
            described: Described {
                fleets: Fleets::new(),
                databases: BTreeSet::from(["shop".to_owned()]),
            },
            account,
            program,
            data,
            narrator,
            applier,
            told_of: Mutex::default(),
        };
        Self {
            folder,
            heard,
            stack,
        }
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

/// A plan that would rename those databases.
fn renaming(names: &[(&str, &str)]) -> serde_json::Value {
    let database = |(from, to): &(&str, &str)| {
        let change = json!({ "actions": ["update"],
            "before": { "identifier": from }, "after": { "identifier": to } });
        json!({ "address": format!("aws_db_instance.{to}"), "type": "aws_db_instance", "change": change })
    };
    let databases: Vec<_> = names.iter().map(database).collect();
    json!({ "format_version": "1.2", "resource_changes": databases })
}

/// A plan that would rename the bound database back.
fn renamed() -> serde_json::Value {
    renaming(&[("shop-former", "shop")])
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

/// The complaint of a plan that finds the state locked.
fn lock(id: &str) -> String {
    format!(
        "Error: Error acquiring the state lock\n  ID: {id}\n  Path: states/site.tfstate\n  Who: ada@laptop\n  Created: 05:00\n"
    )
}

#[test]
fn whose_lock_is_waited_for_is_told_before_it_is_waited_for() {
    let bench = Bench::new(&resized());
    std::fs::write(bench.folder.path().join("locked"), lock("0a1b")).unwrap();
    wait(bench.stack.apply(Role::Primary, &permit("t"))).unwrap();
    assert_eq!(
        bench.calls(),
        ["init", "state pull", "plan", "plan", "show", "apply"]
    );
    let told = bench.heard.text();
    assert!(
        told.contains("the state's lock 0a1b is held: ada@laptop since 05:00"),
        "{told}"
    );
}

#[test]
fn a_lock_that_is_seen_again_and_again_is_told_once_and_another_one_too() {
    let bench = Bench::new(&resized());
    for id in ["0a1b", "0a1b", "2c3d"] {
        std::fs::write(bench.folder.path().join("locked"), lock(id)).unwrap();
        let seen = wait(bench.stack.observe(Role::Primary)).unwrap();
        assert!(seen.locked_by.is_some());
    }
    let told = bench.heard.text();
    assert_eq!(told.matches("lock 0a1b").count(), 1, "{told}");
    assert_eq!(told.matches("lock 2c3d").count(), 1, "{told}");
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
fn nothing_is_taken_out_of_a_state_for_a_database_that_does_not_stand() {
    let bench = Bench::with(&renamed(), &["shop-former"]);
    let told = wait(bench.stack.adopt(Role::Primary, &permit("t")));
    assert_eq!(told.unwrap_err().class, ErrorClass::NotFound);
    assert_eq!(bench.calls(), ["init", "plan", "show"]);
}

#[test]
fn a_database_that_the_estate_does_not_bind_is_neither_adopted_nor_renamed() {
    let both = renaming(&[("shop-former", "shop"), ("ledger", "books")]);
    let bench = Bench::with(&both, &["shop", "books"]);
    let error = wait(bench.stack.adopt(Role::Primary, &permit("t"))).unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(error.message.contains("ledger to books"), "{error}");
    assert_eq!(bench.calls(), ["init", "plan", "show"]);

    let bench = Bench::new(&renaming(&[("ledger", "books")]));
    let error = wait(bench.stack.apply(Role::Primary, &permit("t"))).unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(!bench.calls().contains(&"apply".to_owned()));
}

#[test]
fn the_program_has_the_credentials_of_the_role_and_no_profile_beside_them() {
    let bench = Bench::new(&serde_json::Value::Null);
    wait(bench.stack.observe(Role::Standby)).unwrap();
    let had = std::fs::read_to_string(bench.folder.path().join("credentials")).unwrap();
    assert_eq!(had.lines().last(), Some("of-the-role none"));
}

#[test]
fn who_looks_between_a_plan_and_its_apply_does_not_change_what_is_applied() {
    let bench = Bench::new(&resized());
    let roles = |role| bench.stack.roles(role, "replica");
    let planned = wait(bench.stack.plan(&roles(Role::Primary), PATIENT)).unwrap();
    wait(bench.stack.look(&roles(Role::Standby))).unwrap();
    let permit = permit("t");
    wait(
        bench
            .stack
            .carry_out(planned, &roles(Role::Primary), &permit),
    )
    .unwrap();
    let applied = std::fs::read_to_string(bench.folder.path().join("applied")).unwrap();
    assert!(applied.contains(r#""role": "primary""#), "{applied}");
}

#[test]
fn a_plan_leaves_nothing_behind_but_what_was_applied() {
    let bench = Bench::new(&resized());
    wait(bench.stack.adopt(Role::Primary, &permit("t"))).unwrap();
    let below = |folder: &str| {
        let found = std::fs::read_dir(bench.folder.path().join(folder)).unwrap();
        let names = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>()
    };
    assert_eq!(below("data/planning"), BTreeSet::from(["lock".to_owned()]));
    let kept = ["provision.tfplan", "provision.tfvars.json", "provision.txt"];
    let kept = kept.map(str::to_owned).into();
    assert_eq!(below("data/plans/failover-20261121"), kept);
}

#[test]
fn nobody_else_can_read_the_plans_and_states_that_are_kept() {
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let bench = Bench::new(&resized());
    wait(bench.stack.adopt(Role::Primary, &permit("t"))).unwrap();
    let plans = bench.folder.path().join("data/plans/failover-20261121");
    for entry in std::fs::read_dir(&plans).unwrap() {
        assert_eq!(mode(entry.unwrap().path()), 0o600);
    }
    let bench = Bench::new(&renamed());
    wait(bench.stack.adopt(Role::Primary, &permit("t"))).unwrap();
    let states = bench.folder.path().join("data/states/failover-20261121");
    assert_eq!(mode(states.join("provision.tfstate")), 0o600);
    for folder in [plans, states, bench.folder.path().join("data")] {
        assert_eq!(mode(folder), 0o700);
    }
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
