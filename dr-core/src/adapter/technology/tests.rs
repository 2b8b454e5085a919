use super::*;

const OPERATIONS: [Operation; 15] = [
    Operation::Observe,
    Operation::Inspect,
    Operation::Fence,
    Operation::Unfence,
    Operation::Promote,
    Operation::Replicate,
    Operation::Retire,
    Operation::Scale,
    Operation::Shift,
    Operation::ShiftHome,
    Operation::Repoint,
    Operation::Apply,
    Operation::Adopt,
    Operation::Start,
    Operation::Stop,
];

#[test]
fn reading_never_changes_and_changing_is_never_only_reading() {
    for technology in Technology::ALL {
        for operation in OPERATIONS {
            let calls = calls(technology, operation);
            if operation == Operation::Observe {
                assert!(!calls.is_empty(), "{technology} cannot be observed");
                assert!(calls.iter().all(|c| c.effect == Effect::Read));
            } else if operation == Operation::Inspect {
                assert!(calls.iter().all(|c| c.effect == Effect::Read));
            } else if !calls.is_empty() {
                assert!(
                    calls.iter().any(|c| c.effect != Effect::Read),
                    "{technology} {operation:?}"
                );
            }
        }
    }
}

#[test]
fn what_takes_time_makes_calls_and_what_makes_calls_takes_time() {
    for technology in Technology::ALL {
        for operation in OPERATIONS {
            assert_eq!(
                calls(technology, operation).is_empty(),
                expected(technology, operation) == Duration::ZERO,
                "{technology} {operation:?}"
            );
        }
    }
}

#[test]
fn the_health_switch_needs_no_control_plane_and_the_record_edit_needs_the_global_one() {
    for operation in [Operation::Observe, Operation::Shift, Operation::ShiftHome] {
        assert!(
            traffic_calls(TrafficMethod::HealthSwitch, operation)
                .iter()
                .all(|c| c.plane == Plane::Data && !c.global_control)
        );
        assert!(
            traffic_calls(TrafficMethod::RecordEdit, operation)
                .iter()
                .any(|c| c.global_control)
        );
    }
}

#[test]
fn emptying_a_fleet_creates_nothing() {
    for technology in [Technology::Ec2Autoscaling, Technology::Eks] {
        let effects = |operation| calls(technology, operation).iter().map(|c| c.effect);
        assert!(effects(Operation::Fence).all(|e| e == Effect::Change));
        assert!(effects(Operation::Scale).any(|e| e == Effect::Create));
    }
}

#[test]
fn a_call_about_a_site_goes_to_its_region_unless_it_is_answered_elsewhere() {
    let site: SiteId = "ohio".parse().unwrap();
    let at = |call: ApiCall| place(&call, &site);
    assert_eq!(
        at(describe("rds", "DescribeDBInstances")),
        Place::Site(site.clone())
    );
    assert_eq!(at(LEASE_REVOKE), Place::Site(site.clone()));
    assert_eq!(at(read("dns", "Query")), Place::Global);
    assert_eq!(at(CLIENTS), Place::Global);
    assert_eq!(
        at(global("ChangeResourceRecordSets", Effect::Change)),
        Place::GlobalControl
    );
}

#[test]
fn who_applies_a_stack_changes_only_the_calls_of_an_apply() {
    let of = |technology, operation| calls(technology, operation);
    for pipeline in [Technology::GithubActions, Technology::Command] {
        for operation in OPERATIONS {
            let same = of(pipeline, operation) == of(Technology::Terraform, operation);
            assert_eq!(same, operation != Operation::Apply, "{operation:?}");
        }
        let creates = of(pipeline, Operation::Apply)
            .iter()
            .any(|call| call.effect == Effect::Create);
        assert!(creates, "{pipeline} makes what the plan makes");
    }
}

#[test]
fn a_pipeline_is_reached_outside_both_sites() {
    let site: SiteId = "ohio".parse().unwrap();
    for (technology, service) in [
        (Technology::GithubActions, "github"),
        (Technology::Command, "exec"),
    ] {
        let calls = calls(technology, Operation::Apply);
        let own = calls.iter().filter(|call| call.service == service);
        let places: Vec<Place> = own.map(|call| place(call, &site)).collect();
        assert!(!places.is_empty() && places.iter().all(|place| *place == Place::Global));
    }
}
