//! Machines, and what they are started from.

use aws_sdk_ec2::types::{
    BlockDeviceMapping, Image, Instance, KeyPairInfo, LaunchTemplate, LaunchTemplateVersion,
};
use serde_json::Value;

use super::super::reader::Reader;
use super::super::scanner::Wanted;
use super::super::topic::Topic;
use super::super::value::{hash, instant, object, sorted, sorted_values, tags, word};
use super::{PAGE, client};
use crate::model::{Resource, ResourceKind as Kind};

const INSTANCES: Topic = Topic::new(Kind::Ec2Instance, "ec2", "DescribeInstances");
const IMAGES: Topic = Topic::new(Kind::Ec2Image, "ec2", "DescribeImages");
const TEMPLATES: Topic = Topic::new(Kind::Ec2LaunchTemplate, "ec2", "DescribeLaunchTemplates");
const VERSIONS: Topic = Topic::new(
    Kind::Ec2LaunchTemplate,
    "ec2",
    "DescribeLaunchTemplateVersions",
);
const KEY_PAIRS: Topic = Topic::new(Kind::Ec2KeyPair, "ec2", "DescribeKeyPairs");

/// What this file asks.
pub(in super::super) const TOPICS: &[Topic] = &[INSTANCES, IMAGES, TEMPLATES, VERSIONS, KEY_PAIRS];

/// The attributes that a launch template's default version gives.
const VERSIONED: [&str; 11] = [
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
    "subnets",
];

/// Reads the machines.
pub(in super::super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
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
    templates(reader, &ec2).await;
}

/// Launch templates, then the default version of each: the list itself does not tell what is in them.
async fn templates(reader: &mut Reader<'_>, ec2: &aws_sdk_ec2::Client) {
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
    let templates: Vec<Resource> = reader
        .of_kind(Kind::Ec2LaunchTemplate)
        .map(|t| t.clone())
        .collect();
    for template in templates {
        let id = template.id.as_str();
        let asked = || {
            let versions = ec2
                .describe_launch_template_versions()
                .launch_template_id(id);
            versions.versions("$Default").send()
        };
        match reader.ask(&VERSIONS, asked).await {
            Ok(answer) => {
                let version = answer.launch_template_versions().first();
                let mut known = reader.of_kind(Kind::Ec2LaunchTemplate);
                if let Some((version, kept)) = version.zip(known.find(|kept| kept.id == id)) {
                    *kept = with_version(template.clone(), version);
                }
            }
            Err(refusal) => reader.lacks(&VERSIONS, refusal, id, &VERSIONED),
        }
    }
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

/// Of user data only the hash is kept: people put secrets there.
fn with_version(template: Resource, version: &LaunchTemplateVersion) -> Resource {
    let Some(data) = version.launch_template_data() else {
        return template;
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
    template
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
        .with("user-data-hash", data.user_data().map(hash))
}
