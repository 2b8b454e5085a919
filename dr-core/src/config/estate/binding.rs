//! `bindings:` as written: which real thing stands at each place. What keys there are hangs on the component's technology.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::component::RawComponent;
use super::endpoint;
use crate::config::diagnostic::{Problem, Report};
use crate::config::read::{FromNode, Place, Rows};
use crate::config::suggest;
use crate::config::yaml::{At, Node, Value};
use crate::model::{
    Binding, Bindings, CommandBinding, ComponentId, Duration, SecretRef, SiteId, Technology,
};

/// The bindings of one site.
#[derive(Debug)]
pub(crate) struct RawSiteBindings(pub(crate) Rows<ComponentId, RawBinding>);

impl FromNode for RawSiteBindings {
    const ITEM: &str = "bindings of a site";

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        Rows::from_node(node, place, "binding", report).map(Self)
    }
}

impl JsonSchema for RawSiteBindings {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "SiteBindings".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Rows::<ComponentId, RawBinding>::json_schema(generator)
    }
}

/// The binding of one component on one site: its keys as they are written.
#[derive(Debug)]
pub(crate) struct RawBinding {
    entries: Vec<(At<String>, RawValue)>,
}

#[derive(Debug)]
enum RawValue {
    Word(At<String>),
    Words(Vec<String>),
}

impl FromNode for RawBinding {
    const ITEM: &str = "a binding";

    fn from_node(node: &Node, place: &Place, report: &mut Report) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let message = format!("{} must be a map", place.what);
            report.add(Problem::new("wrong-shape", place.span, message));
            return None;
        };
        let entries = entries.iter().filter_map(|entry| {
            let value = match &entry.node.value {
                Value::List(_) => {
                    let words = Vec::<At<String>>::from_node(&entry.node, place, report)?;
                    RawValue::Words(words.into_iter().map(|word| word.value).collect())
                }
                _ => RawValue::Word(At::from_node(&entry.node, place, report)?),
            };
            Some((entry.key.clone(), value))
        });
        Some(Self {
            entries: entries.collect(),
        })
    }
}

impl JsonSchema for RawBinding {
    fn schema_name() -> Cow<'static, str> {
        "Binding".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Which real thing it is; `dr estate from-terraform` writes it.",
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    { "type": ["string", "integer"] },
                    { "type": "array", "items": { "type": "string" } }
                ]
            }
        })
    }
}

/// How the value of a key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Word,
    Number,
    List,
    Secret,
    /// `owner/name`.
    Repository,
    /// Of an interface over HTTP. A token goes there, so in the clear only on this machine.
    Address,
    /// A program and its arguments.
    Program,
    Time,
}

/// A key: its name, how its value is written, whether it must be there.
type Key = (&'static str, Form, bool);

/// A stack that `dr` applies.
const TERRAFORM: &[Key] = &[
    ("directory", Form::Word, true),
    ("roles", Form::Word, true),
    ("state-bucket", Form::Word, true),
    ("state-key", Form::Word, true),
];

/// A stack that a workflow of GitHub applies.
const GITHUB_ACTIONS: &[Key] = &[
    ("directory", Form::Word, true),
    ("roles", Form::Word, true),
    ("state-bucket", Form::Word, true),
    ("state-key", Form::Word, true),
    ("repository", Form::Repository, true),
    ("workflow", Form::Word, true),
    ("branch", Form::Word, true),
    ("token", Form::Secret, true),
    ("api", Form::Address, false),
];

/// A stack that a program applies.
const COMMAND: &[Key] = &[
    ("directory", Form::Word, true),
    ("roles", Form::Word, true),
    ("state-bucket", Form::Word, true),
    ("state-key", Form::Word, true),
    ("apply", Form::Program, true),
    ("timeout", Form::Time, false),
];

/// A database of RDS.
const RDS: &[Key] = &[
    ("instance", Form::Word, true),
    ("port", Form::Number, true),
    ("subnet-group", Form::Word, true),
    ("parameter-group", Form::Word, true),
    ("kms-key", Form::Word, false),
    ("security-group", Form::Word, true),
    ("quarantine-group", Form::Word, true),
    ("network-acl", Form::Word, true),
    ("endpoint-parameter", Form::Word, false),
    ("endpoint-secret", Form::Word, false),
    ("endpoint-key", Form::Word, false),
    ("endpoint-zone", Form::Word, false),
    ("endpoint-record", Form::Word, false),
    ("login", Form::Secret, false),
    ("certificates", Form::Word, false),
];

/// One side of a front door.
const ROUTE53: &[Key] = &[
    ("zone", Form::Word, true),
    ("set-identifier", Form::Word, true),
    ("health-check", Form::Word, false),
    ("answers", Form::List, true),
    ("switch-bucket", Form::Word, false),
    ("switch-key", Form::Word, false),
    ("roles", Form::Word, false),
    ("name-servers", Form::List, false),
];

/// A Prometheus.
const PROMETHEUS: &[Key] = &[
    ("url", Form::Word, true),
    ("targets-file", Form::Word, true),
    ("targets", Form::List, true),
    ("dead-man", Form::Word, false),
];

/// A Grafana.
const GRAFANA: &[Key] = &[
    ("url", Form::Word, true),
    ("data-source", Form::Word, true),
    ("source-url", Form::Word, true),
    ("token", Form::Secret, true),
];

/// A Git server.
const GIT: &[Key] = &[
    ("instance", Form::Word, false),
    ("url", Form::Word, true),
    ("branch", Form::Word, true),
];

/// The keys of a technology's binding, as in [`Binding`]; `None` for one that needs no binding.
fn keys(technology: Technology) -> Option<&'static [Key]> {
    use Form::Word;
    let keys: &[Key] = match technology {
        Technology::Git => GIT,
        Technology::Terraform => TERRAFORM,
        Technology::GithubActions => GITHUB_ACTIONS,
        Technology::Command => COMMAND,
        Technology::Vpc => &[("vpc", Word, true)],
        Technology::Alb => &[("load-balancer", Word, true), ("target-group", Word, true)],
        Technology::Ec2Autoscaling => &[("group", Word, true)],
        Technology::Eks => &[("cluster", Word, true), ("node-group", Word, true)],
        Technology::Rds => RDS,
        Technology::Prometheus => PROMETHEUS,
        Technology::Grafana => GRAFANA,
        Technology::Route53 => ROUTE53,
        Technology::S3 => return None,
    };
    Some(keys)
}

