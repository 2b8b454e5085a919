use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::config::builtin;
use crate::model::Binding;

const REGIONS: [(&str, &str); 2] = [("ohio", "us-east-2"), ("california", "us-west-1")];

/// Outputs as `terraform output -json` prints them.
fn outputs(name: &str, directory: Option<&str>, values: &Json) -> StackOutputs {
    let wrapped: Map<String, Json> = values
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| {
            let output = json!({ "sensitive": false, "type": "string", "value": value });
            (name.clone(), output)
        })
        .collect();
    StackOutputs {
        name: name.to_owned(),
        directory: directory.map(str::to_owned),
        json: Json::Object(wrapped).to_string(),
    }
}

/// What the shipped stack of a site tells.
fn site_values(site: &str, region: &str) -> Json {
    json!({
        "estate": "storefront",
        "site": {
            "name": site, "region": region, "account": "123456789012",
            "store": format!("storefront-dr-{region}"),
        },
        "balancer": { "name": "lb.example", "zone": "Z1" },
        "dr": {
            "source": { "instance": "i-1", "url": "ssh://git@10.0.0.1/srv/git/storefront.git", "branch": "main" },
            "network": { "vpc": "vpc-1" },
            "balancer": {
                "load-balancer": format!("arn:aws:elasticloadbalancing:{region}:1:loadbalancer/app/a/1"),
                "target-group": format!("arn:aws:elasticloadbalancing:{region}:1:targetgroup/a/1"),
            },
            "app": { "group": "storefront-app" },
            "cluster": { "cluster": "storefront", "node-group": "nodes" },
            "database": {
                "instance": "storefront-database", "port": "5432", "subnet-group": "sg", "parameter-group": "pg",
                "kms-key": format!("arn:aws:kms:{region}:1:key/1"), "security-group": "sg-1",
                "quarantine-group": "sg-2", "network-acl": "acl-1", "endpoint-parameter": "/storefront/database",
            },
            "stack": { "state-bucket": format!("storefront-state-{region}"), "state-key": "site.tfstate" },
        },
    })
}

fn site(index: usize) -> StackOutputs {
    let (site, region) = REGIONS[index];
    let directory = format!("terraform/{region}");
    outputs(&directory, Some(&directory), &site_values(site, region))
}

fn global() -> StackOutputs {
    let door = |site: &str, check: Json| {
        json!({ "front-door": {
            "zone": "Z0", "set-identifier": site, "switch-bucket": "switch", "switch-key": "serve-from-standby",
            "answers": [format!("{site}.elb.example")], "health-check": check,
        }})
    };
    let values = json!({
        "estate": "storefront",
        "dr": { "ohio": door("ohio", json!("hc-1")), "california": door("california", Json::Null) },
    });
    outputs("terraform/global", Some("terraform/global"), &values)
}

fn all() -> [StackOutputs; 3] {
    [site(0), site(1), global()]
}

fn shipped() -> Source {
    builtin::storefront_estate()
}

#[test]
fn the_shipped_estate_is_bound_to_the_shipped_stacks_and_only_monitoring_is_left_to_people() {
    let bound = bind_from_terraform(&shipped(), &all()).unwrap();
    let left: BTreeMap<&str, usize> =
        bound
            .unbound
            .iter()
            .fold(BTreeMap::new(), |mut left, (component, _)| {
                *left.entry(component.as_str()).or_default() += 1;
                left
            });
    assert_eq!(left, BTreeMap::from([("dashboards", 2), ("metrics", 2)]));
    assert_eq!(bound.unused, Vec::<String>::new());
    let stores: Vec<_> = bound
        .estate
        .sites
        .iter()
        .map(|site| site.access.store.as_deref())
        .collect();
    assert_eq!(
        stores,
        [
            Some("storefront-dr-us-east-2"),
            Some("storefront-dr-us-west-1")
        ]
    );
    let binding = |component: &str| {
        bound
            .estate
            .binding(&component.parse().unwrap(), &"california".parse().unwrap())
    };
    let Some(Binding::Rds(database)) = binding("database") else {
        panic!("a database is bound");
    };
    assert_eq!(
        (database.port, database.network_acl.as_str()),
        (5432, "acl-1")
    );
    let Some(Binding::Terraform(stack)) = binding("stack") else {
        panic!("a stack is bound");
    };
    assert_eq!(
        (stack.directory.as_str(), stack.roles.as_str()),
        ("terraform/us-west-1", "dr.auto.tfvars.json")
    );
    let Some(Binding::Route53(door)) = binding("front-door") else {
        panic!("a front door is bound");
    };
    // An output that is null says nothing.
    assert_eq!(door.health_check, None);
}

