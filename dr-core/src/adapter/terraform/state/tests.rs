//! What a state tells, and what is left in it.

use serde_json::json;

use super::*;

const AWS: &str = r#""provider":"provider[\"registry.terraform.io/hashicorp/aws\"]""#;

/// A state with one resource of the AWS provider, `extra` beside its attributes.
fn one(kind: &str, attributes: &Value, extra: &str) -> Resource {
    let text = format!(
        r#"{{"version":4,"resources":[{{"mode":"managed","type":"{kind}","name":"this",{AWS},
            "instances":[{{"attributes":{attributes}{extra}}}]}}]}}"#
    );
    let mut resources = resources("b/k", text.as_bytes()).expect("a state");
    resources.remove(1)
}

fn values(kind: &str, attributes: &Value) -> Value {
    let resource = one(kind, attributes, "");
    resource
        .attributes
        .get("values")
        .cloned()
        .unwrap_or_default()
}

#[test]
fn a_state_gives_addresses_and_ids_and_no_secret() {
    let text = format!(
        r#"{{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"l","outputs":{{"p":{{"value":"hunter2"}}}},
        "resources":[
          {{"mode":"managed","type":"aws_db_instance","name":"main","module":"module.site",{AWS},
           "instances":[{{"index_key":0,"attributes":{{"id":"db-1","arn":"arn:aws:rds:x","password":"hunter2"}}}}]}},
          {{"mode":"managed","type":"random_string","name":"login","provider":"provider[\"registry.terraform.io/hashicorp/random\"]",
           "instances":[{{"attributes":{{"id":"hunter2","result":"hunter2"}}}}]}},
          {{"mode":"data","type":"aws_ami","name":"a","provider":"","instances":[{{"attributes":{{"id":"ami-1"}}}}]}}]}}"#
    );
    let resources = resources("b/k", text.as_bytes()).expect("a state");
    assert_eq!(resources.len(), 3);
    assert_eq!(
        resources[1].name.as_deref(),
        Some("module.site.aws_db_instance.main[0]")
    );
    assert_eq!(resources[1].text("managed-id"), Some("db-1"));
    assert_eq!(resources[1].text("manages"), Some("rds/instance"));
    let written = serde_json::to_string(&resources).expect("JSON");
    assert!(!written.contains("hunter2"), "{written}");
}

