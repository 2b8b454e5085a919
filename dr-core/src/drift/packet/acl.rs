//! Network ACLs: the first entry that matches decides.

use std::collections::BTreeMap;

use serde_json::Value;

use super::region::{Area, Region};
use super::relocation::Relocation;
use super::rule::{BadRule, Problem, Rule, field, number, text, unreadable};
use super::{Direction, Space};

/// An entry of the direction at hand.
struct Entry {
    allows: bool,
    rule: Rule,
}

/// What the entries of one direction admit.
pub(super) fn admitted(
    entries: &[Value],
    direction: Direction,
    relocation: &Relocation,
) -> Result<BTreeMap<Space, Region>, BadRule> {
    let mut numbered: BTreeMap<i64, Entry> = BTreeMap::new();
    for (place, entry) in (1..).zip(entries) {
        let at = |rule| move |problem| BadRule { rule, problem };
        if egress(entry).map_err(at(place))? != (direction == Direction::Egress) {
            continue;
        }
        let number = number(entry, "number").map_err(at(place))?;
        let number = number.ok_or_else(|| at(place)(Problem::Missing("number")))?;
        let read = read(entry, relocation).map_err(at(number))?;
        if numbered.insert(number, read).is_some() {
            return Err(at(number)(Problem::SameNumber));
        }
    }
    Ok(painted(numbered.into_values().rev()))
}

/// Paints the last entry first, so that the first has the last word. Neighbours that do the same are painted at once.
fn painted(entries: impl Iterator<Item = Entry>) -> BTreeMap<Space, Region> {
    let mut admitted: BTreeMap<Space, Region> = BTreeMap::new();
    let mut entries = entries.peekable();
    while let Some(Entry { allows, rule }) = entries.next() {
        let mut areas: BTreeMap<Space, Vec<Area>> = BTreeMap::new();
        rule.add_to(&mut areas);
        while let Some(like) = entries.next_if(|next| next.allows == allows) {
            like.rule.add_to(&mut areas);
        }
        for (space, areas) in areas {
            let before = admitted.remove(&space).unwrap_or_default();
            let after = if allows {
                before.union(&Region::of(areas))
            } else {
                before.minus(&Region::of(areas))
            };
            if !after.is_empty() {
                admitted.insert(space, after);
            }
        }
    }
    admitted
}

fn read(entry: &Value, relocation: &Relocation) -> Result<Entry, Problem> {
    const ACTION: &str = "action";
    let action = text(entry, ACTION)?.ok_or(Problem::Missing(ACTION))?;
    let allows = match action {
        _ if action.eq_ignore_ascii_case("allow") => true,
        _ if action.eq_ignore_ascii_case("deny") => false,
        _ => return Err(unreadable(ACTION, &Value::from(action))),
    };
    let rule = Rule::of_acl(entry, relocation)?;
    Ok(Entry { allows, rule })
}

fn egress(entry: &Value) -> Result<bool, Problem> {
    const EGRESS: &str = "egress";
    let value = field(entry, EGRESS).ok_or(Problem::Missing(EGRESS))?;
    value.as_bool().ok_or_else(|| unreadable(EGRESS, value))
}
