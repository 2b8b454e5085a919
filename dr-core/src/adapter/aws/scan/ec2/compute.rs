//! Machines, and what they are started from.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    BlockDeviceMapping, Filter, Image, Instance, KeyPairInfo, LaunchTemplate, LaunchTemplateVersion,
};
use serde_json::{Map, Value};

use super::super::reader::{Reader, Refusal};
use super::super::scanner::Wanted;
use super::super::topic::Topic;
use super::super::value::{hash, instant, mentions, object, sorted, sorted_values, tags, word};
use super::{PAGE, client};
use crate::discover::VERSIONS;
use crate::model::{GapClass, Resource, ResourceKind as Kind};

const INSTANCES: Topic = Topic::new(Kind::Ec2Instance, "ec2", "DescribeInstances");
const IMAGES: Topic = Topic::new(Kind::Ec2Image, "ec2", "DescribeImages");
const TEMPLATES: Topic = Topic::new(Kind::Ec2LaunchTemplate, "ec2", "DescribeLaunchTemplates");
const VERSIONS_READ: Topic = Topic::new(
    Kind::Ec2LaunchTemplate,
    "ec2",
    "DescribeLaunchTemplateVersions",
);
const KEY_PAIRS: Topic = Topic::new(Kind::Ec2KeyPair, "ec2", "DescribeKeyPairs");

const NAMED_IMAGES: Topic = IMAGES.of(Kind::Ec2LaunchTemplate);

/// What this file asks.
pub(in super::super) const TOPICS: &[Topic] = &[
    INSTANCES,
    IMAGES,
    TEMPLATES,
    VERSIONS_READ,
    KEY_PAIRS,
    NAMED_IMAGES,
];

/// Images that one question takes (EC2 user guide, "Using_Filtering": 200 values a request).
const IMAGES_AT_ONCE: usize = 100;

/// The attributes that a version of a launch template gives.
const VERSIONED: [&str; 13] = [
    "version",
    "image",
    "instance-type",
    "key",
    "instance-profile",
    "security-groups",
    "volumes",
    "http-tokens",
    "ebs-optimized",
    "user-data-hash",
    "user-data-mentions",
    "image-facts",
    "subnets",
];

/// Reads the machines.
pub(in super::super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let ec2 = client(reader.site());
    reader
        .list(
            &INSTANCES,
            |token| {
                ec2.describe_instances()
                    .max_results(PAGE)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let instances = page.reservations().iter().flat_map(|r| r.instances());
                (page.next_token.clone(), instances.map(instance).collect())
            },
        )
        .await;
    reader
        .list(
            &IMAGES,
            |token| {
                let images = ec2.describe_images().owners("self");
                images.max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.images().iter().map(image).collect(),
                )
            },
        )
        .await;
    reader
        .list(
            &KEY_PAIRS,
            |_| ec2.describe_key_pairs().send(),
            |page| (None, page.key_pairs().iter().map(key_pair).collect()),
        )
        .await;
    templates(reader, &ec2, &wanted.names).await;
    named_images(reader, &ec2).await;
}

/// Launch templates, then the default version of each: the list itself does not tell what is in them.
async fn templates(reader: &mut Reader<'_>, ec2: &aws_sdk_ec2::Client, names: &BTreeSet<String>) {
    reader
        .list(
            &TEMPLATES,
            // 200 is the most that this list takes (EC2 API reference, DescribeLaunchTemplates).
            |token| {
                ec2.describe_launch_templates()
                    .max_results(200)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.launch_templates().iter().map(template).collect(),
                )
            },
        )
        .await;
    versions(reader, ec2, names).await;
}

