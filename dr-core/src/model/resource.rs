//! What stands in a site's account, one value a thing, as `dr discover` reads it.
//!
//! Attributes are normalised where they are read: names in kebab-case, lists that have no order sorted, defaults that a
//! service spells in two ways spelt in one. A value that must stay secret is not kept; where only its change matters,
//! its SHA-256 is.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ComponentId;

/// The tag that says which component a thing belongs to.
pub const COMPONENT_TAG: &str = "dr:component";
/// The tag that names the estate, which the shipped modules set on everything that they make.
pub const ESTATE_TAG: &str = "dr:estate";
/// The tag by which a fenced database says since when it is.
pub const FENCED_TAG: &str = "dr:fenced";

macro_rules! kinds {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// What a resource is: its service and its kind there.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub enum ResourceKind {
            $(#[doc = $doc] $variant,)*
        }

        impl ResourceKind {
            /// Every kind, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name: `ec2/security-group`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    StsAccount "sts/account" "The account that the credentials belong to.",
    Ec2Zone "ec2/zone" "An availability zone that the account can use, by its id: letters differ between accounts.",
    Ec2Vpc "ec2/vpc" "A VPC.",
    Ec2Subnet "ec2/subnet" "A subnet.",
    Ec2RouteTable "ec2/route-table" "A route table with its routes.",
    Ec2InternetGateway "ec2/internet-gateway" "An internet gateway.",
    Ec2NatGateway "ec2/nat-gateway" "A NAT gateway.",
    Ec2NetworkAcl "ec2/network-acl" "A network ACL with its entries.",
    Ec2SecurityGroup "ec2/security-group" "A security group with its rules.",
    Ec2Instance "ec2/instance" "An instance.",
    Ec2Image "ec2/image" "An image of the account itself.",
    Ec2LaunchTemplate "ec2/launch-template" "A launch template with the data of the version that a group starts, else of its default one.",
    Ec2KeyPair "ec2/key-pair" "A key pair: its name and fingerprint.",
    Ec2Address "ec2/address" "An elastic address.",
    Ec2TypeOffering "ec2/instance-type-offering" "An instance type that either site uses, and the zones that offer it here.",
    ElbLoadBalancer "elb/load-balancer" "An application, network or gateway load balancer.",
    ElbTargetGroup "elb/target-group" "A target group with the health of its targets.",
    ElbListener "elb/listener" "A listener.",
    AutoscalingGroup "autoscaling/group" "An Auto Scaling group.",
    EksCluster "eks/cluster" "A Kubernetes cluster.",
    EksNodeGroup "eks/node-group" "A managed node group.",
    RdsInstance "rds/instance" "A database instance.",
    RdsParameterGroup "rds/parameter-group" "A DB parameter group with the parameters that people set.",
    RdsOptionGroup "rds/option-group" "A DB option group.",
    RdsSubnetGroup "rds/subnet-group" "A DB subnet group.",
    RdsSnapshot "rds/snapshot" "A snapshot.",
    RdsOrderable "rds/orderable-option" "An engine version on a class that either site uses, and what can be ordered of it here.",
    S3Bucket "s3/bucket" "A bucket of the estate.",
    IamRole "iam/role" "A role of the account; its policies only where they name something of the estate, or a network.",
    KmsKey "kms/key" "A key of the account; of those that AWS manages, only their names.",
    SecretsManagerSecret "secretsmanager/secret" "A secret: its name and replication, never its value.",
    SsmParameter "ssm/parameter" "A parameter: its name and version; of a plain one the hash of its value.",
    AcmCertificate "acm/certificate" "A certificate.",
    ServiceQuota "servicequotas/quota" "A quota that a failover can run into.",
    TerraformState "terraform/state" "The state of a stack.",
    TerraformResource "terraform/resource" "What a stack's state says that it manages, by its address.",
    Route53Zone "route53/zone" "A hosted zone.",
    Route53Record "route53/record" "A record of a zone of the estate.",
    Route53HealthCheck "route53/health-check" "A health check.",
}

impl ResourceKind {
    /// Whether it stands in no region: one list serves all of them.
    pub(super) fn is_global(self) -> bool {
        matches!(
            self,
            Self::Route53Zone | Self::Route53Record | Self::Route53HealthCheck
        )
    }

    /// Its service: `ec2`.
    pub fn service(self) -> &'static str {
        let name = self.name();
        name.split_once('/').map_or(name, |(service, _)| service)
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no kind of resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no kind of resource that this version knows")]
pub struct UnknownKind(pub String);

impl FromStr for ResourceKind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .find(|kind| kind.name() == name)
            .copied()
            .ok_or_else(|| UnknownKind(name.to_owned()))
    }
}

impl TryFrom<String> for ResourceKind {
    type Error = UnknownKind;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<ResourceKind> for String {
    fn from(kind: ResourceKind) -> Self {
        kind.name().to_owned()
    }
}

impl JsonSchema for ResourceKind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ResourceKind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name()).collect();
        json_schema!({
            "type": "string",
            "description": "What a resource is: its service and its kind there.",
            "enum": names
        })
    }
}

/// One thing that stands in a site's account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// Its id, unique among its kind in its region.
    pub id: String,
    /// What people call it: its name, or its tag `Name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its ARN, where the service tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The component that it belongs to, by its tag [`COMPONENT_TAG`] or by the estate's binding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentId>,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// What it is like. An attribute that is not set is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
}

