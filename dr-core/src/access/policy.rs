//! The policy document.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::resource::{Reach, reach};
use super::{Need, Subject};
use crate::model::Estate;

/// Every resource.
const EVERYTHING: &str = "*";

/// An identity-based policy of IAM (IAM user guide, "reference_policies_grammar").
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// The version of the language.
    pub version: &'static str,
    /// What is allowed.
    pub statement: Vec<Statement>,
}

/// What is allowed, on what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Its name: what it is about, and where.
    pub sid: String,
    /// Always `Allow`.
    pub effect: &'static str,
    /// `rds:PromoteReadReplica`.
    pub action: BTreeSet<String>,
    /// ARNs, or `*`.
    pub resource: BTreeSet<String>,
    /// The regions, and the services on whose behalf it is asked, where the resources do not say it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<&'static str, BTreeMap<&'static str, BTreeSet<String>>>,
}

/// What is allowed on certain resources, or in certain regions under certain conditions.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    /// On these.
    Confined {
        title: String,
        resources: BTreeSet<String>,
    },
    /// On everything there.
    Anywhere {
        conditions: BTreeMap<&'static str, BTreeSet<String>>,
    },
}

impl Policy {
    /// The policy that allows these, and nothing else.
    pub fn of(needs: &BTreeSet<Need>, estate: &Estate) -> Self {
        let mut topics: BTreeMap<Topic, BTreeSet<String>> = BTreeMap::new();
        // What cannot be confined to resources: one statement for all actions that have the same conditions, because
        // the length of a policy is limited.
        let mut anywhere: BTreeMap<String, BTreeMap<&'static str, BTreeSet<String>>> =
            BTreeMap::new();
        for need in needs {
            let action = need.full_action();
            match reach(need, estate) {
                Reach::Nothing => {}
                Reach::Anything => {
                    let conditions = anywhere.entry(action).or_default();
                    for (key, value) in conditions_of(need, estate) {
                        conditions.entry(key).or_default().insert(value);
                    }
                }
                Reach::Only(found) => {
                    let topic = Topic::Confined {
                        title: title(need),
                        resources: found.into_iter().collect(),
                    };
                    topics.entry(topic).or_default().insert(action);
                }
            }
        }
        for (action, conditions) in anywhere {
            let topic = Topic::Anywhere { conditions };
            topics.entry(topic).or_default().insert(action);
        }
        let mut statement: Vec<Statement> = topics.into_iter().map(statement).collect();
        number(&mut statement);
        Self {
            version: "2012-10-17",
            statement,
        }
    }

    /// The statements that allow these, each with only their actions in it.
    pub(super) fn allowing(&self, needs: &BTreeSet<Need>, estate: &Estate) -> Vec<Statement> {
        let mut found: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for need in needs {
            let action = need.full_action();
            let resources = match reach(need, estate) {
                Reach::Nothing => continue,
                Reach::Anything => BTreeSet::from([EVERYTHING.to_owned()]),
                Reach::Only(found) => found.into_iter().collect(),
            };
            let allows = |statement: &Statement| {
                statement.resource == resources && statement.action.contains(&action)
            };
            if let Some(number) = self.statement.iter().position(allows) {
                found.entry(number).or_default().insert(action);
            }
        }
        let cut = |(number, action): (usize, BTreeSet<String>)| Statement {
            action,
            ..self.statement[number].clone()
        };
        found.into_iter().map(cut).collect()
    }

    /// As JSON, for `aws iam create-policy`.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("words and lists of words are always JSON")
    }

    /// How many characters IAM counts: all but white space (IAM user guide, "reference_iam-quotas").
    pub fn length(&self) -> usize {
        let text = serde_json::to_string(self).expect("words and lists of words are always JSON");
        text.chars().filter(|c| !c.is_whitespace()).count()
    }

    /// Every action that it allows.
    pub fn actions(&self) -> BTreeSet<&str> {
        let actions = self
            .statement
            .iter()
            .flat_map(|statement| &statement.action);
        actions.map(String::as_str).collect()
    }
}

/// Where an action may be called that cannot be confined to resources, and on whose behalf.
fn conditions_of(need: &Need, estate: &Estate) -> Vec<(&'static str, String)> {
    let Some(site) = need.site.as_ref().and_then(|site| estate.site(site)) else {
        return Vec::new();
    };
    let mut conditions = vec![("aws:RequestedRegion", site.region.to_string())];
    if let Some(via) = need.via {
        let service = format!("{via}.{}.amazonaws.com", site.region);
        conditions.push(("kms:ViaService", service));
    }
    conditions
}

/// What a confined statement is about, and where.
fn title(need: &Need) -> String {
    let about = match &need.subject {
        Subject::Component(id) => id.as_str(),
        Subject::Runs => "runs",
        Subject::Account => "account",
    };
    let place = need.site.as_ref().map_or("", |site| site.as_str());
    format!("{}{}", words(about), words(place))
}

fn statement((topic, action): (Topic, BTreeSet<String>)) -> Statement {
    let mut condition = BTreeMap::new();
    let (sid, resource) = match topic {
        Topic::Confined { title, resources } => (title, resources),
        Topic::Anywhere { conditions } => {
            if !conditions.is_empty() {
                condition.insert("StringEquals", conditions);
            }
            let everything = BTreeSet::from([EVERYTHING.to_owned()]);
            ("Unconfined".to_owned(), everything)
        }
    };
    Statement {
        sid,
        effect: "Allow",
        action,
        resource,
        condition,
    }
}

/// A statement's name is letters and digits, and stands once in a policy.
fn number(statements: &mut [Statement]) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for statement in statements {
        let count = seen.entry(statement.sid.clone()).or_default();
        *count += 1;
        if *count > 1 {
            statement.sid = format!("{}{count}", statement.sid);
        }
    }
}

/// `front-door` as `FrontDoor`.
fn words(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + letters.as_str()
            })
        })
        .collect()
}