/// The default and the latest version of every template, all in one list: a template by itself would be a question each. Which of
/// them counts is settled when the groups are known, too.
async fn versions(reader: &mut Reader<'_>, ec2: &aws_sdk_ec2::Client, names: &BTreeSet<String>) {
    let mut unread: BTreeSet<String> = reader
        .of_kind(Kind::Ec2LaunchTemplate)
        .map(|template| template.id.clone())
        .collect();
    if unread.is_empty() {
        return;
    }
    let gaps = reader.gaps.len();
    let versions = reader
        .pages(
            &VERSIONS_READ,
            // Without an id, these name the versions of every template; 200 is the most that the list takes (EC2 API reference,
            // DescribeLaunchTemplateVersions).
            |token| {
                let versions = ec2.describe_launch_template_versions();
                let versions = versions.versions("$Default").versions("$Latest");
                versions.max_results(200).set_next_token(token).send()
            },
            |page| {
                (
                    page.next_token.clone(),
                    page.launch_template_versions().to_vec(),
                )
            },
        )
        .await;
    for version in &versions {
        let id = version.launch_template_id().unwrap_or_default();
        let mut known = reader.of_kind(Kind::Ec2LaunchTemplate);
        if let Some(template) = known.find(|template| template.id == id) {
            let number = version.version_number().unwrap_or_default();
            let read = template.attributes.entry(VERSIONS.to_owned());
            let read = read.or_insert_with(|| Value::Object(Map::new()));
            read[number.to_string()] = of_version(version, names);
            unread.remove(id);
        }
    }
    // A template that was made or deleted between the two lists is in one of them only.
    let refusal = reader.gaps.drain(gaps..).next();
    let refusal = refusal.map_or_else(
        || Refusal {
            class: GapClass::Failed,
            reason: "its versions are not in the list of all".to_owned(),
            not_found: false,
        },
        |gap| Refusal {
            class: gap.class,
            reason: gap.reason,
            not_found: false,
        },
    );
    for id in unread {
        reader.lacks(&VERSIONS_READ, refusal.clone(), &id, &VERSIONED);
    }
}

/// The versions that were read of a template.
fn read_versions(template: &mut Resource) -> impl Iterator<Item = &mut Value> {
    let versions = template.attributes.get_mut(VERSIONS);
    let versions = versions.and_then(Value::as_object_mut);
    versions.into_iter().flat_map(Map::values_mut)
}

fn image_of(version: &Value) -> Option<&str> {
    version.get("image").and_then(Value::as_str)
}

/// What is known of the images that launch templates name and that are another account's: Amazon's, or a vendor's.
async fn named_images(reader: &mut Reader<'_>, ec2: &aws_sdk_ec2::Client) {
    let own: BTreeSet<String> = reader
        .of_kind(Kind::Ec2Image)
        .map(|image| image.id.clone())
        .collect();
    let templates = reader.of_kind(Kind::Ec2LaunchTemplate);
    let versions = templates.flat_map(read_versions);
    let named = versions.filter_map(|version| image_of(version).map(str::to_owned));
    let named: BTreeSet<String> = named
        .filter(|id| id.starts_with("ami-") && !own.contains(id))
        .collect();
    let named: Vec<String> = named.into_iter().collect();
    for some in named.chunks(IMAGES_AT_ONCE) {
        // By a filter: asked for by its id, one that is gone would fail the whole call.
        let filter = Filter::builder()
            .name("image-id")
            .set_values(Some(some.to_vec()))
            .build();
        let asked = || {
            let images = ec2.describe_images().filters(filter.clone());
            images.include_deprecated(true).send()
        };
        let answer = reader.ask(&NAMED_IMAGES, asked).await;
        let mut found: BTreeMap<&str, Value> = BTreeMap::new();
        if let Ok(answer) = &answer {
            found.extend(some.iter().map(|id| (id.as_str(), absent())));
            let images = answer.images().iter();
            found.extend(images.filter_map(|image| Some((image.image_id()?, facts(image)))));
        }
        let mut unread = Vec::new();
        for template in reader.of_kind(Kind::Ec2LaunchTemplate) {
            let mut is_unread = false;
            for version in read_versions(template) {
                let id = image_of(version).unwrap_or_default().to_owned();
                if let Some(facts) = found.get(id.as_str()) {
                    version["image-facts"] = facts.clone();
                }
                is_unread |= answer.is_err() && some.contains(&id);
            }
            if is_unread {
                unread.push(template.id.clone());
            }
        }
        if let Err(refusal) = answer {
            for id in unread {
                reader.lacks(&NAMED_IMAGES, refusal.clone(), &id, &["image-facts"]);
            }
        }
    }
}