/// The beginning of the aliases of keys that AWS manages (KMS developer guide, "alias-create").
pub const ALIAS_OF_AWS: &str = "alias/aws/";

/// The tag by which EKS marks the machines of a node group.
pub const NODE_GROUP_TAG: &str = "eks:nodegroup-name";
/// The tag by which an Auto Scaling group marks what it makes.
const SCALING_GROUP_TAG: &str = "aws:autoscaling:groupName";

impl Resource {
    /// A resource of which nothing more is known yet.
    pub fn new(kind: ResourceKind, id: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
            name: None,
            arn: None,
            component: None,
            tags: BTreeMap::new(),
            attributes: BTreeMap::new(),
        }
    }

    /// With its name, where it has one.
    #[must_use]
    pub fn named(mut self, name: Option<&str>) -> Self {
        self.name = name.map(str::to_owned).or(self.name);
        self
    }

    /// With its ARN, where it is known.
    #[must_use]
    pub fn arn(mut self, arn: Option<&str>) -> Self {
        self.arn = arn.map(str::to_owned);
        self
    }

    /// With its tags: they name its component, and itself where it has no name of its own.
    #[must_use]
    pub fn tagged(mut self, tags: impl IntoIterator<Item = (String, String)>) -> Self {
        self.tags = tags.into_iter().collect();
        self.component = self
            .tags
            .get(COMPONENT_TAG)
            .and_then(|component| component.parse().ok());
        if self.name.is_none() {
            self.name = self.tags.get("Name").cloned();
        }
        self
    }

    /// With an attribute. Nothing, an empty text and an empty list are the same as no attribute: services spell it in
    /// all three ways.
    #[must_use]
    pub fn with(mut self, attribute: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !empty {
            self.attributes.insert(attribute.to_owned(), value);
        }
        self
    }

    /// An attribute as text.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute)?.as_str()
    }

    /// The texts of an attribute that is a list of them.
    pub fn texts(&self, attribute: &str) -> Vec<&str> {
        let list = self.attributes.get(attribute).and_then(Value::as_array);
        let list = list.into_iter().flatten();
        list.filter_map(Value::as_str).collect()
    }

    /// Whether its id is that of a group that RDS makes by itself where the first database needs it, and that nobody can change
    /// or tag (RDS user guide, "`USER_WorkingWithParamGroups`").
    pub fn has_id_of_rds(&self) -> bool {
        self.id.starts_with("default.") || self.id.starts_with("default:")
    }

    /// The group that made it, by its name. A managed node is made by an Auto Scaling group that EKS made, and has the tags of both: it
    /// is the node group's (EKS user guide, "managed-node-groups").
    pub fn made_by(&self) -> Option<&str> {
        let tags = [NODE_GROUP_TAG, SCALING_GROUP_TAG];
        let mut named = tags.iter().filter_map(|tag| self.tags.get(*tag));
        named.next().map(String::as_str)
    }

    /// Whether it is a key that AWS manages: every region of an account has its own, nobody configures them, and nobody else may
    /// use their aliases (KMS developer guide, "aws-managed-key").
    pub fn is_key_of_aws(&self) -> bool {
        let of_aws = |alias: &&str| alias.starts_with(ALIAS_OF_AWS);
        self.kind == ResourceKind::KmsKey
            && (self.text("manager") == Some("AWS") || self.texts("aliases").iter().any(of_aws))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_name_and_belongs_to_a_service() {
        for kind in ResourceKind::ALL {
            assert_eq!(kind.name().parse(), Ok(*kind));
            assert!(kind.name().starts_with(&format!("{}/", kind.service())));
        }
        assert!("ec2/nonsense".parse::<ResourceKind>().is_err());
    }

    #[test]
    fn a_tag_names_the_component_and_what_has_no_name_of_its_own() {
        let tags = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            owned.collect()
        };
        let vpc = Resource::new(ResourceKind::Ec2Vpc, "vpc-1")
            .tagged(tags(&[("Name", "main"), (COMPONENT_TAG, "network")]));
        assert_eq!(vpc.name.as_deref(), Some("main"));
        assert_eq!(vpc.component, "network".parse().ok());
        let wrong = Resource::new(ResourceKind::Ec2Vpc, "vpc-2")
            .tagged(tags(&[(COMPONENT_TAG, "Not A Name")]));
        assert_eq!(wrong.component, None);
    }

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for number in [
            "1.73e25",
            "0.1",
            "-2.2250738585072014e-308",
            "9007199254740993.0",
        ] {
            let read: Value = serde_json::from_str(number).expect("a number");
            let written = serde_json::to_string(&read).expect("JSON");
            let again: Value = serde_json::from_str(&written).expect("JSON");
            assert_eq!(read, again, "{number}");
        }
    }

    #[test]
    fn nothing_is_written_in_one_way_only() {
        let bare = Resource::new(ResourceKind::Ec2Vpc, "vpc-1");
        let empty = bare
            .clone()
            .with("a", None::<String>)
            .with("b", "")
            .with("c", Vec::<String>::new());
        assert_eq!(empty, bare);
        assert_ne!(bare.clone().with("d", false), bare);
    }
}
