use super::*;
use crate::config::{self, builtin};

fn failed(operation: &str) -> PortError {
    PortError {
        class: ErrorClass::Transient,
        operation: operation.to_owned(),
        place: "database@ohio".to_owned(),
        message: "no answer".to_owned(),
    }
}

#[test]
fn a_part_whose_own_service_answered_makes_no_silent_site() {
    let estate = config::load_estate(builtin::storefront_estate()).unwrap();
    let answered = |id: &str, operation: &str| {
        let id = id.parse().unwrap();
        has_answered(estate.component(&id).unwrap(), &failed(operation))
    };
    assert!(answered("database", "ec2:DescribeNetworkAcls"));
    assert!(answered("app", "elasticloadbalancing:DescribeTargetHealth"));
    assert!(!answered("database", "rds:DescribeDBInstances"));
    assert!(!answered("app", "autoscaling:DescribeAutoScalingGroups"));
    assert!(!answered("cluster", "eks:DescribeNodegroup"));
    assert!(!answered("database", "wire"), "nothing was asked");
}
