//! Who holds a state's lock, read from the program's complaint.

use crate::model::TerraformBinding;

/// A lock that is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Held {
    id: String,
    who: String,
    created: String,
    path: String,
    operation: String,
}

/// The lock that a complaint tells of; `None` when it is about something else.
pub(super) fn held(complaint: &str) -> Option<Held> {
    if !complaint.contains("Error acquiring the state lock") {
        return None;
    }
    let mut held = Held::default();
    for line in complaint.lines() {
        // The program draws a border before each line.
        let line = line.trim_start_matches(['│', '|', ' ']).trim();
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim().to_owned();
        match key {
            "ID" => held.id = value,
            "Who" => held.who = value,
            "Created" => held.created = value,
            "Path" => held.path = value,
            "Operation" => held.operation = value,
            _ => {}
        }
    }
    Some(held)
}

impl Held {
    /// Whether its holder only looks: a plan changes nothing, and lets the lock go in a moment.
    pub(super) fn is_a_look(&self) -> bool {
        self.operation == "OperationTypePlan"
    }

    /// The lock, who holds it and what removes it, as a line of progress.
    pub(super) fn line_for(&self, binding: &TerraformBinding) -> String {
        let holder = self.to_string_for(binding);
        format!("the state's lock {} is held: {holder}", self.id)
    }

    /// Who holds it and what removes it; a lock that was copied here with the bucket of another region is told as what it is.
    pub(super) fn to_string_for(&self, binding: &TerraformBinding) -> String {
        let Self {
            id,
            who,
            created,
            path,
            ..
        } = self;
        // Where this run is gone on with on another machine, nobody has called `terraform init` in that directory yet, and
        // `force-unlock` is refused without (Terraform, "Backend initialization required").
        let directory = &binding.directory;
        let remedy = format!(
            "`terraform -chdir={directory} init -reconfigure -input=false && terraform -chdir={directory} force-unlock -force {id}`"
        );
        let is_foreign = !path.is_empty() && !path.starts_with(&binding.state_bucket);
        if is_foreign {
            format!(
                "a stale copy of a lock of {path}, held there by {who} since {created}: nobody holds this one; remove it with {remedy}"
            )
        } else {
            format!("{who} since {created} (once that is certainly over: {remedy})")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLAINT: &str = "\
╷
│ Error: Error acquiring the state lock
│ 
│ Error message: operation error S3: PutObject, https response error StatusCode: 412
│ Lock Info:
│   ID:        0a1b2c3d-1111-2222-3333-444455556666
│   Path:      storefront-state-us-west-1/site.tfstate
│   Operation: OperationTypeApply
│   Who:       ada@laptop
│   Version:   1.11.4
│   Created:   2026-11-21 05:00:00 +0000 UTC
│   Info:      
╵";

    fn binding(bucket: &str) -> TerraformBinding {
        TerraformBinding {
            directory: "a".to_owned(),
            roles: "b".to_owned(),
            state_bucket: bucket.to_owned(),
            state_key: "site.tfstate".to_owned(),
        }
    }

    #[test]
    fn the_holder_of_a_lock_is_read_from_the_complaint() {
        let held = held(COMPLAINT).unwrap();
        assert_eq!(held.who, "ada@laptop");
        assert_eq!(
            held.to_string_for(&binding("storefront-state-us-west-1")),
            "ada@laptop since 2026-11-21 05:00:00 +0000 UTC (once that is certainly over: \
             `terraform -chdir=a init -reconfigure -input=false && \
             terraform -chdir=a force-unlock -force 0a1b2c3d-1111-2222-3333-444455556666`)"
        );
    }

    #[test]
    fn a_lock_that_was_copied_from_the_lost_region_is_told_with_its_remedy() {
        let told = held(COMPLAINT)
            .unwrap()
            .to_string_for(&binding("storefront-state-us-east-2"));
        assert!(told.contains("stale copy"), "{told}");
        assert!(
            told.contains(
                "`terraform -chdir=a init -reconfigure -input=false && \
                 terraform -chdir=a force-unlock -force 0a1b2c3d-1111-2222-3333-444455556666`"
            ),
            "{told}"
        );
    }

    #[test]
    fn who_only_plans_does_not_work_on_the_stack() {
        assert!(!held(COMPLAINT).unwrap().is_a_look());
        let plan = COMPLAINT.replace("OperationTypeApply", "OperationTypePlan");
        assert!(held(&plan).unwrap().is_a_look());
    }

    #[test]
    fn another_complaint_is_no_lock() {
        assert_eq!(held("Error: no credentials"), None);
    }
}