/// What is bound, with the components that tell each binding's keys. Every problem is in the report.
pub(super) fn bindings(
    raw: Option<&Rows<SiteId, RawSiteBindings>>,
    components: Option<&Rows<ComponentId, RawComponent>>,
    report: &mut Report,
) -> Bindings {
    let mut bound = Bindings::new();
    for (site, rows) in raw.iter().flat_map(|rows| rows.read()) {
        let of_site = bound.entry(site.value.clone()).or_default();
        for (id, raw) in rows.0.read() {
            let component = components
                .iter()
                .flat_map(|rows| rows.read())
                .find(|(name, _)| name.value == id.value);
            let technology = component.and_then(|(_, raw)| raw.technology);
            if let Some(technology) = technology
                && let Some(binding) = binding(id, technology.value, raw, report)
            {
                of_site.insert(id.value.clone(), binding);
            }
        }
    }
    bound
}

fn binding(
    id: &At<ComponentId>,
    technology: Technology,
    raw: &RawBinding,
    report: &mut Report,
) -> Option<Binding> {
    let Some(keys) = keys(technology) else {
        let message = format!("`{}` of technology {technology} has no binding", id.value);
        report.add(
            Problem::new("needless-binding", id.span, message)
                .help("remove it: the component itself says what is needed"),
        );
        return None;
    };
    let mut object = Map::new();
    object.insert("technology".to_owned(), json!(technology.name()));
    let mut is_sound = true;
    for (key, value) in &raw.entries {
        match entry(id, technology, keys, key, value) {
            Ok(value) => {
                object.insert(key.value.clone(), value);
            }
            Err(problem) => {
                report.add(problem);
                is_sound = false;
            }
        }
    }
    for (name, _, _) in keys.iter().filter(|(_, _, required)| *required) {
        if !raw.entries.iter().any(|(key, _)| key.value == *name) {
            let message = format!("the binding of `{}` has no `{name}`", id.value);
            report.add(
                Problem::new("missing-key", id.span, message)
                    .help("add it, or let `dr estate from-terraform` write the bindings"),
            );
            is_sound = false;
        }
    }
    if technology == Technology::Rds {
        let written: Vec<_> = raw.entries.iter().map(|(key, _)| key).collect();
        for problem in endpoint::problems(id, &written) {
            report.add(problem);
            is_sound = false;
        }
    }
    is_sound.then(|| {
        serde_json::from_value(Json::Object(object))
            .expect("every key of the table is one of the binding, in its form")
    })
}

