//! What a state and a plan say, read from the program's JSON. Only a few members are read, each may be missing.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Role, StackChanges};

/// Resources that hold data: a plan that deletes or replaces one of them is never applied.
const DATA: [&str; 14] = [
    "aws_backup_vault",
    "aws_db_cluster_snapshot",
    "aws_db_instance",
    "aws_db_snapshot",
    "aws_docdb_cluster",
    "aws_dynamodb_table",
    "aws_ebs_volume",
    "aws_efs_file_system",
    "aws_elasticache_replication_group",
    "aws_kms_key",
    "aws_rds_cluster",
    "aws_rds_global_cluster",
    "aws_route53_zone",
    "aws_s3_bucket",
];

/// The attribute that makes and unmakes a replica.
const SOURCE: &str = "replicate_source_db";

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the program's answer is not what this dr knows: {0}")]
pub(super) struct Unreadable(String);

/// For what a stack was applied last.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Applied {
    pub(super) role: Role,
    pub(super) database_role: String,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) serial: u64,
    pub(super) applied: Option<Applied>,
}

impl State {
    /// Reads `terraform state pull`. No text is a state that was never written.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self {
                serial: 0,
                applied: None,
            });
        }
        let state: Value = parse(bytes)?;
        if state["version"] != 4 {
            return Err(Unreadable(format!(
                "a state of version {}",
                state["version"]
            )));
        }
        let applied = &state["outputs"]["applied"]["value"];
        Ok(Self {
            serial: state["serial"].as_u64().unwrap_or(0),
            applied: serde_json::from_value(applied.clone()).ok(),
        })
    }

    /// What the database was taken for at the last apply; a replica where that is not known: then nothing is promoted.
    pub(super) fn database_role(&self) -> String {
        self.applied.as_ref().map_or_else(
            || "replica".to_owned(),
            |applied| applied.database_role.clone(),
        )
    }
}

/// The bucket and the key of the S3 backend that a working directory was initialised with.
pub(super) fn backend(bytes: &[u8]) -> Option<(String, String)> {
    let file: Value = serde_json::from_slice(bytes).ok()?;
    let backend = &file["backend"];
    if backend["type"] != "s3" {
        return None;
    }
    let config = &backend["config"];
    Some((
        config["bucket"].as_str()?.to_owned(),
        config["key"].as_str()?.to_owned(),
    ))
}

fn parse(bytes: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(bytes).map_err(|cause| Unreadable(cause.to_string()))
}

/// One resource that a plan changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) address: String,
    pub(super) kind: String,
    actions: Vec<String>,
    before: Value,
    after: Value,
}

impl Change {
    /// `None` where nothing is done.
    fn read(address: String, kind: String, change: &Value) -> Option<Self> {
        let actions: Vec<String> = change["actions"]
            .as_array()?
            .iter()
            .map(|action| action.as_str().unwrap_or_default().to_owned())
            .filter(|action| action != "no-op" && action != "read")
            .collect();
        (!actions.is_empty()).then(|| Self {
            address,
            kind,
            actions,
            before: change["before"].clone(),
            after: change["after"].clone(),
        })
    }

    fn does(&self, action: &str) -> bool {
        self.actions.iter().any(|found| found == action)
    }

    /// A database that stands under another name than it is planned with: it was renamed under Terraform, or is not known to
    /// it. The name that is wanted.
    pub(super) fn wants_database(&self) -> Option<&str> {
        if self.kind != "aws_db_instance" {
            return None;
        }
        let wanted = self.after["identifier"].as_str()?;
        (self.before["identifier"].as_str() != Some(wanted)).then_some(wanted)
    }

    /// Whether the resource is in the state.
    pub(super) fn is_known(&self) -> bool {
        !self.before.is_null()
    }

    /// Whether it would give a database that stands another name: clients would lose it.
    fn renames_a_database(&self) -> bool {
        self.is_known() && self.does("update") && self.wants_database().is_some()
    }

    /// The name that it stands under, for people.
    pub(super) fn stands_as(&self) -> &str {
        self.before["identifier"].as_str().unwrap_or("nothing")
    }

    /// Whether it would make a replica of a primary, or a primary of a replica.
    fn moves_a_role(&self) -> bool {
        let of = |value: &Value| value[SOURCE].as_str().unwrap_or_default().to_owned();
        self.kind == "aws_db_instance" && self.does("update") && of(&self.before) != of(&self.after)
    }

    fn destroys_data(&self) -> bool {
        self.does("delete") && DATA.contains(&self.kind.as_str())
    }
}

/// What a plan would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes(pub(super) Vec<Change>);

impl Changes {
    /// Reads `terraform show -json` of a plan.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let plan = parse(bytes)?;
        let version = plan["format_version"].as_str().unwrap_or_default();
        if !version.starts_with("1.") {
            return Err(Unreadable(format!("a plan of format {version}")));
        }
        let resources = plan["resource_changes"].as_array().into_iter().flatten();
        let resources = resources.filter_map(|resource| {
            let text = |key: &str| resource[key].as_str().unwrap_or_default().to_owned();
            Change::read(text("address"), text("type"), &resource["change"])
        });
        // A plan that changes an output only is not empty either.
        let outputs = plan["output_changes"].as_object().into_iter().flatten();
        let outputs = outputs.filter_map(|(name, change)| {
            Change::read(format!("output.{name}"), "output".to_owned(), change)
        });
        Ok(Self(resources.chain(outputs).collect()))
    }

    /// The counts, for the judgement of a step.
    pub(super) fn pending(&self) -> StackChanges {
        let count = |action: &str| {
            let found = self.0.iter().filter(|change| change.does(action)).count();
            u32::try_from(found).unwrap_or(u32::MAX)
        };
        StackChanges {
            create: count("create"),
            change: count("update"),
            destroy: count("delete"),
            destroys_data: self.danger().is_some(),
        }
    }

    /// Why this plan is never applied; `None` where it may be.
    pub(super) fn danger(&self) -> Option<String> {
        let destroyed: Vec<&str> = self
            .0
            .iter()
            .filter(|change| change.destroys_data())
            .map(|change| &*change.address)
            .collect();
        if !destroyed.is_empty() {
            return Some(format!(
                "it would delete or replace data: {}",
                destroyed.join(", ")
            ));
        }
        if let Some(moved) = self.0.iter().find(|change| change.moves_a_role()) {
            return Some(format!(
                "it would make or unmake a replica, which only a runbook may: {}",
                moved.address
            ));
        }
        let renamed = self.0.iter().find(|change| change.renames_a_database())?;
        Some(format!(
            "it would rename a database that stands: {}, which is {} now",
            renamed.address,
            renamed.stands_as()
        ))
    }
}

