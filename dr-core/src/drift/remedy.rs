//! The fix that fits where a difference comes from: an apply undoes what was changed by hand, and changes nothing of what the code
//! itself says.

use super::origin::Origin;
use super::report::Entry;
use crate::model::SiteId;

/// What to do about what a run of `dr` left behind.
const FINISH_FENCE: &str =
    "the site is an old primary: finish the run that fenced it, `dr status` tells what is pending";
/// What to do where a state is from before a failover.
const FINISH_RUN: &str = "finish the run that moved the primary, `dr status` tells what is pending: until then apply nothing";

/// The fix of a finding by its origins, where the rule's own would mislead.
pub(super) fn fitting(entry: &Entry) -> Option<String> {
    let has = |is: fn(&Origin) -> bool| entry.origins.iter().any(is);
    if has(|origin| matches!(origin, Origin::Fence { .. })) {
        return Some(FINISH_FENCE.to_owned());
    }
    if has(|origin| matches!(origin, Origin::Failover { .. })) {
        return Some(FINISH_RUN.to_owned());
    }
    let rule = entry.finding.fix.as_str();
    let changed: Vec<&str> = entry.origins.iter().filter_map(changed_on).collect();
    // What is alike on both sites has a fix of its own for either origin.
    let is_alike = matches!(
        entry.finding.code.as_str(),
        "outside-terraform" | "not-as-declared"
    );
    if is_alike {
        return None;
    }
    if !changed.is_empty() {
        let sites = changed.join(" and ");
        return Some(format!(
            "{rule}: an apply of the stack of {sites} undoes what was changed there by hand; to keep it, write it into the code \
             of both stacks"
        ));
    }
    if has(|origin| matches!(origin, Origin::AsApplied { .. })) {
        return Some(format!(
            "{rule}: in the code or the variables of the stacks, an apply alone changes nothing"
        ));
    }
    entry.origins.iter().find_map(|origin| match origin {
        Origin::NotBuilt { site, address } => Some(format!(
            "{rule}: the stack of {site} has never made {address}; apply it if its plan does, else write it into its code"
        )),
        _ => None,
    })
}

fn changed_on(origin: &Origin) -> Option<&str> {
    match origin {
        Origin::ChangedOutsideTerraform { site, .. } => Some(SiteId::as_str(site)),
        _ => None,
    }
}
