//! EKS: clusters and their managed node groups.

use aws_sdk_eks::Client;
use aws_sdk_eks::types::{Cluster, Nodegroup};

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{instant, object, sorted, sorted_values, word};
use crate::model::{Resource, ResourceKind as Kind};

const CLUSTERS: Topic = Topic::new(Kind::EksCluster, "eks", "ListClusters");
const CLUSTER: Topic = Topic::new(Kind::EksCluster, "eks", "DescribeCluster");
const NODE_GROUPS: Topic = Topic::new(Kind::EksNodeGroup, "eks", "ListNodegroups");
const NODE_GROUP: Topic = Topic::new(Kind::EksNodeGroup, "eks", "DescribeNodegroup");

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[CLUSTERS, CLUSTER, NODE_GROUPS, NODE_GROUP];

/// Reads the clusters.
pub(super) async fn read(reader: &mut Reader<'_>, _wanted: &Wanted) {
    let eks = Client::new(reader.site().regional());
    let names = reader
        .pages(
            &CLUSTERS,
            |token| eks.list_clusters().set_next_token(token).send(),
            |page| (page.next_token.clone(), page.clusters().to_vec()),
        )
        .await;
    reader.follows(Kind::EksNodeGroup, Kind::EksCluster);
    for name in names {
        match reader
            .ask(&CLUSTER, || eks.describe_cluster().name(&name).send())
            .await
        {
            Ok(answer) => reader.keep(answer.cluster().map(cluster)),
            Err(refusal) => reader.missing(&CLUSTER, refusal, 0),
        }
        node_groups(reader, &eks, &name).await;
    }
}

async fn node_groups(reader: &mut Reader<'_>, eks: &Client, cluster: &str) {
    let names = reader
        .pages(
            &NODE_GROUPS,
            |token| {
                eks.list_nodegroups()
                    .cluster_name(cluster)
                    .set_next_token(token)
                    .send()
            },
            |page| (page.next_token.clone(), page.nodegroups().to_vec()),
        )
        .await;
    for name in names {
        let asked = || {
            let group = eks.describe_nodegroup().cluster_name(cluster);
            group.nodegroup_name(&name).send()
        };
        match reader.ask(&NODE_GROUP, asked).await {
            Ok(answer) => reader.keep(answer.nodegroup().map(node_group)),
            Err(refusal) => reader.missing(&NODE_GROUP, refusal, 0),
        }
    }
}

/// Tags and labels, sorted.
fn pairs<'a>(map: impl Iterator<Item = (&'a String, &'a String)>) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = map
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    pairs.sort();
    pairs
}

fn cluster(cluster: &Cluster) -> Resource {
    let network = cluster.resources_vpc_config();
    let encrypted = cluster.encryption_config().iter();
    let encrypted = encrypted.filter_map(|config| config.provider()?.key_arn());
    let access = cluster.access_config();
    Resource::new(Kind::EksCluster, cluster.name().unwrap_or_default())
        .named(cluster.name())
        .arn(cluster.arn())
        .tagged(pairs(cluster.tags().into_iter().flatten()))
        .with("status", word(cluster.status()))
        .with("version", cluster.version())
        .with("platform-version", cluster.platform_version())
        .with("role", cluster.role_arn())
        .with("endpoint", cluster.endpoint())
        .with("vpc", network.and_then(|network| network.vpc_id()))
        .with(
            "subnets",
            sorted(network.into_iter().flat_map(|network| network.subnet_ids())),
        )
        .with(
            "security-groups",
            sorted(
                network
                    .into_iter()
                    .flat_map(|network| network.security_group_ids()),
            ),
        )
        .with(
            "public-endpoint",
            network.map(|network| network.endpoint_public_access()),
        )
        .with(
            "private-endpoint",
            network.map(|network| network.endpoint_private_access()),
        )
        .with("keys", sorted(encrypted))
        .with(
            "authentication",
            word(access.and_then(|access| access.authentication_mode())),
        )
        .with("created", instant(cluster.created_at()))
}

fn node_group(group: &Nodegroup) -> Resource {
    let name = group.nodegroup_name().unwrap_or_default();
    let cluster = group.cluster_name().unwrap_or_default();
    let scaling = group.scaling_config();
    let labels = pairs(group.labels().into_iter().flatten());
    let labels: serde_json::Map<_, _> = labels.into_iter().map(|(k, v)| (k, v.into())).collect();
    let taints = group.taints().iter().map(|taint| {
        object([
            ("key", taint.key().into()),
            ("value", taint.value().into()),
            ("effect", word(taint.effect()).into()),
        ])
    });
    Resource::new(Kind::EksNodeGroup, format!("{cluster}/{name}"))
        .named(Some(name))
        .arn(group.nodegroup_arn())
        .tagged(pairs(group.tags().into_iter().flatten()))
        .with("cluster", cluster)
        .with("status", word(group.status()))
        .with("version", group.version())
        .with("release", group.release_version())
        .with("instance-types", sorted(group.instance_types()))
        .with("capacity", word(group.capacity_type()))
        .with("image-type", word(group.ami_type()))
        .with("disk-gib", group.disk_size())
        .with("minimum", scaling.and_then(|scaling| scaling.min_size()))
        .with("maximum", scaling.and_then(|scaling| scaling.max_size()))
        .with(
            "desired",
            scaling.and_then(|scaling| scaling.desired_size()),
        )
        .with("subnets", sorted(group.subnets()))
        .with("role", group.node_role())
        .with("labels", labels)
        .with("taints", sorted_values(taints))
}
