mod lacking;

use std::collections::BTreeSet;

use super::*;
use crate::config::{self, Source, builtin};
use crate::model::{Direction, Estate};
use crate::runbook::Runbook;

/// What the shipped estate says when it is bound: places in both regions, with a store each.
const BOUND: &str = r#"
bindings:
  ohio:
    source: { instance: i-0aaa, url: "ssh://git.ohio", branch: main }
    stack: { directory: east, roles: dr.auto.tfvars.json, state-bucket: state-east, state-key: site.tfstate }
    network: { vpc: vpc-0aaa }
    balancer: { load-balancer: "arn:lb-east", target-group: "arn:tg-east" }
    app: { group: storefront-app }
    cluster: { cluster: storefront, node-group: main }
    database: { instance: storefront-database, port: 5432, subnet-group: data, parameter-group: pg16,
      kms-key: "arn:aws:kms:us-east-2:111122223333:key/east", security-group: sg-0a, quarantine-group: sg-0b,
      network-acl: acl-0aaa, endpoint-parameter: /storefront/database }
    metrics: { url: "http://p.ohio:9090", targets-file: t.json, targets: ["a:1"] }
    dashboards: { url: "http://g.ohio", data-source: uid, source-url: "http://p.ohio:9090", token: "env:TOKEN" }
    front-door: { zone: Z1, set-identifier: ohio, health-check: hc-1, answers: [192.0.2.1],
      switch-bucket: switch-west, switch-key: serve }
  california:
    source: { instance: i-0bbb, url: "ssh://git.california", branch: main }
    stack: { directory: west, roles: dr.auto.tfvars.json, state-bucket: state-west, state-key: site.tfstate }
    network: { vpc: vpc-0bbb }
    balancer: { load-balancer: "arn:lb-west", target-group: "arn:tg-west" }
    app: { group: storefront-app }
    cluster: { cluster: storefront, node-group: main }
    database: { instance: storefront-database, port: 5432, subnet-group: data, parameter-group: pg16,
      kms-key: key-west, security-group: sg-0c, quarantine-group: sg-0d,
      network-acl: acl-0bbb, endpoint-parameter: /storefront/database }
    metrics: { url: "http://p.california:9090", targets-file: t.json, targets: ["a:1"] }
    dashboards: { url: "http://g.california", data-source: uid, source-url: "http://p.ohio:9090", token: "env:TOKEN" }
    front-door: { zone: Z1, set-identifier: california, answers: [192.0.2.2],
      switch-bucket: switch-west, switch-key: serve }
"#;

fn estate(bindings: &str) -> Estate {
    config::load_estate(bound_source(bindings)).expect("the estate is right")
}

fn bound_source(bindings: &str) -> Source {
    let mut source = builtin::storefront_estate();
    for region in ["us-east-2", "us-west-1"] {
        let line = format!("    region: {region}\n");
        let with_store = format!("{line}    store: runs-{region}\n");
        source.text = source.text.replacen(&line, &with_store, 1);
    }
    source.text += bindings;
    source
}

fn runbook(name: &str) -> Runbook {
    let source = builtin::storefront_runbook(name).expect("it is shipped");
    Runbook::parse(source).expect("it is right")
}

fn policy(name: &str, estate: &Estate, direction: &Direction) -> Policy {
    Policy::of(&needs(&runbook(name), estate, direction), estate)
}

/// The resources on which an action is allowed.
fn allowed<'a>(policy: &'a Policy, action: &str) -> BTreeSet<&'a str> {
    let statements = policy.statement.iter();
    statements
        .filter(|statement| statement.action.contains(action))
        .flat_map(|statement| statement.resource.iter().map(String::as_str))
        .collect()
}

#[test]
fn a_change_is_allowed_on_what_the_estate_binds_and_on_nothing_else() {
    let estate = estate(BOUND);
    let out = policy("failover", &estate, &estate.outward());
    for statement in &out.statement {
        let changes = statement.action.iter().filter(|action| {
            let name = action.split_once(':').expect("service:Name").1;
            !["Describe", "Get", "List", "Decrypt"]
                .iter()
                .any(|verb| name.starts_with(verb))
        });
        let anything = statement.resource.contains("*");
        // Keys of AWS itself are named by the service that uses them.
        let confined =
            !anything || statement.condition["StringEquals"].contains_key("kms:ViaService");
        for action in changes {
            assert!(confined, "{action} is allowed on everything");
        }
    }
}

