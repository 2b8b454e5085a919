//! `dr estate from-terraform`: the shipped estate and what its stacks tell.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a failure may end it anywhere"
)]
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What a call left: exit code, stdout, stderr.
type Ended = (i32, String, String);

/// `dr` in `place`, with a `terraform` that tells what stands in `outputs.json` of the stack's directory.
fn dr(place: &TempDir, line: &str) -> Ended {
    let path = format!("{}:/usr/bin:/bin", place.path().join("bin").display());
    let ended = Command::new(cargo_bin("dr"))
        .args(line.split_whitespace())
        .env_clear()
        .env("PATH", path)
        .current_dir(place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        ended.status.code().unwrap(),
        text(&ended.stdout),
        text(&ended.stderr),
    )
}

#[track_caller]
fn ends(place: &TempDir, line: &str, code: i32) -> (String, String) {
    let (ended, stdout, stderr) = dr(place, line);
    assert_eq!(ended, code, "dr {line}: {stdout}\n{stderr}");
    (stdout, stderr)
}

const TERRAFORM: &str = "#!/bin/sh
if [ \"$*\" != 'output -json -no-color' ]; then echo \"unexpected: $*\" >&2; exit 1; fi
if [ -f outputs.json ]; then cat outputs.json; exit 0; fi
echo '╷' >&2; echo '│ Error: Backend initialization required' >&2; echo '╵' >&2; exit 1
";

/// The shipped estate with stacks of two sites and of the front door.
fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    fs::create_dir(root.join("bin")).unwrap();
    let program = root.join("bin/terraform");
    fs::write(&program, TERRAFORM).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runbooks/storefront/estate.yaml");
    fs::copy(shipped, root.join("estate.yaml")).unwrap();
    for (site, region) in [("ohio", "us-east-2"), ("california", "us-west-1")] {
        tell(root, region, &of_site(site, region));
    }
    let door = |site: &str| json!({ "front-door": { "zone": "Z0", "set-identifier": site, "answers": [format!("{site}.example")] } });
    tell(
        root,
        "global",
        &json!({
            "estate": "storefront",
            "dr": { "ohio": door("ohio"), "california": door("california") },
        }),
    );
    place
}

fn of_site(site: &str, region: &str) -> Value {
    json!({
        "estate": "storefront",
        "site": { "name": site, "region": region, "account": "1", "store": format!("store-{region}") },
        "dr": {
            "source": { "instance": "i-1", "url": "ssh://git@10.0.0.1/srv/git/storefront.git", "branch": "main" },
            "network": { "vpc": "vpc-1" },
            "balancer": { "load-balancer": "arn:lb", "target-group": "arn:tg" },
            "app": { "group": "storefront-app" },
            "cluster": { "cluster": "storefront", "node-group": "nodes" },
            "database": {
                "instance": "storefront-database", "port": "5432", "subnet-group": "a", "parameter-group": "b",
                "security-group": "sg-1", "quarantine-group": "sg-2", "network-acl": "acl-1",
            },
            "stack": { "state-bucket": format!("storefront-state-{region}"), "state-key": "site.tfstate" },
        },
    })
}

fn tell(root: &Path, stack: &str, values: &Value) {
    let folder = root.join("terraform").join(stack);
    fs::create_dir_all(&folder).unwrap();
    let wrapped: serde_json::Map<String, Value> = values
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), json!({ "sensitive": false, "value": value })))
        .collect();
    fs::write(
        folder.join("outputs.json"),
        Value::Object(wrapped).to_string(),
    )
    .unwrap();
}

const ALL: &str = "estate from-terraform terraform/us-east-2 terraform/us-west-1 terraform/global";

#[test]
fn the_estate_is_printed_and_written_only_when_that_is_asked_for() {
    let place = place();
    let file = place.path().join("estate.yaml");
    let before = fs::read_to_string(&file).unwrap();
    let (printed, notices) = ends(&place, ALL, 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    assert!(
        notices.contains("no stack tells of dashboards@ohio"),
        "{notices}"
    );

    let (shown, notices) = ends(&place, &format!("{ALL} --write"), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    assert!(notices.contains("wrote estate.yaml"), "{notices}");
    insta::assert_snapshot!("what_changes", shown);
    ends(&place, "estate check", 0);

    // Bound once, the stacks are known; nothing is written a second time.
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let (shown, notices) = ends(&place, "estate from-terraform --write", 0);
    assert_eq!(shown, "");
    assert!(notices.contains("says so already"), "{notices}");
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
}

#[test]
fn what_changed_in_a_stack_is_shown_and_nothing_else() {
    let place = place();
    ends(&place, &format!("{ALL} --write"), 0);
    let mut values = of_site("ohio", "us-east-2");
    values["dr"]["network"]["vpc"] = json!("vpc-2");
    tell(place.path(), "us-east-2", &values);
    let (shown, _) = ends(
        &place,
        "estate from-terraform terraform/us-east-2 --write",
        0,
    );
    let changed: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with(['+', '-']))
        .collect();
    assert_eq!(
        changed,
        [
            "-    network: { vpc: vpc-1 }",
            "+    network: { vpc: vpc-2 }"
        ]
    );
}

#[test]
fn outputs_that_were_saved_elsewhere_do_as_well() {
    let place = place();
    let (by_program, _) = ends(&place, ALL, 0);
    let saved = ["us-east-2", "us-west-1", "global"]
        .map(|stack| format!("--outputs terraform/{stack}=terraform/{stack}/outputs.json"));
    let (by_file, _) = ends(
        &place,
        &format!("estate from-terraform {}", saved.join(" ")),
        0,
    );
    assert_eq!(by_file, by_program);
}

#[test]
fn each_way_in_which_it_cannot_be_done_says_what_to_do_next() {
    let place = place();
    let root = place.path();
    fs::create_dir_all(root.join("terraform/fresh")).unwrap();
    tell(root, "empty", &json!({}));
    tell(root, "other", &json!({ "estate": "bookshop", "dr": {} }));
    for (line, code, told) in [
        (
            "estate from-terraform",
            2,
            "dr estate from-terraform terraform/us-east-2",
        ),
        (
            "estate from-terraform terraform/nowhere",
            2,
            "no such directory",
        ),
        (
            "estate from-terraform terraform/fresh",
            2,
            "terraform -chdir=terraform/fresh init",
        ),
        (
            "estate from-terraform terraform/empty",
            12,
            "terraform -chdir=terraform/empty apply",
        ),
        (
            "estate from-terraform terraform/other",
            12,
            "terraform/other belongs to bookshop",
        ),
        (
            "estate from-terraform --outputs nowhere.json",
            1,
            "cannot read nowhere.json",
        ),
        (
            "estate from-terraform --estate nowhere.yaml terraform/global",
            2,
            "there is no file nowhere.yaml",
        ),
    ] {
        let (_, errors) = ends(&place, line, code);
        assert!(errors.contains(told), "dr {line}: {errors}");
    }
}
