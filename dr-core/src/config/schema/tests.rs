use super::*;
use crate::config::estate::component::RawComponent;
use crate::config::estate::raw::{RawBackup, RawObjectives, RawSite};
use crate::config::estate::settings::{
    RawBalancer, RawCompute, RawDatabase, RawInfrastructure, RawKubernetes, RawMonitoring,
    RawNetwork, RawObjectStore, RawRepository, RawStandbyFleet, RawTraffic,
};
use crate::config::read::Shape;
use crate::config::runbook::{RawStage, RawStep};
use crate::config::{Source, builtin, template};

/// The text as an editor sees it.
fn document(source: &Source) -> Value {
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    serde_saphyr::from_str_with_options(&source.text, options).unwrap()
}

fn accepts(schema: &Value, document: &Value) -> bool {
    jsonschema::validator_for(schema)
        .unwrap()
        .is_valid(document)
}

#[test]
fn the_schemas_accept_what_is_shipped_and_what_init_writes() {
    let estate = jsonschema::validator_for(&estate_schema()).unwrap();
    let runbook = jsonschema::validator_for(&runbook_schema()).unwrap();
    let files = template::init_files(None).into_iter();
    let files = files
        .map(|(path, text)| Source::new(path, text))
        .chain([builtin::storefront_estate()])
        .chain(
            builtin::runbook_names()
                .into_iter()
                .filter_map(builtin::storefront_runbook),
        );
    for source in files {
        let of_estate = source.name.ends_with("estate.yaml");
        let schema = if of_estate { &estate } else { &runbook };
        let errors: Vec<String> = schema
            .iter_errors(&document(&source))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {}", source.name, errors.join("\n"));
    }
}

#[test]
fn the_estate_schema_refuses_what_the_reader_refuses() {
    let schema = estate_schema();
    let good = builtin::storefront_estate().text;
    for (what, replaced, by) in [
        ("an unknown key", "objectives:", "goals:"),
        ("a missing key", "    platform: aws\n", ""),
        ("a duration without a unit", "rpo: 5m", "rpo: 5"),
        ("a key without a value", "rpo: 5m", "rpo:"),
        ("an unknown kind", "kind: balancer", "kind: router"),
        (
            "a technology of another kind",
            "technology: rds",
            "technology: eks",
        ),
        (
            "a key of another kind",
            "nodes: 2\n\n  # The data",
            "count: 2\n\n  # The data",
        ),
        ("an unknown probe", "probe: client-writes", "probe: clicks"),
        ("a probe without its tolerance", "    over: 1m\n", ""),
        (
            "a name that is none",
            "  ohio:\n    platform",
            "  Ohio:\n    platform",
        ),
        ("a fleet of nobody", "count: 3", "count: 0"),
    ] {
        assert!(good.contains(replaced), "{what}");
        let bad = Source::new("bad.yaml", good.replacen(replaced, by, 1));
        assert!(!accepts(&schema, &document(&bad)), "{what} was accepted");
    }
}

#[test]
fn the_runbook_schema_refuses_what_the_reader_refuses() {
    let schema = runbook_schema();
    let step =
        |step: Value| json!({ "runbook": "r", "stages": [{ "stage": "s", "steps": [step] }] });
    assert!(accepts(
        &schema,
        &step(json!({ "promote": "database", "attempts": 1 }))
    ));
    for (what, bad) in [
        ("an unknown verb", json!({ "promte": "database" })),
        ("no verb", json!({ "timeout": "5m" })),
        (
            "two verbs",
            json!({ "promote": "database", "shift": "front-door" }),
        ),
        ("a verb without its object", json!({ "promote": null })),
        (
            "an unknown option",
            json!({ "promote": "database", "retries": 3 }),
        ),
        (
            "too many attempts",
            json!({ "promote": "database", "attempts": 11 }),
        ),
        ("an unknown check", json!({ "verify": "all-well" })),
        ("nobody", json!({ "approve": { "people": 0 } })),
        ("no program", json!({ "exec": { "command": [] } })),
    ] {
        assert!(!accepts(&schema, &step(bad)), "{what} was accepted");
    }
    assert!(!accepts(&schema, &json!({ "runbook": "r", "stages": [] })));
}

/// The reader's list of keys is the schema's.
fn same_keys<S: Shape + JsonSchema>() {
    let schema = S::json_schema(&mut SchemaGenerator::default()).to_value();
    let properties = schema["properties"].as_object();
    let mut of_schema: Vec<&str> = properties
        .iter()
        .flat_map(|keys| keys.keys().map(String::as_str))
        .collect();
    let mut of_reader = S::KEYS.to_vec();
    of_schema.sort_unstable();
    of_reader.sort_unstable();
    assert_eq!(of_reader, of_schema, "{}", S::schema_name());
}