#[test]
fn every_line_that_people_wrote_stays_and_new_ones_come_between() {
    let before = shipped().text;
    let after = bind_from_terraform(&shipped(), &all()).unwrap().text;
    let mut rest = after.lines();
    for line in before.lines() {
        assert!(rest.any(|new| new == line), "gone or moved: {line}");
    }
}

#[test]
fn what_the_stacks_say_is_said_once_however_often_it_is_asked() {
    let once = bind_from_terraform(&shipped(), &all()).unwrap().text;
    let source = Source::new("estate.yaml", once.clone());
    assert_eq!(bind_from_terraform(&source, &all()).unwrap().text, once);
}

#[test]
fn keys_and_bindings_that_no_stack_gives_stay() {
    let mine = "\n# mine\nbindings:\n  ohio:\n    database: { login: env:LOGIN } # read only\n    stack: { roles: my.auto.tfvars.json, directory: elsewhere }\n";
    let source = Source::new("estate.yaml", shipped().text + mine);
    let bound = bind_from_terraform(&source, &all()).unwrap();
    let id = |name: &str| name.parse().unwrap();
    let ohio = "ohio".parse().unwrap();
    let Some(Binding::Rds(database)) = bound.estate.binding(&id("database"), &ohio) else {
        panic!("a database is bound");
    };
    assert_eq!(database.login.as_ref().unwrap().to_string(), "env:LOGIN");
    let Some(Binding::Terraform(stack)) = bound.estate.binding(&id("stack"), &ohio) else {
        panic!("a stack is bound");
    };
    assert_eq!(stack.roles, "my.auto.tfvars.json");
    assert_eq!(stack.directory, "terraform/us-east-2");
    assert!(bound.text.contains("# mine\n") && bound.text.contains("# read only\n"));
}

#[test]
fn a_stack_that_a_pipeline_applies_is_bound_beside_what_people_say_of_the_pipeline() {
    let pipelines = [
        (
            "github-actions",
            "repository: acme/infra, workflow: p.yml, branch: main, token: env:T",
        ),
        ("command", "apply: [make, apply]"),
    ];
    for (technology, pipeline) in pipelines {
        let mut source = shipped();
        let named = format!("technology: {technology}\n");
        source.text = source.text.replacen("technology: terraform\n", &named, 1);
        source.text += "\nbindings:\n";
        for (site, _) in REGIONS {
            source.text += &format!("  {site}:\n    stack: {{ {pipeline} }}\n");
        }
        let bound = bind_from_terraform(&source, &all()).unwrap();
        for (site, region) in REGIONS {
            let said = bound.text.rsplit(&format!("  {site}:\n")).next();
            let said = said.expect("its bindings are there");
            let stack = said.lines().find(|line| line.contains("stack:")).unwrap();
            for part in [
                pipeline,
                &format!("directory: terraform/{region}"),
                "roles: dr.auto.tfvars.json",
            ] {
                assert!(stack.contains(part), "{part}: {stack}");
            }
        }
    }
}

#[test]
fn a_value_that_changed_is_replaced_and_nothing_else() {
    let first = bind_from_terraform(&shipped(), &all()).unwrap().text;
    let mut values = site_values("ohio", "us-east-2");
    values["dr"]["network"]["vpc"] = json!("vpc-2");
    let stacks = [outputs("ohio", None, &values)];
    let source = Source::new("estate.yaml", first.clone());
    let second = bind_from_terraform(&source, &stacks).unwrap().text;
    let changed: Vec<_> = first
        .lines()
        .zip(second.lines())
        .filter(|(before, after)| before != after)
        .collect();
    assert_eq!(
        changed,
        [("    network: { vpc: vpc-1 }", "    network: { vpc: vpc-2 }")]
    );
}

