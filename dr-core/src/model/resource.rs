//! What stands in a site's account, one value a thing, as `dr discover` reads it.
//!
//! Attributes are normalised where they are read: names in kebab-case, lists that have no order sorted, defaults that a
//! service spells in two ways spelt in one. A value that must stay secret is not kept; where only its change matters,
//! its SHA-256 is.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ComponentId, EstateName, Region, SiteId};

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
    fn is_global(self) -> bool {
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

/// Why something could not be read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GapClass {
    /// The credentials do not allow the call, or are not accepted.
    Denied,
    /// The service refused for too many calls, again and again.
    Throttled,
    /// Nobody answered.
    Unreachable,
    /// Something answered that is not the service: a proxy's page, say.
    NotAnAnswer,
    /// It was not asked, because nothing else of the service or the region answered.
    Skipped,
    /// The service answered with an error, or with something that makes no sense.
    Failed,
    /// It was kept by a program that did not ask for it yet.
    Older,
}

impl fmt::Display for GapClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::NotAnAnswer => "not an answer",
            Self::Skipped => "not asked",
            Self::Failed => "failed",
            Self::Older => "older",
        })
    }
}

/// What could not be read of a kind, and why. Nothing is said about what a gap covers: neither that it is there nor that
/// it is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ScanGap {
    /// What was to be read.
    pub kind: ResourceKind,
    /// The one resource that lacks something; `None`: resources may be missing altogether.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The attributes that are missing because of it. Empty: resources themselves are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// What came of the call.
    pub class: GapClass,
    /// The call, by its action in access policies: `ec2:DescribeInstances`.
    pub action: String,
    /// Why, in one sentence.
    pub reason: String,
    /// How many resources had been read when the call failed: they are kept, the rest of the pages is missing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kept: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl ScanGap {
    /// What to do about it.
    pub fn fix(&self) -> String {
        match self.class {
            GapClass::Denied => format!("allow {} to the role that dr uses there", self.action),
            GapClass::Throttled => {
                "something else uses up the account's calls: run dr discover again later".to_owned()
            }
            GapClass::Unreachable | GapClass::Skipped => {
                "check the way to the region and the health of the service, then run dr discover again"
                    .to_owned()
            }
            GapClass::NotAnAnswer => {
                "look at the endpoint and the proxies on the way: AWS did not write this answer"
                    .to_owned()
            }
            GapClass::Failed => "run dr discover again; look the error up if it stays".to_owned(),
            GapClass::Older => "run dr discover again".to_owned(),
        }
    }
}

/// What was read of one site, or of the global services through one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SiteScan {
    /// The site.
    pub site: SiteId,
    /// Its region.
    pub region: Region,
    /// When reading ended. Reality may differ since.
    pub at: Timestamp,
    /// What was read, sorted by kind and id.
    pub resources: Vec<Resource>,
    /// What could not be read, sorted by kind.
    pub gaps: Vec<ScanGap>,
    /// How many calls were sent.
    pub calls: u64,
    /// How many of them were refused because there were too many.
    pub throttled: u64,
}

impl SiteScan {
    /// The resources of a kind.
    pub fn of_kind(&self, kind: ResourceKind) -> impl Iterator<Item = &Resource> {
        self.resources
            .iter()
            .filter(move |resource| resource.kind == kind)
    }

    /// The gaps of a kind.
    pub fn gaps_of(&self, kind: ResourceKind) -> impl Iterator<Item = &ScanGap> {
        self.gaps.iter().filter(move |gap| gap.kind == kind)
    }

    /// Whether everything of a kind was read: only then does an absent resource mean that there is none.
    pub fn is_complete(&self, kind: ResourceKind) -> bool {
        self.gaps_of(kind).next().is_none()
    }
}

/// What was read of the estate's accounts: one column a site, and the global services once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EstateScan {
    /// The version of this form: [`EstateScan::FORMAT`].
    pub format: u32,
    /// The estate.
    pub estate: EstateName,
    /// One scan a site that was asked for.
    pub sites: BTreeMap<SiteId, SiteScan>,
    /// The global services: names, records and health checks; through the site that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<SiteScan>,
    /// The names of the kinds that are read by the program that wrote it: of another kind it says nothing. Empty where it was written
    /// by one that did not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
}

