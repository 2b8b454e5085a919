use std::collections::BTreeSet;

use super::{BOUND, estate, policy, runbook};
use crate::access::{Lacking, gone_without};
use crate::action::{Detail, Output, for_verb};
use crate::model::{
    DeniedCall, Direction, Duration, Estate, FenceEvidence, FenceLevel, Mode, OnDoubt,
};
use crate::port::{ErrorClass, Place, PortError};
use crate::runbook::{Only, Plan, PlannedStage, PlannedStep, Prediction};

/// The unplanned failover of the shipped estate, as far as what it calls goes.
fn plan(estate: &Estate, direction: Direction) -> Plan {
    let steps = runbook("failover")
        .steps()
        .filter(|step| matches!(step.only, None | Some(Only::Unplanned)))
        .map(|step| PlannedStep {
            id: step.id.clone(),
            calls: for_verb(&step.verb).calls(estate, &direction, Mode::Unplanned, &step.verb),
            verb: step.verb.clone(),
            site: None,
            timeout: Duration::from_mins(1),
            attempts: 1,
            on_doubt: OnDoubt::Observe,
            expected: Duration::from_mins(1),
            pivot: false,
            undo: None,
        })
        .collect();
    let stages = vec![PlannedStage {
        name: "all".to_owned(),
        steps,
    }];
    Plan {
        format: 1,
        runbook: "failover".to_owned(),
        runbook_digest: String::new(),
        estate: estate.clone(),
        mode: Mode::Unplanned,
        rehearsal: false,
        direction,
        stages,
        facts: Vec::new(),
        findings: Vec::new(),
        prediction: Prediction {
            until_serving: Duration::ZERO,
            total: Duration::ZERO,
            loss: None,
        },
        digest: String::new(),
    }
}

fn denied(operation: &str, place: &str, message: &str) -> PortError {
    PortError {
        class: ErrorClass::Denied,
        operation: operation.to_owned(),
        place: place.to_owned(),
        message: message.to_owned(),
    }
}

/// What a call of a step of the failover lacked.
fn lacking(estate: &Estate, step: &str, error: &PortError) -> Option<Lacking> {
    let plan = plan(estate, estate.outward());
    let step = plan.steps().find(|planned| planned.id.as_str() == step);
    Lacking::of(&plan, step.expect("the runbook has that step"), error)
}

#[test]
fn a_denied_call_is_told_with_the_statement_that_allows_it() {
    let estate = estate(BOUND);
    let error = denied(
        "rds:PromoteReadReplica",
        "california",
        "AccessDenied: User is not authorized to perform this action",
    );
    let lacking = lacking(&estate, "promote-database", &error).expect("a statement is missing");
    assert_eq!(
        lacking.to_string(),
        "rds:PromoteReadReplica is not allowed at california: `dr iam policy failover` has it in its statement \
         DatabaseCalifornia2, on arn:aws:rds:us-west-1:*:db:storefront-database*"
    );
}

#[test]
fn the_statement_told_stands_in_the_policy_of_the_runbook_under_that_name() {
    let estate = estate(BOUND);
    let printed = policy("failover", &estate, &estate.outward());
    let plan = plan(&estate, estate.outward());
    let mut told = BTreeSet::new();
    for step in plan.steps() {
        for call in &step.calls {
            let Place::Site(place) = &call.place else {
                continue;
            };
            let operation = format!("{}:{}", call.service, call.call);
            let error = denied(&operation, place.as_str(), "AccessDenied");
            let Some(lacking) = Lacking::of(&plan, step, &error) else {
                continue;
            };
            for statement in &lacking.statements {
                let whole = printed
                    .statement
                    .iter()
                    .find(|one| one.sid == statement.sid);
                let whole = whole.expect("it is printed");
                assert!(whole.action.contains(&operation), "{lacking}");
                assert_eq!(whole.resource, statement.resource, "{lacking}");
                told.insert(operation.clone());
            }
        }
    }
    for action in [
        "rds:CreateDBInstanceReadReplica",
        "ssm:PutParameter",
        "s3:PutObject",
    ] {
        assert!(told.contains(action), "{action} is not among {told:?}");
    }
}

