//! IAM: the roles of the account, and what their own policies allow where they name a region of the estate. One control plane, in
//! us-east-1.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, PolicyDetail, RoleDetail};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::reader::Reader;
use super::scanner::Wanted;
use super::topic::Topic;
use super::value::{mentions, policy, sorted};
use crate::model::{Resource, ResourceKind as Kind};

const DETAILS: Topic = Topic::new(Kind::IamRole, "iam", "GetAccountAuthorizationDetails").global();

/// What this file asks.
pub(super) const TOPICS: &[Topic] = &[DETAILS];

/// The most that a page holds (IAM API reference, `GetAccountAuthorizationDetails`).
const PAGE: i32 = 1000;

/// A part of a page.
enum Detail {
    Role(Box<RoleDetail>),
    Policy(Box<ManagedPolicyDetail>),
}

/// Reads the roles with one list: role by role it would cost five calls each. Policies that AWS manages are not asked for: they
/// name no region.
pub(super) async fn read(reader: &mut Reader<'_>, wanted: &Wanted) {
    let iam = Client::new(reader.site().global());
    let details = reader
        .whole(
            &DETAILS,
            |token| {
                let details = iam.get_account_authorization_details();
                let details = details
                    .filter(EntityType::Role)
                    .filter(EntityType::LocalManagedPolicy);
                details.max_items(PAGE).set_marker(token).send()
            },
            |page| {
                let roles = page.role_detail_list.into_iter().flatten();
                let roles = roles.map(|role| Detail::Role(Box::new(role)));
                let policies = page.policies.into_iter().flatten();
                let policies = policies.map(|policy| Detail::Policy(Box::new(policy)));
                let next = page.marker.filter(|_| page.is_truncated);
                (next, roles.chain(policies).collect())
            },
        )
        .await;
    let details = match details {
        Ok(details) => details,
        Err((refusal, _)) => {
            // What a role may do may stand on a page that was not read.
            reader.missing(&DETAILS, refusal, 0);
            return;
        }
    };
    let managed = details.iter().filter_map(|detail| match detail {
        Detail::Policy(policy) => Some((policy.arn()?, in_force(policy)?)),
        Detail::Role(_) => None,
    });
    let managed: BTreeMap<&str, Value> = managed.collect();
    let roles = details.iter().filter_map(|detail| match detail {
        Detail::Role(role) if !is_of_service(role) => Some(resource(role, &managed, &wanted.names)),
        Detail::Role(_) | Detail::Policy(_) => None,
    });
    reader.keep(roles);
}

/// Whether a service made the role for itself: nobody can change it (IAM user guide, "using-service-linked-roles").
fn is_of_service(role: &RoleDetail) -> bool {
    role.path()
        .is_some_and(|path| path.starts_with("/aws-service-role/"))
}

/// What the version of a policy says that is in force.
fn in_force(policy: &ManagedPolicyDetail) -> Option<Value> {
    let mut versions = policy.policy_version_list().iter();
    let version = versions.find(|version| version.is_default_version())?;
    Some(document(version.document()?))
}

/// A policy's text, which IAM writes as a part of an address (RFC 3986).
fn document(text: &str) -> Value {
    policy(&percent_decode_str(text).decode_utf8_lossy())
}

/// A role. Its policies are kept only where one of them names something of the estate, or a network: an account has many roles.
fn resource(
    role: &RoleDetail,
    managed: &BTreeMap<&str, Value>,
    names: &BTreeSet<String>,
) -> Resource {
    let inline = |policy: &PolicyDetail| {
        let name = policy.policy_name()?.to_owned();
        Some((name, document(policy.policy_document()?)))
    };
    let mut policies: Map<String, Value> =
        role.role_policy_list().iter().filter_map(inline).collect();
    let mut others = BTreeSet::new();
    for attached in role.attached_managed_policies() {
        let arn = attached.policy_arn().unwrap_or_default();
        match managed.get(arn) {
            Some(document) => drop(policies.insert(arn.to_owned(), document.clone())),
            None => drop(others.insert(arn)),
        }
    }
    let policies = Value::Object(policies);
    let text = policies.to_string();
    let mentioned = mentions(&text, names);
    let kept = (mentioned.is_array() || text.contains("vpc-")).then_some(policies);
    let profiles = role.instance_profile_list().iter();
    let profiles = profiles.map(|profile| profile.instance_profile_name());
    let tags = role.tags().iter();
    let tags = tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
    Resource::new(Kind::IamRole, role.role_name().unwrap_or_default())
        .named(role.role_name())
        .arn(role.arn())
        .tagged(tags)
        .with("instance-profiles", sorted(profiles))
        .with("mentions", mentioned)
        .with("policies", kept)
        .with("policies-of-aws", sorted(others))
}
