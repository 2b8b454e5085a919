//! Auto Scaling groups.

use aws_sdk_autoscaling::types::{AutoScalingGroup, LaunchTemplateSpecification};
use serde_json::Value;

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{instant, object, sorted, sorted_values, tags, word};
use crate::model::{Resource, ResourceKind as Kind};

const GROUPS: Topic = Topic::new(
    Kind::AutoscalingGroup,
    "autoscaling",
    "DescribeAutoScalingGroups",
);

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[GROUPS];

/// Results a page, the most that the list takes.
const PAGE: i32 = 100;

/// Reads the groups.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let autoscaling = aws_sdk_autoscaling::Client::new(reader.site().regional());
    reader
        .list(
            &GROUPS,
            |token| {
                let groups = autoscaling.describe_auto_scaling_groups();
                groups.max_records(PAGE).set_next_token(token).send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.auto_scaling_groups().iter().map(group).collect(),
                )
            },
        )
        .await;
}

fn group(group: &AutoScalingGroup) -> Resource {
    let name = group.auto_scaling_group_name();
    let subnets = group.vpc_zone_identifier().unwrap_or_default().split(',');
    let suspended = group.suspended_processes().iter();
    let instances = group.instances().iter().map(|instance| {
        object([
            ("id", instance.instance_id().into()),
            ("type", instance.instance_type().into()),
            ("zone", instance.availability_zone().into()),
            ("state", word(instance.lifecycle_state()).into()),
            ("health", instance.health_status().into()),
        ])
    });
    let mixed = group.mixed_instances_policy();
    let mixed = mixed.and_then(|policy| policy.launch_template());
    let template = group
        .launch_template()
        .or(mixed.and_then(|template| template.launch_template_specification()));
    let overrides = mixed.into_iter().flat_map(|template| template.overrides());
    Resource::new(Kind::AutoscalingGroup, name.unwrap_or_default())
        .named(name)
        .arn(group.auto_scaling_group_arn())
        .tagged(tags!(group.tags()))
        .with("minimum", group.min_size())
        .with("maximum", group.max_size())
        .with("desired", group.desired_capacity())
        .with("launch-template", template.map(launch_template))
        .with("launch-configuration", group.launch_configuration_name())
        .with(
            "instance-types",
            sorted(overrides.filter_map(|o| o.instance_type())),
        )
        .with(
            "subnets",
            sorted(subnets.filter(|subnet| !subnet.is_empty())),
        )
        .with("zones", sorted(group.availability_zones()))
        .with("target-groups", sorted(group.target_group_arns()))
        .with("health-check", group.health_check_type())
        .with("health-check-grace-s", group.health_check_grace_period())
        .with(
            "suspended",
            sorted(suspended.filter_map(|process| process.process_name())),
        )
        .with("termination", sorted(group.termination_policies()))
        .with("instances", sorted_values(instances))
        .with("created", instant(group.created_time()))
}

fn launch_template(template: &LaunchTemplateSpecification) -> Value {
    object([
        ("id", template.launch_template_id().into()),
        ("name", template.launch_template_name().into()),
        ("version", template.version().into()),
    ])
}