#[test]
fn a_component_that_the_estate_does_not_have_is_told_and_left_out() {
    let mut values = site_values("ohio", "us-east-2");
    values["dr"]["queue"] = json!({ "name": "q" });
    let bound = bind_from_terraform(&shipped(), &[outputs("ohio", Some("x"), &values)]).unwrap();
    assert_eq!(bound.unused, ["queue of ohio"]);
    assert!(!bound.text.contains("queue"));
}

#[test]
fn each_way_in_which_outputs_do_not_fit_is_told_with_the_stack() {
    let site = |change: &dyn Fn(&mut Json)| {
        let mut values = site_values("ohio", "us-east-2");
        change(&mut values);
        outputs("the-stack", None, &values)
    };
    let raw = |json: &str| StackOutputs {
        name: "the-stack".to_owned(),
        directory: None,
        json: json.to_owned(),
    };
    let cases = [
        (raw("{}"), "the-stack has no outputs: it was never applied"),
        (
            raw("[]"),
            "the-stack: these are no outputs of terraform: an object is wanted",
        ),
        (
            raw("{\"dr\": {}}"),
            "the-stack: these are no outputs of terraform: `dr` has no `value`",
        ),
        (
            site(&|values| drop(values.as_object_mut().unwrap().remove("dr"))),
            "the-stack has no output `dr`",
        ),
        (
            site(&|values| drop(values["site"].as_object_mut().unwrap().remove("store"))),
            "the-stack has no output `site.store`",
        ),
        (
            site(&|values| values["dr"]["app"]["group"] = json!({ "a": 1 })),
            "the-stack: output `dr.app.group` must be text",
        ),
        (
            site(&|values| values["estate"] = json!("bookshop")),
            "the-stack belongs to bookshop, and this estate is storefront",
        ),
        (
            site(&|values| values["site"]["name"] = json!("dublin")),
            "the-stack belongs to an estate with a site dublin, and this estate is storefront, of ohio and california",
        ),
        (
            site(&|values| values["site"]["region"] = json!("eu-west-1")),
            "the-stack belongs to a site ohio in eu-west-1, and this estate is one whose ohio is in us-east-2",
        ),
    ];
    for (stack, told) in cases {
        let error = bind_from_terraform(&shipped(), &[stack]).unwrap_err();
        assert_eq!(error.to_string(), told);
    }
    let twice = bind_from_terraform(&shipped(), &[self::site(0), self::site(0)]).unwrap_err();
    assert!(matches!(twice, BindError::Twice { .. }), "{twice}");
}

#[test]
fn a_stack_whose_directory_nobody_named_leaves_the_estate_incomplete_and_that_is_told() {
    let stack = StackOutputs {
        directory: None,
        ..site(0)
    };
    let Err(BindError::Estate(problems)) = bind_from_terraform(&shipped(), &[stack]) else {
        panic!("the binding of the stack has no directory");
    };
    assert!(
        problems.list[0].message.contains("`directory`"),
        "{problems}"
    );
}

#[test]
fn an_estate_that_is_wrong_elsewhere_is_refused_with_its_problems() {
    let source = Source::new(
        "estate.yaml",
        shipped().text.replace("rpo: 5m", "rpo: soon"),
    );
    let Err(BindError::Estate(problems)) = bind_from_terraform(&source, &all()) else {
        panic!("the estate is wrong");
    };
    assert_eq!(problems.source.name, "estate.yaml");
}

proptest! {
    // Each case edits a whole estate; which words can be written is proven where they are edited.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_text_of_an_output_stands_in_the_estate_as_it_was_told(value in "[ -~äß✓]{1,20}") {
        let mut values = site_values("ohio", "us-east-2");
        values["dr"]["app"]["group"] = json!(value);
        let bound = bind_from_terraform(&shipped(), &[outputs("ohio", Some("x"), &values)]).unwrap();
        let id = "app".parse().unwrap();
        let site = "ohio".parse().unwrap();
        let Some(Binding::Ec2Autoscaling(fleet)) = bound.estate.binding(&id, &site) else {
            panic!("a fleet is bound");
        };
        prop_assert_eq!(&fleet.group, &value);
    }

    #[test]
    fn outputs_that_are_anything_are_refused_or_taken_and_never_a_panic(json in "\\PC{0,40}") {
        let stack = StackOutputs { name: "x".to_owned(), directory: None, json };
        let _ = bind_from_terraform(&shipped(), &[stack]);
    }
}