fn entry(
    id: &At<ComponentId>,
    technology: Technology,
    keys: &[Key],
    key: &At<String>,
    value: &RawValue,
) -> Result<Json, Problem> {
    let Some((_, form, _)) = keys.iter().find(|(name, _, _)| *name == key.value) else {
        let message = format!("a binding of {technology} has no key `{}`", key.value);
        let mut problem = Problem::new("unknown-key", key.span, message);
        problem.help = suggest::help(&key.value, keys.iter().map(|(name, _, _)| *name));
        return Err(problem);
    };
    let wrong = |wanted: &str| {
        let message = format!("`{}` of `{}` must be {wanted}", key.value, id.value);
        Problem::new("wrong-shape", key.span, message)
    };
    match (form, value) {
        (Form::List, RawValue::Words(words)) => Ok(json!(words)),
        (Form::Program, RawValue::Words(words)) => match unknown_placeholder(words) {
            None => Ok(json!(words)),
            Some(unknown) => Err(wrong(&format!(
                "a program and its arguments: `{unknown}` is none of {}",
                CommandBinding::PLACEHOLDERS.join(", ")
            ))),
        },
        (Form::List | Form::Program, RawValue::Word(_)) => Err(wrong("a list")),
        (_, RawValue::Words(_)) => Err(wrong("a single value")),
        (Form::Word, RawValue::Word(word)) => Ok(json!(word.value)),
        (Form::Repository, RawValue::Word(word)) if is_repository(&word.value) => {
            Ok(json!(word.value))
        }
        (Form::Repository, RawValue::Word(_)) => Err(wrong("`owner/name`")),
        (Form::Address, RawValue::Word(word)) if is_address(&word.value) => Ok(json!(word.value)),
        (Form::Address, RawValue::Word(_)) => Err(wrong(
            "an address: https://…, or http:// on this machine only",
        )),
        (Form::Time, RawValue::Word(word)) => match word.value.parse::<Duration>() {
            Ok(time) if time > Duration::ZERO => Ok(json!(time)),
            _ => Err(wrong("a duration of more than nothing: 30m")),
        },
        (Form::Number, RawValue::Word(word)) => match word.value.parse::<u16>() {
            Ok(number) => Ok(json!(number)),
            Err(_) => Err(wrong("a port: 1 to 65535")),
        },
        (Form::Secret, RawValue::Word(word)) => match word.value.parse::<SecretRef>() {
            Ok(secret) => Ok(json!(secret)),
            // The value is not repeated: it may be the secret itself.
            Err(_) => Err(wrong(
                "where the secret is kept: env:NAME, file:PATH, secretsmanager:NAME or ssm:NAME",
            )),
        },
    }
}

/// What is written like a placeholder and is none.
fn unknown_placeholder(words: &[String]) -> Option<&str> {
    let written = words.iter().flat_map(|word| {
        word.match_indices('{').filter_map(|(start, _)| {
            let rest = &word[start..];
            let length = rest.find('}')? + 1;
            let name = &rest[1..length - 1];
            let is_word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase());
            is_word.then_some(&rest[..length])
        })
    });
    written
        .into_iter()
        .find(|text| !CommandBinding::PLACEHOLDERS.contains(text))
}

fn is_repository(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    text.split_once('/')
        .is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

fn is_address(text: &str) -> bool {
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let rest = here
        .iter()
        .find_map(|start| text.strip_prefix(start))
        .map(|rest| rest.is_empty() || rest.starts_with([':', '/']));
    let is_secure = text
        .strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let is_plain = !text.contains(['@', '?', '#']) && !text.contains(char::is_whitespace);
    is_plain && (is_secure || rest == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value in the form of a key.
    fn example(form: Form) -> Json {
        match form {
            Form::Word => json!("a"),
            Form::Number => json!(1),
            Form::List => json!(["a"]),
            Form::Secret => json!("env:A"),
            Form::Repository => json!("a/b"),
            Form::Address => json!("https://a"),
            Form::Program => json!(["a"]),
            Form::Time => json!("1m"),
        }
    }

    #[test]
    fn every_binding_can_be_made_from_the_keys_of_its_table_and_knows_no_other() {
        for technology in Technology::ALL {
            let Some(keys) = keys(technology) else {
                continue;
            };
            for required_only in [false, true] {
                let mut object = Map::new();
                object.insert("technology".to_owned(), json!(technology.name()));
                for (name, form, required) in keys {
                    if *required || !required_only {
                        object.insert((*name).to_owned(), example(*form));
                    }
                }
                let binding: Binding =
                    serde_json::from_value(Json::Object(object.clone())).unwrap();
                assert_eq!(binding.technology(), technology);
                assert_eq!(
                    serde_json::to_value(&binding).unwrap(),
                    Json::Object(object)
                );
            }
        }
    }
    #[test]
    fn a_token_goes_over_the_network_encrypted_only() {
        for address in [
            "https://api.github.com",
            "https://github.example.com/api/v3",
            "http://127.0.0.1:8080",
            "http://localhost/api",
        ] {
            assert!(is_address(address), "{address}");
        }
        for address in [
            "http://github.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
            "https://",
            "https:///api",
            "https://a?b",
            "github.example.com",
            "",
        ] {
            assert!(!is_address(address), "{address}");
        }
    }

    #[test]
    fn what_is_written_like_a_placeholder_and_is_none_is_found() {
        let of = |word: &str| unknown_placeholder(&[word.to_owned()]).map(str::to_owned);
        for sound in [
            "{site}",
            "--role={role}:{request}",
            r#"{"a": 1}"#,
            "a{",
            "}{}",
        ] {
            assert_eq!(of(sound), None, "{sound}");
        }
        assert_eq!(of("x{site}{rule}"), Some("{rule}".to_owned()));
        assert_eq!(of("{{token}}"), Some("{token}".to_owned()));
    }
}