#[test]
fn of_each_type_only_the_listed_attributes_are_kept_and_in_the_scans_words() {
    for (kind, attributes, kept) in [
        (
            "aws_db_instance",
            json!({
                "id": "db-1", "instance_class": "db.t2.small", "engine": "postgres", "engine_version": "15",
                "engine_version_actual": "15.4", "multi_az": false, "backup_retention_period": 7, "allocated_storage": 20,
                "max_allocated_storage": 0, "storage_type": "gp3", "deletion_protection": true, "username": "hunter2",
                "password": "hunter2", "replicate_source_db": "", "enabled_cloudwatch_logs_exports": [], "iops": null,
            }),
            json!({
                "class": "db.t2.small", "engine": "postgres", "engine-version": "15", "multi-az": false, "backup-days": 7,
                "storage-gib": 20, "storage-type": "gp3", "deletion-protection": true, "log-exports": [],
            }),
        ),
        (
            "aws_db_parameter_group",
            json!({ "family": "postgres15", "parameter": [
                { "name": "rds.force_ssl", "value": "1", "apply_method": "immediate" },
                { "name": "max_connections", "value": "200", "apply_method": "pending-reboot" },
            ] }),
            json!({ "family": "postgres15", "parameters": { "rds.force_ssl": "1", "max_connections": "200" } }),
        ),
        (
            "aws_launch_template",
            json!({ "instance_type": "t3.micro", "ebs_optimized": "true", "image_id": "ami-1", "user_data": "hunter2",
                "metadata_options": [{ "http_tokens": "required" }] }),
            json!({ "instance-type": "t3.micro", "ebs-optimized": true, "http-tokens": "required" }),
        ),
        (
            "aws_autoscaling_group",
            json!({ "min_size": 1, "max_size": 6, "desired_capacity": 3, "health_check_type": "ELB",
                "health_check_grace_period": 300, "termination_policies": [], "suspended_processes": ["Launch"] }),
            json!({ "minimum": 1, "maximum": 6, "desired": 3, "health-check": "ELB", "health-check-grace-s": 300,
                "termination": [], "suspended": ["Launch"] }),
        ),
        (
            "aws_lb_target_group",
            json!({ "port": 80, "protocol": "HTTP", "vpc_id": "vpc-1",
                "health_check": [{ "path": "/healthz", "interval": 10, "matcher": "200", "healthy_threshold": 2 }] }),
            json!({ "port": 80, "protocol": "HTTP",
                "health-check": { "path": "/healthz", "interval-s": 10, "matcher": "200", "healthy-after": 2 } }),
        ),
        (
            "aws_lb",
            json!({ "internal": false, "load_balancer_type": "application", "ip_address_type": "ipv4" }),
            json!({ "scheme": "internet-facing", "type": "application", "address-type": "ipv4" }),
        ),
        (
            "aws_eks_node_group",
            json!({ "instance_types": ["t3.medium"], "scaling_config": [{ "min_size": 0, "max_size": 4, "desired_size": 2 }] }),
            json!({ "instance-types": ["t3.medium"], "minimum": 0, "maximum": 4, "desired": 2 }),
        ),
        (
            "aws_s3_bucket_versioning",
            json!({ "id": "b", "versioning_configuration": [{ "status": "Disabled", "mfa_delete": "" }] }),
            json!(null),
        ),
        (
            "aws_s3_bucket_public_access_block",
            json!({ "id": "b", "block_public_acls": true, "restrict_public_buckets": false }),
            json!({ "public-block": { "block-acls": true, "restrict": false } }),
        ),
        (
            "aws_ssm_parameter",
            json!({ "type": "SecureString", "value": "hunter2", "insecure_value": "hunter2" }),
            json!({ "type": "SecureString" }),
        ),
        (
            "aws_secretsmanager_secret_version",
            json!({ "secret_string": "hunter2" }),
            json!(null),
        ),
    ] {
        assert_eq!(values(kind, &attributes), kept, "{kind}");
    }
}

#[test]
fn what_the_state_marks_as_sensitive_is_not_kept() {
    let attributes = json!({ "instance_class": "hunter2", "multi_az": true });
    let marked = r#","sensitive_attributes":[[{"type":"get_attr","value":"instance_class"}]]"#;
    let resource = one("aws_db_instance", &attributes, marked);
    assert_eq!(resource.attributes["values"], json!({ "multi-az": true }));
    let all = r#","sensitive_attributes":[[]]"#;
    let resource = one("aws_db_instance", &attributes, all);
    assert!(!resource.attributes.contains_key("values"));
}

#[test]
fn what_waits_for_its_removal_says_nothing_of_what_took_its_place() {
    let attributes = json!({ "id": "lt-1", "instance_type": "t3.micro" });
    let resource = one(
        "aws_launch_template",
        &attributes,
        r#","deposed":"0a1b2c3d""#,
    );
    assert_eq!(resource.text("managed-id"), Some("lt-1"));
    assert!(!resource.attributes.contains_key("values"));
}

#[test]
fn a_text_that_is_no_state_is_told_without_the_text() {
    let refusal = resources("b/k", br#"{"version":"hunter2"}"#).expect_err("refused");
    let told = refusal.to_string();
    assert!(!told.contains("hunter2"), "{told}");
    assert!(told.contains("line 1"));
    let form = resources("b/k", br#"{"version":3}"#).expect_err("refused");
    assert_eq!(form.to_string(), "b/k has form 3, and only 4 is understood");
}