/// An image that every question leaves out is gone, or is not shared with the account any more.
fn absent() -> Value {
    object([("state", "absent".into())])
}

fn facts(image: &Image) -> Value {
    object([
        ("name", image.name().into()),
        ("state", word(image.state()).into()),
        ("architecture", word(image.architecture()).into()),
        ("created", image.creation_date().into()),
        ("deprecated", image.deprecation_time().into()),
        ("source-image", image.source_image_id().into()),
        ("owner", image.owner_id().into()),
    ])
}

/// An instance as a resource.
fn instance(instance: &Instance) -> Resource {
    let groups = instance.security_groups().iter();
    let volumes = instance.block_device_mappings().iter();
    let placement = instance.placement();
    let profile = instance.iam_instance_profile();
    let options = instance.metadata_options();
    Resource::new(
        Kind::Ec2Instance,
        instance.instance_id().unwrap_or_default(),
    )
    .tagged(tags!(instance.tags()))
    .with("instance-type", word(instance.instance_type()))
    .with(
        "state",
        word(instance.state().and_then(|state| state.name())),
    )
    .with("image", instance.image_id())
    .with("architecture", word(instance.architecture()))
    .with("vpc", instance.vpc_id())
    .with("subnet", instance.subnet_id())
    .with(
        "zone",
        placement.and_then(|placement| placement.availability_zone()),
    )
    .with(
        "security-groups",
        sorted(groups.filter_map(|group| group.group_id())),
    )
    .with("key", instance.key_name())
    .with(
        "instance-profile",
        profile.and_then(|profile| profile.arn()),
    )
    .with("private-address", instance.private_ip_address())
    .with("public-address", instance.public_ip_address())
    .with("ebs-optimized", instance.ebs_optimized())
    .with(
        "http-tokens",
        word(options.and_then(|options| options.http_tokens())),
    )
    .with(
        "volumes",
        sorted(volumes.filter_map(|volume| volume.ebs()?.volume_id())),
    )
    .with("launched", instant(instance.launch_time()))
}

fn image(image: &Image) -> Resource {
    let disks = image.block_device_mappings().iter().map(disk);
    Resource::new(Kind::Ec2Image, image.image_id().unwrap_or_default())
        .named(image.name())
        .tagged(tags!(image.tags()))
        .with("architecture", word(image.architecture()))
        .with("state", word(image.state()))
        .with("created", image.creation_date())
        .with("deprecated", image.deprecation_time())
        .with("root-device", image.root_device_name())
        .with("disks", sorted_values(disks))
        .with("boot-mode", word(image.boot_mode()))
        .with("source-image", image.source_image_id())
        .with("source-region", image.source_image_region())
        .with("owner", image.owner_id())
}

fn disk(mapping: &BlockDeviceMapping) -> Value {
    let ebs = mapping.ebs();
    object([
        ("device", mapping.device_name().into()),
        ("snapshot", ebs.and_then(|ebs| ebs.snapshot_id()).into()),
        ("size-gib", ebs.and_then(|ebs| ebs.volume_size()).into()),
        ("type", word(ebs.and_then(|ebs| ebs.volume_type())).into()),
        ("encrypted", ebs.and_then(|ebs| ebs.encrypted()).into()),
    ])
}

fn key_pair(pair: &KeyPairInfo) -> Resource {
    Resource::new(Kind::Ec2KeyPair, pair.key_pair_id().unwrap_or_default())
        .named(pair.key_name())
        .tagged(tags!(pair.tags()))
        .with("fingerprint", pair.key_fingerprint())
        .with("type", word(pair.key_type()))
}

