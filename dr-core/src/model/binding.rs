//! Which real thing stands at a place of the grid: ids, names and addresses, as `dr estate from-terraform` writes them.
//!
//! The simulator needs none of this. A binding never holds a secret, only where one is kept.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ComponentId, Duration, Technology};

/// How a site's provider is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Access {
    /// The profile of the AWS configuration files; the standard credential chain when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The role that is assumed with those credentials, by its ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assume_role: Option<String>,
    /// The address that replaces every service endpoint of the site: a laboratory, a private endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The bucket in this site's region that keeps journals, lock, plans and inventories of runs that move to this site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Whether rehearsals may touch the real site.
    #[serde(skip_serializing_if = "GameDays::are_refused")]
    pub game_day: GameDays,
}

/// Whether rehearsals may touch a real site. They may not unless its estate says so.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GameDays {
    /// They may not.
    #[default]
    Refused,
    /// They may.
    Allowed,
}

impl GameDays {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
    fn are_refused(&self) -> bool {
        *self == Self::Refused
    }
}

impl Access {
    /// Whether nothing is said: the standard chain, the public endpoints, no store.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The bindings of both sites, by component.
pub type Bindings = BTreeMap<super::SiteId, BTreeMap<ComponentId, Binding>>;

/// The real thing behind a component on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "technology", rename_all = "kebab-case")]
pub enum Binding {
    /// A Git server.
    Git(GitBinding),
    /// A Terraform stack.
    Terraform(TerraformBinding),
    /// A Terraform stack that a GitHub Actions workflow applies.
    GithubActions(GithubActionsBinding),
    /// A Terraform stack that a command applies.
    Command(CommandBinding),
    /// A VPC.
    Vpc(VpcBinding),
    /// An application load balancer.
    Alb(AlbBinding),
    /// An Auto Scaling group.
    Ec2Autoscaling(AutoscalingBinding),
    /// A node group of a cluster.
    Eks(EksBinding),
    /// An RDS instance.
    Rds(RdsBinding),
    /// A Prometheus server.
    Prometheus(PrometheusBinding),
    /// A Grafana server.
    Grafana(GrafanaBinding),
    /// A name in Route 53, as seen from one site.
    Route53(Route53Binding),
}

impl Binding {
    /// The technology that it binds.
    pub fn technology(&self) -> Technology {
        match self {
            Self::Git(_) => Technology::Git,
            Self::Terraform(_) => Technology::Terraform,
            Self::GithubActions(_) => Technology::GithubActions,
            Self::Command(_) => Technology::Command,
            Self::Vpc(_) => Technology::Vpc,
            Self::Alb(_) => Technology::Alb,
            Self::Ec2Autoscaling(_) => Technology::Ec2Autoscaling,
            Self::Eks(_) => Technology::Eks,
            Self::Rds(_) => Technology::Rds,
            Self::Prometheus(_) => Technology::Prometheus,
            Self::Grafana(_) => Technology::Grafana,
            Self::Route53(_) => Technology::Route53,
        }
    }

    /// The Terraform stack that it binds, whoever applies it.
    pub fn stack(&self) -> Option<&TerraformBinding> {
        match self {
            Self::Terraform(stack) => Some(stack),
            Self::GithubActions(binding) => Some(&binding.stack),
            Self::Command(binding) => Some(&binding.stack),
            _ => None,
        }
    }
}

/// A Git server on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GitBinding {
    /// The EC2 instance that it runs on, where it can be started and stopped: `i-0abc…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What `git ls-remote` is given.
    pub url: String,
    /// The branch whose commits count: `main`.
    pub branch: String,
}

/// A Terraform stack of one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TerraformBinding {
    /// The root module's directory; a relative one counts from the estate's directory.
    pub directory: String,
    /// The variable file that `dr` owns, in that directory: role and capacity. `dr.auto.tfvars.json`.
    pub roles: String,
    /// The bucket that holds the state.
    pub state_bucket: String,
    /// The state's key in it.
    pub state_key: String,
}

/// A Terraform stack of one site that a workflow of GitHub Actions applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GithubActionsBinding {
    /// The stack: `dr` plans it to see what would change, and never applies it.
    #[serde(flatten)]
    pub stack: TerraformBinding,
    /// The repository of the workflow: `owner/name`.
    pub repository: String,
    /// The workflow's file, as below `.github/workflows`: `provision.yml`.
    pub workflow: String,
    /// The branch or tag whose version of the workflow runs.
    pub branch: String,
    /// Where a token is kept that may write "Actions" of the repository.
    pub token: SecretRef,
    /// The address of the API, where it is not that of github.com: `https://github.example.com/api/v3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

/// A Terraform stack of one site that a command of the estate's own applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CommandBinding {
    /// The stack: `dr` plans it to see what would change, and never applies it.
    #[serde(flatten)]
    pub stack: TerraformBinding,
    /// The program and its arguments; no shell. An argument may hold one of [`CommandBinding::PLACEHOLDERS`].
    pub apply: Vec<String>,
    /// How long it may take; [`CommandBinding::TIMEOUT`] when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

impl CommandBinding {
    /// What is filled into an argument: the site, `primary` or `standby`, the name of the request (the same for every attempt
    /// of a step), and the path of a JSON file with the variables.
    pub const PLACEHOLDERS: [&str; 4] = ["{site}", "{role}", "{request}", "{variables}"];

    /// How long a command may take when nothing is said.
    pub const TIMEOUT: Duration = Duration::from_mins(30);
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct VpcBinding {
    /// `vpc-0abc…`.
    pub vpc: String,
}

/// An application load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AlbBinding {
    /// Its ARN.
    pub load_balancer: String,
    /// The ARN of the target group behind it.
    pub target_group: String,
}

