//! Where the application reads a database's address is said in one way, and in full.

use crate::config::diagnostic::Problem;
use crate::config::yaml::At;
use crate::model::ComponentId;

/// The key that says each way.
const WAYS: [&str; 3] = ["endpoint-parameter", "endpoint-secret", "endpoint-record"];

/// Keys that say nothing without another.
const NEEDS: [(&str, &str); 3] = [
    ("endpoint-key", "endpoint-secret"),
    ("endpoint-zone", "endpoint-record"),
    ("endpoint-record", "endpoint-zone"),
];

/// What is wrong with the keys of a database's binding that say it.
pub(super) fn problems(id: &At<ComponentId>, keys: &[&At<String>]) -> Vec<Problem> {
    let find = |name: &str| keys.iter().find(|key| key.value == name);
    let mut problems = Vec::new();
    let ways: Vec<_> = WAYS.iter().filter_map(|way| find(way)).collect();
    if let [first, second, ..] = ways.as_slice() {
        let message = format!(
            "`{}` says twice where the address is read: `{}` and `{}`",
            id.value, first.value, second.value
        );
        problems.push(
            Problem::new("two-endpoints", second.span, message)
                .help("keep the one that the application reads"),
        );
    }
    for (key, needed) in NEEDS {
        if let Some(key) = find(key)
            && find(needed).is_none()
        {
            let message = format!("`{}` of `{}` needs `{needed}`", key.value, id.value);
            problems.push(Problem::new("missing-key", key.span, message));
        }
    }
    problems
}