#[test]
fn the_reader_knows_exactly_the_keys_of_the_schema() {
    same_keys::<RawEstate>();
    same_keys::<RawSite>();
    same_keys::<RawObjectives>();
    same_keys::<RawBackup>();
    same_keys::<RawRepository>();
    same_keys::<RawInfrastructure>();
    same_keys::<RawNetwork>();
    same_keys::<RawBalancer>();
    same_keys::<RawCompute>();
    same_keys::<RawStandbyFleet>();
    same_keys::<RawKubernetes>();
    same_keys::<RawDatabase>();
    same_keys::<RawMonitoring>();
    same_keys::<RawTraffic>();
    same_keys::<RawObjectStore>();
    same_keys::<RawRunbook>();
    same_keys::<RawStage>();
    same_keys::<RawStep>();
}

/// Walks a schema and calls `each` with the path and the schema of every key.
fn each_property(schema: &Value, path: &str, each: &mut impl FnMut(&str, &Value)) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members
                .get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                each(&format!("{path}/{key}"), value);
            }
            for (key, value) in members {
                each_property(value, &format!("{path}/{key}"), each);
            }
        }
        Value::Array(items) => {
            for item in items {
                each_property(item, path, each);
            }
        }
        _ => {}
    }
}

#[test]
fn each_key_of_the_schemas_is_described_and_none_may_be_null() {
    for schema in [estate_schema(), runbook_schema()] {
        let mut keys = 0;
        each_property(&schema, "", &mut |path, property| {
            keys += 1;
            assert!(
                property["description"].is_string(),
                "{path} is not described"
            );
        });
        assert!(keys > 10);
        assert!(!schema.to_string().contains("\"null\""), "{schema:#}");
    }
}

#[test]
fn the_schema_of_a_component_has_one_alternative_for_each_kind() {
    let schema = RawComponent::json_schema(&mut SchemaGenerator::default()).to_value();
    let alternatives = schema["oneOf"].as_array().unwrap();
    assert_eq!(alternatives.len(), crate::model::Kind::ALL.len());
}

#[test]
fn the_schema_of_disasters_accepts_what_is_shipped_and_refuses_unknown_keys_and_words() {
    let schema = disasters_schema();
    let mut shipped = document(&builtin::disasters());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&shipped)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [] as [String; 0]);
    shipped["strikes"][0]["strike"] = json!("region-darkness");
    assert!(!accepts(&schema, &shipped));
    shipped["strikes"][0]["strike"] = json!("region-dark");
    shipped["strikes"][0]["site"] = json!("elsewhere");
    assert!(!accepts(&schema, &shipped));
    shipped["strikes"][0]["site"] = json!("primary");
    assert!(accepts(&schema, &shipped));
    shipped["people"]["phone"] = json!("no");
    assert!(!accepts(&schema, &shipped));
}

#[test]
fn the_schema_takes_and_refuses_receivers_as_the_reader_does() {
    let schema = estate_schema();
    let good = builtin::storefront_estate().text;
    let takes = |watch: &str| {
        let text = format!("{good}\nwatch: {watch}\n");
        accepts(&schema, &document(&Source::new("watch.yaml", text)))
    };
    for good in [
        "{ drift: '*/5 * * * *', jitter: 10s, listen: '127.0.0.1:9464', keep: 30d, at-least: slowing }",
        "{ notify: [{ webhook: 'https://a.example/x', secret: 'env:KEY' }, { slack: 'file:/a' }] }",
        "{ notify: [{ email: { to: [a@b.c], from: a@b.c, host: h, port: 25, tls: none } }] }",
        "{ notify: [{ pagerduty: 'env:KEY', url: 'https://a.example' }] }",
        "{ notify: [{ slack: 'http://localhost:8065/hooks/1' }], status: '0 * * * *' }",
        "{ notify: [{ webhook: 'http://[::1]:80/x', secret: 'env:KEY' }] }",
    ] {
        assert!(takes(good), "{good}");
    }
    for bad in [
        "{ redy: '0 * * * *' }",
        "{ at-least: bad }",
        "{ notify: [{ webhook: 'https://a.example' }] }",
        "{ notify: [{ slack: 'env:A', pagerduty: 'env:B' }] }",
        "{ notify: [{ slack: 'ssm:/a' }] }",
        "{ notify: [{ slack: 'http://chat.internal/hooks/1' }] }",
        "{ notify: [{ webhook: 'http://localhost.example', secret: 'env:KEY' }] }",
        "{ notify: [{ email: { to: [], from: a@b.c, host: h } }] }",
    ] {
        assert!(!takes(bad), "{bad}");
    }
}