impl EstateScan {
    /// The version of the form that this program writes. It grows when a reader of the old form would misread the new one.
    pub const FORMAT: u32 = 1;

    /// The kinds that this program reads.
    pub fn kinds_read() -> Vec<String> {
        let kinds = ResourceKind::ALL.iter();
        kinds.map(|kind| kind.name().to_owned()).collect()
    }

    /// What was kept, with a gap for each kind that nobody asked for then: that nothing of it stands there does not mean that there
    /// was none. Of a scan that does not tell what was asked for these are the kinds of which it holds nothing.
    #[must_use]
    pub fn as_kept(mut self) -> Self {
        let holds = |kind: ResourceKind| {
            let mut parts = self.parts();
            parts.any(|part| part.of_kind(kind).next().is_some() || !part.is_complete(kind))
        };
        let is_known = |kind: &ResourceKind| match self.kinds.is_empty() {
            true => holds(*kind),
            false => self.kinds.iter().any(|name| name == kind.name()),
        };
        let kinds = ResourceKind::ALL.iter().copied();
        let unasked: Vec<ResourceKind> = kinds.filter(|kind| !is_known(kind)).collect();
        for kind in unasked {
            let parts = self.sites.values_mut().filter(|_| !kind.is_global());
            let global = self.global.iter_mut().filter(|_| kind.is_global());
            for part in parts.chain(global) {
                part.gaps.push(ScanGap {
                    kind,
                    about: None,
                    attributes: Vec::new(),
                    class: GapClass::Older,
                    action: String::new(),
                    reason: "this scan was kept by a dr that did not ask for it, or does not say that it did".to_owned(),
                    kept: 0,
                });
                part.gaps.sort();
            }
        }
        self
    }

    /// Every part, the sites first.
    pub fn parts(&self) -> impl Iterator<Item = &SiteScan> {
        self.sites.values().chain(&self.global)
    }

    /// Whether everything that was asked for was read.
    pub fn is_complete(&self) -> bool {
        self.parts().all(|part| part.gaps.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_nobody_asked_for_a_kept_scan_says_nothing() {
        let part = |resources| SiteScan {
            site: "ohio".parse().expect("a name"),
            region: "us-east-2".parse().expect("a region"),
            at: Timestamp::UNIX_EPOCH,
            resources,
            gaps: Vec::new(),
            calls: 0,
            throttled: 0,
        };
        let ohio = part(vec![Resource::new(ResourceKind::Ec2Vpc, "vpc-1")]);
        let scan = EstateScan {
            format: EstateScan::FORMAT,
            kinds: EstateScan::kinds_read(),
            estate: "shop".parse().expect("a name"),
            sites: BTreeMap::from([(ohio.site.clone(), ohio)]),
            global: Some(part(Vec::new())),
        };
        assert_eq!(scan.clone().as_kept(), scan);
        let asked = |kinds: &[&str]| {
            let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
            let kept = EstateScan {
                kinds,
                ..scan.clone()
            }
            .as_kept();
            let complete = |part: &SiteScan, kind| part.is_complete(kind);
            let ohio = kept.sites.values().next().expect("a site");
            let global = kept.global.as_ref().expect("the global services");
            [
                complete(ohio, ResourceKind::Ec2Vpc),
                complete(ohio, ResourceKind::EksCluster),
                complete(global, ResourceKind::EksCluster),
                complete(global, ResourceKind::Route53Record),
            ]
        };
        assert_eq!(
            asked(&["ec2/vpc", "eks/cluster"]),
            [true, true, true, false]
        );
        assert_eq!(
            asked(&["ec2/vpc", "route53/record"]),
            [true, false, true, true]
        );
        // One that does not tell what was asked for.
        assert_eq!(asked(&[]), [true, false, true, false]);
    }

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