fn template(template: &LaunchTemplate) -> Resource {
    Resource::new(
        Kind::Ec2LaunchTemplate,
        template.launch_template_id().unwrap_or_default(),
    )
    .named(template.launch_template_name())
    .tagged(tags!(template.tags()))
    .with("default-version", template.default_version_number())
    .with("latest-version", template.latest_version_number())
}

/// A version, as the attributes that it gives its template. Of user data only the hash and what it mentions of the estate are kept:
/// people put secrets there.
fn of_version(version: &LaunchTemplateVersion, names: &BTreeSet<String>) -> Value {
    let Some(data) = version.launch_template_data() else {
        return Value::Object(Map::new());
    };
    let interfaces = data.network_interfaces().iter();
    let subnets = interfaces
        .clone()
        .filter_map(|interface| interface.subnet_id());
    let groups = data.security_group_ids().iter().map(String::as_str);
    let groups = groups.chain(interfaces.flat_map(|i| i.groups()).map(String::as_str));
    let volumes = data.block_device_mappings().iter().map(|mapping| {
        let ebs = mapping.ebs();
        object([
            ("device", mapping.device_name().into()),
            ("snapshot", ebs.and_then(|ebs| ebs.snapshot_id()).into()),
            ("size-gib", ebs.and_then(|ebs| ebs.volume_size()).into()),
            ("type", word(ebs.and_then(|ebs| ebs.volume_type())).into()),
            ("encrypted", ebs.and_then(|ebs| ebs.encrypted()).into()),
            ("key", ebs.and_then(|ebs| ebs.kms_key_id()).into()),
        ])
    });
    let profile = data.iam_instance_profile();
    let options = data.metadata_options();
    let user_data = data.user_data().filter(|data| !data.is_empty());
    let version = Resource::new(Kind::Ec2LaunchTemplate, "")
        .with("version", version.version_number())
        .with("image", data.image_id())
        .with("instance-type", word(data.instance_type()))
        .with("key", data.key_name())
        .with(
            "instance-profile",
            profile.and_then(|p| p.arn().or(p.name())),
        )
        .with("security-groups", sorted(groups))
        .with("subnets", sorted(subnets))
        .with("volumes", sorted_values(volumes))
        .with(
            "http-tokens",
            word(options.and_then(|options| options.http_tokens())),
        )
        .with("ebs-optimized", data.ebs_optimized())
        .with("user-data-hash", user_data.map(hash))
        .with(
            "user-data-mentions",
            user_data.and_then(|data| mentioned(data, names)),
        );
    version.attributes.into_iter().collect()
}

/// What user data mentions; `None` where it is compressed or no text at all.
fn mentioned(data: &str, names: &BTreeSet<String>) -> Option<Value> {
    let bytes = aws_smithy_types::base64::decode(data).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(mentions(&text, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_user_data_the_estates_names_are_told_and_not_the_text() {
        let names: BTreeSet<String> = ["us-east-2".to_owned(), "us-west-1".to_owned()].into();
        let version = |data: &[u8]| {
            let data = aws_smithy_types::base64::encode(data);
            let data = aws_sdk_ec2::types::ResponseLaunchTemplateData::builder().user_data(data);
            let version = LaunchTemplateVersion::builder().launch_template_data(data.build());
            of_version(&version.build(), &names)
        };
        let told = version(b"#!/bin/sh\nexport PASSWORD=hunter2 REGION=us-east-2\n");
        assert_eq!(told["user-data-mentions"], serde_json::json!(["us-east-2"]));
        assert!(!format!("{told:?}").contains("hunter2"));
        assert_eq!(version(b"true")["user-data-mentions"], "nothing");
        let compressed = version(&[0x1f, 0x8b, 0xff]);
        assert!(compressed.get("user-data-hash").is_some());
        assert!(compressed.get("user-data-mentions").is_none());
        let none = version(b"");
        assert!(none.get("user-data-hash").is_none());
    }
}