#[test]
fn a_failover_promotes_where_it_goes_and_fences_where_it_comes_from() {
    let estate = estate(BOUND);
    let out = policy("failover", &estate, &estate.outward());
    let promoted = allowed(&out, "rds:PromoteReadReplica");
    assert_eq!(
        promoted,
        BTreeSet::from(["arn:aws:rds:us-west-1:*:db:storefront-database*"])
    );
    let fenced = allowed(&out, "ec2:CreateNetworkAclEntry");
    assert!(
        fenced.contains("arn:aws:ec2:us-east-2:*:network-acl/acl-0aaa"),
        "{fenced:?}"
    );
    let back = policy("failback", &estate, &estate.outward().reversed());
    let promoted = allowed(&back, "rds:PromoteReadReplica");
    assert_eq!(
        promoted,
        BTreeSet::from(["arn:aws:rds:us-east-2:*:db:storefront-database*"])
    );
}

#[test]
fn an_apply_may_name_the_parameter_group_of_an_instance_and_dr_itself_may_not() {
    let estate = estate(BOUND);
    let out = policy("failover", &estate, &estate.outward());
    let group = "arn:aws:rds:us-west-1:*:pg:pg16";
    let with_group = out.statement.iter().filter(|statement| {
        statement.action.contains("rds:ModifyDBInstance") && statement.resource.contains(group)
    });
    let names: Vec<&str> = with_group.map(|statement| statement.sid.as_str()).collect();
    assert!(!names.is_empty(), "no apply may");
    assert!(
        names.iter().all(|name| name.starts_with("StackCalifornia")),
        "{names:?}"
    );
}

#[test]
fn every_call_of_aws_that_an_action_may_make_is_allowed() {
    use crate::action::for_verb;
    use crate::adapter::technology::is_aws;
    use crate::model::Mode;

    let estate = estate(BOUND);
    for (name, direction) in [
        ("failover", estate.outward()),
        ("failback", estate.outward().reversed()),
    ] {
        let policy = policy(name, &estate, &direction);
        let actions = policy.actions();
        let book = runbook(name);
        for step in book.steps() {
            for mode in [Mode::Planned, Mode::Unplanned] {
                for call in for_verb(&step.verb).calls(&estate, &direction, mode, &step.verb) {
                    let action = format!("{}:{}", call.service, call.call);
                    // The estate gives no login that is kept in Secrets Manager.
                    let unused = action == "secretsmanager:GetSecretValue";
                    let wanted = is_aws(&call.service) && !unused;
                    assert_eq!(actions.contains(action.as_str()), wanted, "{action}");
                }
            }
        }
    }
}

fn is_confined_to_the_regions_of_the_sites(policy: &Policy) {
    for statement in policy.statement.iter().filter(|s| s.resource.contains("*")) {
        let regions = &statement.condition["StringEquals"]["aws:RequestedRegion"];
        assert!(!regions.is_empty(), "{statement:?}");
        for region in regions {
            assert!(
                ["us-east-2", "us-west-1"].contains(&region.as_str()),
                "{statement:?}"
            );
        }
    }
}

#[test]
fn what_cannot_be_confined_is_allowed_in_the_region_of_the_site_only() {
    let estate = estate(BOUND);
    let out = policy("failover", &estate, &estate.outward());
    is_confined_to_the_regions_of_the_sites(&out);
}

#[test]
fn a_stack_that_a_pipeline_applies_is_still_read_in_the_region_of_its_site_only() {
    let pipelines = [
        (
            "github-actions",
            "repository: acme/infra, workflow: provision.yml, branch: main, token: \"env:TOKEN\"",
        ),
        ("command", "apply: [make, apply]"),
    ];
    for (technology, binding) in pipelines {
        let bound = BOUND.replace(
            "roles: dr.auto.tfvars.json",
            &format!("roles: dr.auto.tfvars.json, {binding}"),
        );
        let mut source = bound_source(&bound);
        source.text = source.text.replacen(
            "technology: terraform\n",
            &format!("technology: {technology}\n"),
            1,
        );
        let estate = config::load_estate(source).expect("the estate is right");
        let out = policy("failover", &estate, &estate.outward());
        is_confined_to_the_regions_of_the_sites(&out);
        assert!(out.actions().contains("ec2:DescribeVpcAttribute"));
    }
}

#[test]
fn a_secret_that_the_estate_does_not_name_is_not_opened() {
    let estate = estate(BOUND);
    let out = policy("failover", &estate, &estate.outward());
    assert!(allowed(&out, "secretsmanager:GetSecretValue").is_empty());
    let login = BOUND.replacen(
        "network-acl: acl-0bbb,",
        "network-acl: acl-0bbb, login: \"secretsmanager:reader\",",
        1,
    );
    let estate = self::estate(&login);
    let out = policy("failover", &estate, &estate.outward());
    let opened = allowed(&out, "secretsmanager:GetSecretValue");
    assert_eq!(
        opened,
        BTreeSet::from(["arn:aws:secretsmanager:us-west-1:*:secret:reader-??????"])
    );
}