/// An Auto Scaling group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AutoscalingBinding {
    /// Its name.
    pub group: String,
}

/// A managed node group of an EKS cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EksBinding {
    /// The cluster's name.
    pub cluster: String,
    /// The node group's name.
    pub node_group: String,
}

/// An RDS instance, with what a fence and a replica of it need. All of it is made beforehand, so that an emergency creates
/// as little as can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RdsBinding {
    /// The instance's identifier.
    pub instance: String,
    /// The port that clients use.
    pub port: u16,
    /// The DB subnet group.
    pub subnet_group: String,
    /// The DB parameter group.
    pub parameter_group: String,
    /// The KMS key of this region that encrypts a copy here: a replica across regions needs one of its own region (RDS
    /// user guide, "USER_ReadRepl.XRgn").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// The security group that lets the application in.
    pub security_group: String,
    /// The security group without a rule that replaces it in a fence.
    pub quarantine_group: String,
    /// The network ACL of the database's subnets, to which a fence adds a deny rule: security groups let tracked
    /// connections live on (EC2 user guide, "security-group-connection-tracking").
    pub network_acl: String,
    /// The parameter in which the application reads the database's address: [`RdsBinding::endpoint`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_parameter: Option<String>,
    /// The secret in which the application reads it, by name or ARN: a JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_secret: Option<String>,
    /// The field of that secret; [`RdsBinding::ENDPOINT_KEY`] when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_key: Option<String>,
    /// The id of the hosted zone of `endpoint_record`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_zone: Option<String>,
    /// The name that the application connects to: a CNAME record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint_record: Option<String>,
    /// Where a login for reading positions is kept: `{"username": …, "password": …}` or `user:password`. Without one the lag
    /// that CloudWatch measured is used, which is some minutes old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<SecretRef>,
    /// The file with the certificates of the authorities that signed the database's own, in PEM (RDS user guide,
    /// "UsingWithRDS.SSL"). The login is only used where this is given: no password leaves the machine in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<String>,
}

/// A Prometheus server on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PrometheusBinding {
    /// Its address: `http://prometheus.internal:9090`.
    pub url: String,
    /// The target file (`file_sd_configs`) that `dr` writes when it is repointed: a path on the machine that runs `dr`, of its
    /// own disk or of one that it shares with Prometheus. `dr` owns the whole file.
    pub targets_file: String,
    /// The targets to scrape while this site is watched: `host:port`.
    pub targets: Vec<String>,
    /// The alert that always fires, so that its silence tells that alerts reach nobody: `Watchdog`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_man: Option<String>,
}

/// A Grafana server on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GrafanaBinding {
    /// Its address.
    pub url: String,
    /// The uid of the data source that dashboards draw from.
    pub data_source: String,
    /// The address that the data source gets while this site is watched: the site's Prometheus.
    pub source_url: String,
    /// Where the service account's token is kept.
    pub token: SecretRef,
}

/// A failover record pair in Route 53.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Route53Binding {
    /// The hosted zone's id.
    pub zone: String,
    /// The set identifier of this site's record.
    pub set_identifier: String,
    /// The health check on this site's record, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<String>,
    /// The addresses or names that the record gives when it answers with this site.
    pub answers: Vec<String>,
    /// The bucket of the switch object; of the site whose region holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch_bucket: Option<String>,
    /// The switch object's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch_key: Option<String>,
    /// With record edits, the variable file of the stack that has the records: `dr` writes there which site's record is the
    /// primary one. A relative one counts from the estate's directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<String>,
    /// Name servers that are asked directly, `address:port`; empty: only computed from the records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name_servers: Vec<String>,
}

/// Where a secret is kept. The secret itself is read when it is needed, and stands in no file, journal or log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretRef {
    /// An environment variable of the `dr` process: `env:NAME`.
    Env(String),
    /// A file that only its owner may read: `file:/path`.
    File(String),
    /// A secret of AWS Secrets Manager in the site's region: `secretsmanager:NAME`.
    SecretsManager(String),
    /// A SecureString parameter of the site's region: `ssm:/NAME`.
    Ssm(String),
}

/// A reference to a secret that does not say where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` does not say where the secret is kept: env:NAME, file:PATH, secretsmanager:NAME or ssm:NAME"
)]
pub struct InvalidSecretRef(pub String);

impl FromStr for SecretRef {
    type Err = InvalidSecretRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || InvalidSecretRef(text.to_owned());
        let (scheme, name) = text.split_once(':').ok_or_else(refused)?;
        if name.is_empty() {
            return Err(refused());
        }
        let name = name.to_owned();
        match scheme {
            "env" => Ok(Self::Env(name)),
            "file" => Ok(Self::File(name)),
            "secretsmanager" => Ok(Self::SecretsManager(name)),
            "ssm" => Ok(Self::Ssm(name)),
            _ => Err(refused()),
        }
    }
}

impl TryFrom<String> for SecretRef {
    type Error = InvalidSecretRef;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SecretRef> for String {
    fn from(secret: SecretRef) -> Self {
        secret.to_string()
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(name) => write!(f, "file:{name}"),
            Self::SecretsManager(name) => write!(f, "secretsmanager:{name}"),
            Self::Ssm(name) => write!(f, "ssm:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_to_a_secret_is_read_back_as_it_was_written() {
        for text in [
            "env:TOKEN",
            "file:/etc/dr/token",
            "secretsmanager:a/b:c",
            "ssm:/a/b",
        ] {
            let secret: SecretRef = text.parse().unwrap();
            assert_eq!(secret.to_string(), text);
        }
    }

    #[test]
    fn a_secret_itself_is_no_reference() {
        for text in ["hunter2", "env:", "vault:x", ""] {
            assert!(text.parse::<SecretRef>().is_err(), "{text}");
        }
    }
}
