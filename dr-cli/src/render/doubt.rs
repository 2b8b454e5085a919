//! What could not be read, each cause told once: a region that does not answer leaves out every kind that stands there.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::model::GapClass;
use dr_core::readiness::Doubt;

/// So many kinds are named; of more only the number is told.
const NAMED: usize = 3;

/// Doubts that have one cause, and are mended in one way.
pub(crate) struct Cause<'a> {
    /// What is not known, and why.
    pub(crate) reason: String,
    /// What to do about it.
    pub(crate) fix: &'a str,
}

/// The causes of some doubts, in the order of their first doubt.
pub(crate) fn causes(doubts: &[Doubt]) -> Vec<Cause<'_>> {
    let mut order: Vec<(String, &str)> = Vec::new();
    let mut alike: BTreeMap<(String, &str), Vec<&Doubt>> = BTreeMap::new();
    for doubt in doubts {
        let key = (of_cause(doubt), doubt.fix.as_str());
        if !alike.contains_key(&key) {
            order.push(key.clone());
        }
        alike.entry(key).or_default().push(doubt);
    }
    let causes = order.into_iter().filter_map(|key| {
        let doubts = alike.remove(&key)?;
        let (what, fix) = key;
        let kinds: BTreeSet<&str> = doubts
            .iter()
            .filter_map(|doubt| Some(doubt.gap.as_ref()?.kind.name()))
            .collect();
        let reason = match (doubts.as_slice(), kinds.len()) {
            ([one], _) => one.reason.clone(),
            (_, 0) => what,
            (_, few) if few <= NAMED => {
                let kinds: Vec<&str> = kinds.into_iter().collect();
                format!("{what}: {}", kinds.join(", "))
            }
            (_, many) => format!("{what}: {many} kinds"),
        };
        Some(Cause { reason, fix })
    });
    causes.collect()
}

/// Whose fault it is that something is not known, in words.
fn of_cause(doubt: &Doubt) -> String {
    let gap = doubt.gap.as_ref();
    let Some((gap, class)) = gap.and_then(|gap| Some((gap, gap.class?))) else {
        return doubt.reason.clone();
    };
    let what = match class {
        // Where one kind was not answered, others are not asked for.
        GapClass::Unreachable | GapClass::Skipped => "does not answer",
        GapClass::Denied => "does not allow it",
        GapClass::Throttled => "refuses, for too many calls",
        GapClass::NotAnAnswer => "is answered for by something else",
        GapClass::Failed => "answers with an error",
        GapClass::Older => "was not asked then",
    };
    format!("{} {what}", gap.site)
}