#[test]
fn an_estate_that_binds_nothing_still_gets_every_action() {
    let bound = estate(BOUND);
    let unbound = estate("");
    let names = |estate: &Estate| -> BTreeSet<String> {
        let policy = policy("failover", estate, &estate.outward());
        policy.actions().into_iter().map(str::to_owned).collect()
    };
    let missing: Vec<String> = names(&bound)
        .difference(&names(&unbound))
        .cloned()
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn statements_have_names_of_letters_and_digits_and_each_its_own() {
    let estate = estate(BOUND);
    let out = policy("failover", &estate, &estate.outward());
    let names: BTreeSet<&str> = out.statement.iter().map(|s| s.sid.as_str()).collect();
    assert_eq!(names.len(), out.statement.len());
    for name in names {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{name}");
    }
}

/// A role's policies of its own hold 10,240 characters (IAM user guide, "reference_iam-quotas").
#[test]
fn the_policy_of_both_runbooks_fits_into_a_role() {
    let estate = estate(BOUND);
    let mut all = needs(&runbook("failover"), &estate, &estate.outward());
    all.extend(needs(
        &runbook("failback"),
        &estate,
        &estate.outward().reversed(),
    ));
    let length = Policy::of(&all, &estate).length();
    assert!(length <= 10_240, "{length} characters");
}

#[test]
fn the_address_of_a_database_is_written_where_the_estate_says_and_nowhere_else() {
    let parameter = "endpoint-parameter: /storefront/database";
    let write = |bound: &str, action: &str| -> BTreeSet<String> {
        let estate = estate(bound);
        let out = policy("failover", &estate, &estate.outward());
        allowed(&out, action)
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let secret = BOUND.replace(parameter, "endpoint-secret: app/database");
    assert!(write(&secret, "ssm:PutParameter").is_empty());
    let there = BTreeSet::from([
        "arn:aws:secretsmanager:us-west-1:*:secret:app/database-??????".to_owned(),
    ]);
    assert_eq!(write(&secret, "secretsmanager:PutSecretValue"), there);
    assert!(write(&secret, "secretsmanager:GetSecretValue").is_superset(&there));

    let record = BOUND.replace(parameter, "endpoint-zone: Z9, endpoint-record: db.internal");
    assert!(write(&record, "secretsmanager:PutSecretValue").is_empty());
    let there = BTreeSet::from(["arn:aws:route53:::hostedzone/Z9".to_owned()]);
    for action in ["ChangeResourceRecordSets", "ListResourceRecordSets"] {
        let action = format!("route53:{action}");
        assert!(write(&record, &action).is_superset(&there), "{action}");
        assert!(write(&secret, &action).is_disjoint(&there), "{action}");
    }
}

#[test]
fn whoever_looks_may_read_and_remember_what_git_held_and_change_nothing() {
    let mut estate = estate(BOUND);
    let looks = Policy::of(&reads(&estate), &estate);
    assert!(!allowed(&looks, "rds:DescribeDBInstances").is_empty());
    let changes = |policy: &Policy| -> BTreeSet<String> {
        let actions = policy.statement.iter().flat_map(|one| one.action.iter());
        let reads = [
            "Describe", "Get", "List", "Head", "Lookup", "BatchGet", "Decrypt",
        ];
        let changes = actions.filter(|action| {
            let (_, name) = action.split_once(':').expect("service and name");
            !reads.iter().any(|read| name.starts_with(read))
        });
        changes.cloned().collect()
    };
    let kept = ["s3:PutObject"].map(str::to_owned);
    assert_eq!(changes(&looks), BTreeSet::from(kept));
    estate
        .components
        .retain(|_, component| component.kind() != crate::model::Kind::Repository);
    let looks = Policy::of(&reads(&estate), &estate);
    assert_eq!(changes(&looks), BTreeSet::new());
}

#[test]
fn whoever_applies_pending_fences_may_fence_either_site_and_promote_none() {
    let estate = estate(BOUND);
    let policy = Policy::of(&fencing(&estate), &estate);
    let modified = allowed(&policy, "rds:ModifyDBInstance");
    for region in ["us-east-2", "us-west-1"] {
        assert!(
            modified.iter().any(|arn| arn.contains(region)),
            "{modified:?}"
        );
        let journals = allowed(&policy, "s3:PutObject");
        assert!(
            journals.iter().any(|arn| arn.contains(region)),
            "{journals:?}"
        );
    }
    for action in [
        "rds:PromoteReadReplica",
        "rds:CreateDBInstanceReadReplica",
        "rds:DeleteDBInstance",
        "route53:ChangeResourceRecordSets",
    ] {
        assert!(!policy.actions().contains(action), "{action}");
    }
}
