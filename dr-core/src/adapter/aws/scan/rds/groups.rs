//! Subnet, parameter and option groups.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbParameterGroup, DbSubnetGroup, OptionGroup};
use serde_json::{Map, Value};

use super::super::reader::Reader;
use super::super::topic::Topic;
use super::super::value::{object, sorted, sorted_values, tags};
use super::PAGE;
use crate::model::{Resource, ResourceKind as Kind};

pub(super) const SUBNET_GROUPS: Topic =
    Topic::new(Kind::RdsSubnetGroup, "rds", "DescribeDBSubnetGroups");
pub(super) const PARAMETER_GROUPS: Topic =
    Topic::new(Kind::RdsParameterGroup, "rds", "DescribeDBParameterGroups");
pub(super) const PARAMETERS: Topic =
    Topic::new(Kind::RdsParameterGroup, "rds", "DescribeDBParameters");
pub(super) const OPTION_GROUPS: Topic =
    Topic::new(Kind::RdsOptionGroup, "rds", "DescribeOptionGroups");
pub(super) const TAGS: Topic = Topic::new(Kind::RdsSubnetGroup, "rds", "ListTagsForResource");

pub(super) async fn read(reader: &mut Reader<'_>, rds: &Client) {
    reader
        .list(
            &SUBNET_GROUPS,
            |token| {
                rds.describe_db_subnet_groups()
                    .max_records(PAGE)
                    .set_marker(token)
                    .send()
            },
            |page| {
                (
                    page.marker.clone(),
                    page.db_subnet_groups().iter().map(subnet_group).collect(),
                )
            },
        )
        .await;
    reader
        .list(
            &PARAMETER_GROUPS,
            |token| {
                rds.describe_db_parameter_groups()
                    .max_records(PAGE)
                    .set_marker(token)
                    .send()
            },
            |page| {
                let groups = page.db_parameter_groups().iter();
                (page.marker.clone(), groups.map(parameter_group).collect())
            },
        )
        .await;
    reader
        .list(
            &OPTION_GROUPS,
            |token| {
                rds.describe_option_groups()
                    .max_records(PAGE)
                    .set_marker(token)
                    .send()
            },
            |page| {
                (
                    page.marker.clone(),
                    page.option_groups_list().iter().map(option_group).collect(),
                )
            },
        )
        .await;
    parameters(reader, rds).await;
    for kind in [
        Kind::RdsSubnetGroup,
        Kind::RdsParameterGroup,
        Kind::RdsOptionGroup,
    ] {
        group_tags(reader, rds, kind).await;
    }
}

/// The parameters that people set: the others follow from the family.
async fn parameters(reader: &mut Reader<'_>, rds: &Client) {
    let groups = reader.of_kind(Kind::RdsParameterGroup);
    let groups: Vec<String> = groups
        .filter(|group| !group.has_id_of_rds())
        .map(|g| g.id.clone())
        .collect();
    for name in groups {
        let gaps = reader.gaps.len();
        let set = reader
            .pages(
                &PARAMETERS,
                |token| {
                    let parameters = rds.describe_db_parameters().db_parameter_group_name(&name);
                    parameters
                        .source("user")
                        .max_records(PAGE)
                        .set_marker(token)
                        .send()
                },
                |page| {
                    let set = page.parameters().iter().filter_map(|parameter| {
                        let name = parameter.parameter_name()?.to_owned();
                        Some((name, Value::from(parameter.parameter_value())))
                    });
                    (page.marker.clone(), set.collect())
                },
            )
            .await;
        for gap in reader.gaps.iter_mut().skip(gaps) {
            gap.about = Some(name.clone());
            gap.attributes = vec!["parameters".to_owned()];
        }
        let set: Map<String, Value> = set.into_iter().collect();
        for group in reader
            .of_kind(Kind::RdsParameterGroup)
            .filter(|group| group.id == name)
        {
            *group = group.clone().with("parameters", set.clone());
        }
    }
}

/// The lists do not tell tags.
async fn group_tags(reader: &mut Reader<'_>, rds: &Client, kind: Kind) {
    let topic = TAGS.of(kind);
    let groups: Vec<Resource> = reader.of_kind(kind).map(|group| group.clone()).collect();
    for group in groups.iter().filter(|group| !group.has_id_of_rds()) {
        let Some(arn) = &group.arn else { continue };
        match reader
            .ask(&topic, || {
                rds.list_tags_for_resource().resource_name(arn).send()
            })
            .await
        {
            Ok(answer) => {
                for known in reader.of_kind(kind).filter(|known| known.id == group.id) {
                    *known = known.clone().tagged(tags!(answer.tag_list()));
                }
            }
            Err(refusal) => reader.lacks(&topic, refusal, &group.id, &["tags"]),
        }
    }
}

fn subnet_group(group: &DbSubnetGroup) -> Resource {
    let name = group.db_subnet_group_name();
    let subnets = group.subnets().iter();
    let zones = group
        .subnets()
        .iter()
        .filter_map(|s| s.subnet_availability_zone()?.name());
    let mut zones = sorted(zones);
    zones.dedup();
    Resource::new(Kind::RdsSubnetGroup, name.unwrap_or_default())
        .named(name)
        .arn(group.db_subnet_group_arn())
        .with("vpc", group.vpc_id())
        .with("status", group.subnet_group_status())
        .with(
            "subnets",
            sorted(subnets.filter_map(|subnet| subnet.subnet_identifier())),
        )
        .with("zones", zones)
}

fn parameter_group(group: &DbParameterGroup) -> Resource {
    let name = group.db_parameter_group_name();
    Resource::new(Kind::RdsParameterGroup, name.unwrap_or_default())
        .named(name)
        .arn(group.db_parameter_group_arn())
        .with("family", group.db_parameter_group_family())
}

/// Settings of options may be passwords: their names are kept, their values are not.
fn option_group(group: &OptionGroup) -> Resource {
    let name = group.option_group_name();
    let options = group.options().iter().map(|option| {
        let settings = option
            .option_settings()
            .iter()
            .filter_map(|setting| setting.name());
        let settings = sorted(settings);
        object([
            ("name", option.option_name().into()),
            ("version", option.option_version().into()),
            ("port", option.port().into()),
            ("settings", settings.into()),
        ])
    });
    Resource::new(Kind::RdsOptionGroup, name.unwrap_or_default())
        .named(name)
        .arn(group.option_group_arn())
        .with("engine", group.engine_name())
        .with("engine-version", group.major_engine_version())
        .with("options", sorted_values(options))
}