#[test]
fn of_one_action_only_the_statement_about_the_steps_own_component_is_told() {
    let estate = estate(BOUND);
    let error = denied("s3:PutObject", "california", "AccessDenied: Access Denied");
    let resources = |step: &str| -> BTreeSet<String> {
        let found = lacking(&estate, step, &error).expect("a statement is missing");
        let statements = found.statements.into_iter();
        statements.flat_map(|one| one.resource).collect()
    };
    assert_eq!(
        resources("shift-front-door"),
        BTreeSet::from(["arn:aws:s3:::switch-west/serve".to_owned()])
    );
    assert_eq!(
        resources("provision-stack"),
        BTreeSet::from(["arn:aws:s3:::state-west/site.tfstate*".to_owned()])
    );
}

#[test]
fn the_action_that_aws_names_counts_before_the_call() {
    let estate = estate(BOUND);
    let error = PortError {
        class: ErrorClass::Invalid,
        ..denied(
            "rds:CreateDBInstanceReadReplica",
            "database@ohio",
            "KMSKeyNotAccessibleFault: User: arn:aws:sts::111122223333:assumed-role/dr/ada is not authorized to perform: \
             kms:CreateGrant on resource: arn:aws:kms:us-east-2:111122223333:key/east because no identity-based policy allows it",
        )
    };
    let lacking = lacking(&estate, "reprotect-database", &error).expect("a statement is missing");
    assert_eq!(lacking.action, "kms:CreateGrant");
    let resources = lacking.statements.iter().flat_map(|one| &one.resource);
    assert_eq!(
        resources.collect::<Vec<_>>(),
        ["arn:aws:kms:us-east-2:111122223333:key/east"]
    );
}

#[test]
fn what_no_statement_mends_is_not_told_as_one_that_lacks() {
    let estate = estate(BOUND);
    let promote = |message: &str| denied("rds:PromoteReadReplica", "california", message);
    for message in [
        "ExpiredToken: The security token included in the request is expired",
        "SignatureDoesNotMatch: the request signature does not match",
        "AccessDenied: User: arn:aws:iam::1:user/ada is not authorized to perform: rds:PromoteReadReplica with an explicit \
         deny in a service control policy",
    ] {
        let told = lacking(&estate, "promote-database", &promote(message));
        assert!(told.is_none(), "{told:?}");
    }
    let elsewhere = denied("rds:DeleteDBInstance", "california", "AccessDenied");
    assert!(lacking(&estate, "promote-database", &elsewhere).is_none());
    let throttled = PortError {
        class: ErrorClass::Throttled,
        ..promote("Throttling: Rate exceeded")
    };
    assert!(lacking(&estate, "promote-database", &throttled).is_none());
}

#[test]
fn a_run_that_goes_another_way_than_its_runbook_at_home_is_told_of_the_policy_of_all() {
    let estate = estate(BOUND);
    let back = plan(&estate, estate.outward().reversed());
    let step = back
        .steps()
        .find(|step| step.id.as_str() == "promote-database");
    let error = denied("rds:PromoteReadReplica", "ohio", "AccessDenied: no");
    let lacking =
        Lacking::of(&back, step.expect("it is there"), &error).expect("a statement is missing");
    assert_eq!(lacking.policy, "dr iam policy");
}

#[test]
fn what_a_fence_went_without_is_told_with_the_statement_that_allows_it() {
    let estate = estate(BOUND);
    let plan = plan(&estate, estate.outward());
    let step = plan
        .steps()
        .find(|step| step.id.as_str() == "fence-primary");
    let step = step.expect("the runbook has that step");
    let evidence = FenceEvidence {
        site: "ohio".parse().unwrap(),
        level: FenceLevel::ByLease,
        at: jiff::Timestamp::UNIX_EPOCH,
        observations: Vec::new(),
        pending: true,
        unanswered: Vec::new(),
        denied: vec![DeniedCall {
            operation: "rds:ModifyDBInstance".to_owned(),
            place: "ohio".to_owned(),
            message: "AccessDenied: no".to_owned(),
        }],
    };
    let output = Output::with("fenced", Detail::Fence(evidence));
    let found = gone_without(&plan, step, &output);
    let [lacking] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(lacking.action, "rds:ModifyDBInstance");
    assert!(lacking.to_string().contains("DatabaseOhio"), "{lacking}");
    assert!(gone_without(&plan, step, &Output::said("fenced")).is_empty());
}