/// One line a resource: what is kept beside a saved plan, and shown.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.0 {
            writeln!(f, "{}: {}", change.actions.join(" and "), change.address)?;
        }
        let pending = self.pending();
        write!(
            f,
            "{} to create, {} to change, {} to destroy",
            pending.create, pending.change, pending.destroy
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan(kind: &str, actions: &[&str], before: &Value, after: &Value) -> Changes {
        let plan = json!({
            "format_version": "1.2",
            "resource_changes": [
                { "address": "module.site.x", "type": kind,
                  "change": { "actions": actions, "before": before, "after": after } },
                { "address": "module.site.y", "type": "aws_vpc",
                  "change": { "actions": ["no-op"], "before": {}, "after": {} } },
            ]
        });
        Changes::read(plan.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_output_that_would_change_is_a_change() {
        let plan = json!({
            "format_version": "1.2",
            "output_changes": {
                "applied": { "actions": ["update"], "before": "old", "after": "new" },
                "dr": { "actions": ["no-op"], "before": {}, "after": {} },
            }
        });
        let changes = Changes::read(plan.to_string().as_bytes()).unwrap();
        assert_eq!(changes.pending().change, 1);
        assert_eq!(
            changes.to_string(),
            "update: output.applied\n0 to create, 1 to change, 0 to destroy"
        );
    }

    #[test]
    fn a_plan_that_deletes_or_replaces_data_is_never_applied() {
        for kind in DATA {
            for actions in [
                &["delete"][..],
                &["delete", "create"],
                &["create", "delete"],
            ] {
                let changes = plan(kind, actions, &json!({}), &Value::Null);
                assert!(changes.pending().destroys_data, "{kind} {actions:?}");
            }
            assert_eq!(
                plan(kind, &["create"], &Value::Null, &json!({})).danger(),
                None
            );
        }
        let changes = plan("aws_instance", &["delete"], &json!({}), &Value::Null);
        assert_eq!(changes.danger(), None);
    }

    #[test]
    fn the_workflow_to_copy_refuses_to_delete_the_same_things() {
        let workflow = include_str!("../../../../terraform/pipelines/github-actions.yml");
        let refused = workflow.split('[').find(|text| text.contains(DATA[0]));
        let refused = refused.and_then(|text| text.split(']').next()).unwrap();
        let refused: Vec<&str> = refused.split('"').skip(1).step_by(2).collect();
        assert_eq!(refused, DATA);
        assert!(workflow.contains(SOURCE));
    }

    #[test]
    fn a_plan_that_makes_or_unmakes_a_replica_is_never_applied() {
        let replica = json!({ "identifier": "db", SOURCE: "arn:aws:rds:us-east-2:1:db:db" });
        let primary = json!({ "identifier": "db", SOURCE: null });
        let never_set = json!({ "identifier": "db" });
        let danger = |before, after| plan("aws_db_instance", &["update"], before, after).danger();
        assert!(danger(&replica, &primary).is_some(), "promotes");
        assert!(danger(&primary, &replica).is_some(), "demotes");
        assert_eq!(danger(&primary, &never_set), None);
        assert_eq!(danger(&replica, &replica), None);
    }

    #[test]
    fn a_database_that_was_renamed_under_terraform_is_seen_and_one_that_it_does_not_know_too() {
        let old = json!({ "identifier": "db-retired-202611210500" });
        let new = json!({ "identifier": "db" });
        let renamed = plan("aws_db_instance", &["update"], &old, &new);
        assert_eq!(renamed.0[0].wants_database(), Some("db"));
        assert!(renamed.0[0].is_known());
        let missing = plan("aws_db_instance", &["create"], &Value::Null, &new);
        assert_eq!(missing.0[0].wants_database(), Some("db"));
        assert!(!missing.0[0].is_known());
        let changed = plan("aws_db_instance", &["update"], &new, &new);
        assert_eq!(changed.0[0].wants_database(), None);
    }

    #[test]
    fn a_newer_format_is_refused_and_not_guessed() {
        assert!(Changes::read(br#"{"format_version": "2.0"}"#).is_err());
        assert!(State::read(br#"{"version": 5}"#).is_err());
        assert!(Changes::read(b"terraform crashed").is_err());
    }

    #[test]
    fn a_state_tells_for_which_role_it_was_applied() {
        let state = br#"{"version": 4, "serial": 7, "outputs": {"applied": {"value":
            {"role": "standby", "app_count": 1, "database_role": "replica"}}}}"#;
        let state = State::read(state).unwrap();
        assert_eq!(
            (state.serial, state.database_role()),
            (7, "replica".to_owned())
        );
        assert_eq!(state.applied.unwrap().role, Role::Standby);
        assert_eq!(State::read(b"\n").unwrap().applied, None);
    }
}
