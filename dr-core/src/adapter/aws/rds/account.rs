//! For tests: an account in which one database stands, as far as a fence and a promotion ask of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use jiff::Timestamp;

use super::RdsDatabase;
use crate::adapter::Here;
use crate::adapter::aws::AwsSite;
use crate::adapter::aws::memory::{Answer, Memory};
use crate::config::{self, builtin};
use crate::model::{Duration, RdsBinding};
use crate::port::{Clock, LeaseDeadline, Permit};

/// What stands in the account, and what it does not answer.
#[derive(Debug, Default)]
pub(super) struct World {
    /// The status word of the instance.
    pub(super) status: String,
    /// Whether it is a replica.
    pub(super) replica: bool,
    pub(super) groups: BTreeSet<String>,
    pub(super) tags: BTreeMap<String, String>,
    /// Tags of the database [`NEIGHBOUR`].
    pub(super) beside: BTreeMap<String, String>,
    pub(super) protected: bool,
    pub(super) multi_az: bool,
    pub(super) retention: u32,
    /// Deny rules of the network ACL: number and addresses.
    pub(super) denied: BTreeMap<u32, String>,
    /// Numbers of the network ACL that somebody else takes just before they are asked for.
    pub(super) slower: BTreeSet<u32>,
    /// Its subnets.
    pub(super) behind: BTreeSet<String>,
    /// Ingress rules of the quarantine group.
    pub(super) doors: usize,
    /// Parameters of Systems Manager.
    pub(super) parameters: BTreeMap<String, String>,
    /// Versions of the secret `app/database`, the current one last: id and text.
    pub(super) secret: Vec<(String, String)>,
    /// Where `db.internal` leads, and for how many seconds resolvers keep it.
    pub(super) record: Option<(String, u32)>,
    /// Calls that are refused, with which code, how often.
    pub(super) refused: BTreeMap<String, (u16, &'static str, usize)>,
    /// Whether there is no room for a standby in another zone.
    pub(super) is_full: bool,
    /// After how many more changes the instance is busy.
    pub(super) busy_after: Option<u32>,
    /// Services of which no call is answered.
    pub(super) silent: BTreeSet<&'static str>,
    /// Every call that was answered.
    pub(super) calls: Vec<String>,
}

impl World {
    fn fault(&mut self, service: &str, action: &str) -> Option<Answer> {
        if self.silent.contains(service) {
            return Some(error(503, "ServiceUnavailable"));
        }
        let (status, code, times) = self.refused.get_mut(action)?;
        let told = error(*status, code);
        *times = times.checked_sub(1)?;
        Some(told)
    }

    fn answer(&mut self, action: &str, asked: &Asked) -> Answer {
        let body = match action {
            "DescribeDBInstances" => self.instance(asked),
            "ModifyDBInstance" => {
                if self.is_full && asked.get("MultiAZ").as_deref() == Some("true") {
                    return error(400, "InsufficientDBInstanceCapacity");
                }
                if self.busy_after == Some(0) {
                    return error(400, "InvalidDBInstanceState");
                }
                self.busy_after = self.busy_after.map(|more| more - 1);
                self.modify(asked);
                String::new()
            }
            "PromoteReadReplica" => {
                self.replica = false;
                String::new()
            }
            "AddTagsToResource" => {
                for number in 1.. {
                    let of = |what: &str| asked.get(&format!("Tags.Tag.{number}.{what}"));
                    let Some(key) = of("Key") else { break };
                    self.tags.insert(key, of("Value").expect("a value"));
                }
                String::new()
            }
            "RemoveTagsFromResource" => {
                let gone = asked.all("TagKeys.member.");
                self.tags.retain(|key, _| !gone.contains(key));
                String::new()
            }
            "DescribeNetworkAcls" => self.acl(),
            "DescribeVpcs" => "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>".to_owned(),
            "DescribeSecurityGroups" => self.quarantine(),
            "CreateNetworkAclEntry" => {
                let number = asked.get("RuleNumber").and_then(|n| n.parse().ok());
                let number = number.expect("a number");
                if self.slower.remove(&number) || self.denied.contains_key(&number) {
                    self.denied.insert(number, "192.0.2.0/24".to_owned());
                    return error(400, "NetworkAclEntryAlreadyExists");
                }
                let cidr = asked.get("CidrBlock").expect("addresses");
                self.denied.insert(number, cidr);
                String::new()
            }
            "DeleteNetworkAclEntry" => {
                let number = asked.get("RuleNumber").and_then(|n| n.parse().ok());
                if self.denied.remove(&number.expect("a number")).is_none() {
                    return error(400, "InvalidNetworkAclEntry.NotFound");
                }
                String::new()
            }
            _ => return error(400, "InvalidAction"),
        };
        Answer::new(
            200,
            &format!(
                "<{action}Response><{action}Result>{body}</{action}Result>{body}</{action}Response>"
            ),
        )
    }

    fn modify(&mut self, asked: &Asked) {
        if let Some(group) = asked.get("VpcSecurityGroupIds.VpcSecurityGroupId.1") {
            self.groups = BTreeSet::from([group]);
        }
        if let Some(protected) = asked.get("DeletionProtection") {
            self.protected = protected == "true";
        }
        if let Some(multi_az) = asked.get("MultiAZ") {
            self.multi_az = multi_az == "true";
        }
        if let Some(days) = asked.get("BackupRetentionPeriod") {
            self.retention = days.parse().expect("days");
        }
    }

    fn instance(&self, asked: &Asked) -> String {
        let is_other = asked.get("DBInstanceIdentifier").as_deref() == Some(NEIGHBOUR);
        let tags = if is_other { &self.beside } else { &self.tags };
        let mut text = format!(
            "<DBInstances><DBInstance><DBInstanceIdentifier>storefront-database</DBInstanceIdentifier>\
             <DBInstanceArn>arn:aws:rds:us-west-1:1:db:storefront-database</DBInstanceArn>\
             <DBInstanceStatus>{}</DBInstanceStatus><MultiAZ>{}</MultiAZ>\
             <BackupRetentionPeriod>{}</BackupRetentionPeriod>\
             <DeletionProtection>{}</DeletionProtection>\
             <Endpoint><Address>{ADDRESS}</Address></Endpoint>\
             <DBSubnetGroup><Subnets><Subnet><SubnetIdentifier>subnet-a</SubnetIdentifier></Subnet></Subnets></DBSubnetGroup>",
            self.status, self.multi_az, self.retention, self.protected
        );
        if self.replica && !is_other {
            text += "<ReadReplicaSourceDBInstanceIdentifier>arn:aws:rds:us-east-2:1:db:storefront-database</ReadReplicaSourceDBInstanceIdentifier>";
        }
        text += "<VpcSecurityGroups>";
        for group in self.groups.iter().filter(|_| !is_other) {
            write!(text, "<VpcSecurityGroupMembership><VpcSecurityGroupId>{group}</VpcSecurityGroupId><Status>active</Status></VpcSecurityGroupMembership>").expect("a string takes it");
        }
        text += "</VpcSecurityGroups><TagList>";
        for (key, value) in tags {
            write!(text, "<Tag><Key>{key}</Key><Value>{value}</Value></Tag>")
                .expect("a string takes it");
        }
        text + "</TagList></DBInstance></DBInstances>"
    }

    fn acl(&self) -> String {
        let mut text = "<networkAclSet><item><networkAclId>acl-1</networkAclId><vpcId>vpc-1</vpcId>\
            <entrySet><item><ruleNumber>100</ruleNumber><protocol>-1</protocol><ruleAction>allow</ruleAction>\
            <egress>false</egress><cidrBlock>0.0.0.0/0</cidrBlock></item>"
            .to_owned();
        for (number, cidr) in &self.denied {
            write!(
                text,
                "<item><ruleNumber>{number}</ruleNumber><protocol>6</protocol><ruleAction>deny</ruleAction>\
                 <egress>false</egress><cidrBlock>{cidr}</cidrBlock>\
                 <portRange><from>5432</from><to>5432</to></portRange></item>"
            )
            .expect("a string takes it");
        }
        text += "</entrySet><associationSet>";
        for subnet in &self.behind {
            write!(
                text,
                "<item><networkAclId>acl-1</networkAclId><subnetId>{subnet}</subnetId></item>"
            )
            .expect("a string takes it");
        }
        text + "</associationSet></item></networkAclSet>"
    }

    fn quarantine(&self) -> String {
        let doors = "<item><ipProtocol>tcp</ipProtocol></item>".repeat(self.doors);
        format!(
            "<securityGroupInfo><item><groupId>{QUARANTINE}</groupId>\
             <ipPermissions>{doors}</ipPermissions></item></securityGroupInfo>"
        )
    }

    /// A call whose body is JSON: Systems Manager, Secrets Manager.
    fn answer_json(&mut self, action: &str, asked: &serde_json::Value) -> Answer {
        let name = asked["Name"].as_str().unwrap_or_default().to_owned();
        let text = |key: &str| asked[key].as_str().expect("a text").to_owned();
        let told = match action {
            "PutParameter" => {
                let value = asked["Value"].as_str().expect("a value").to_owned();
                self.parameters.insert(name, value);
                serde_json::json!({ "Version": 1 })
            }
            "GetParameter" => match self.parameters.get(&name) {
                Some(value) => serde_json::json!({ "Parameter": { "Value": value } }),
                None => return error_json("ParameterNotFound"),
            },
            "GetSecretValue" if asked["SecretId"] == "app/database" => match self.secret.last() {
                Some((id, text)) => serde_json::json!({ "VersionId": id, "SecretString": text }),
                None => return error_json("ResourceNotFoundException"),
            },
            "PutSecretValue" if asked["SecretId"] == "app/database" => {
                let (id, text) = (text("ClientRequestToken"), text("SecretString"));
                match self.secret.iter().find(|(known, _)| *known == id) {
                    Some((_, same)) if *same == text => {}
                    Some(_) => return error_json("ResourceExistsException"),
                    None => self.secret.push((id, text)),
                }
                serde_json::json!({})
            }
            _ => return error_json("InvalidAction"),
        };
        Answer::new(200, &told.to_string())
    }

    /// A call of Route 53.
    fn answer_route53(&mut self, action: &str, body: &str) -> Answer {
        let between = |from: &str, to: &str| {
            let rest = body.split_once(from).expect("it is there").1;
            rest.split_once(to).expect("it ends").0.to_owned()
        };
        if action == "ChangeResourceRecordSets" {
            assert!(body.contains("<Action>UPSERT</Action><ResourceRecordSet><Name>db.internal</Name><Type>CNAME</Type>"));
            let ttl = between("<TTL>", "</TTL>").parse().expect("seconds");
            self.record = Some((between("<Value>", "</Value>"), ttl));
            return Answer::new(
                200,
                "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>C1</Id><Status>PENDING</Status>\
                 <SubmittedAt>2026-11-21T05:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>",
            );
        }
        let set = self.record.as_ref().map_or_else(String::new, |(value, ttl)| {
            format!(
                "<ResourceRecordSet><Name>db.internal.</Name><Type>CNAME</Type><TTL>{ttl}</TTL>\
                 <ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"
            )
        });
        // The list goes on with whatever comes after.
        let next =
            "<ResourceRecordSet><Name>web.internal.</Name><Type>CNAME</Type></ResourceRecordSet>";
        let text = format!(
            "<ListResourceRecordSetsResponse><ResourceRecordSets>{set}{next}</ResourceRecordSets>\
             <IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>"
        );
        Answer::new(200, &text)
    }
}

fn error(status: u16, code: &str) -> Answer {
    let text = format!(
        "<ErrorResponse><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors>\
         <Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    );
    Answer::new(status, &text)
}

fn error_json(code: &str) -> Answer {
    Answer::new(
        400,
        &format!("{{\"__type\":\"{code}\",\"Message\":\"no\"}}"),
    )
}

/// The keys and values of a form.
struct Asked(BTreeMap<String, String>);

impl Asked {
    fn read(body: &str) -> Self {
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(k, v)| (decoded(k), decoded(v))).collect())
    }

    fn get(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    /// The values of the keys that begin so.
    fn all(&self, keys: &str) -> BTreeSet<String> {
        let found = self.0.iter().filter(|(key, _)| key.starts_with(keys));
        found.map(|(_, value)| value.clone()).collect()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next()), digit(rest.next()));
        let value = high.zip(low).map(|(high, low)| high * 16 + low);
        bytes.push(u8::try_from(value.expect("two digits")).expect("a byte"));
    }
    String::from_utf8(bytes).expect("text")
}

/// Time passes only by sleeping, at once.
pub(super) struct Instants(Mutex<Timestamp>);

impl Clock for Instants {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no test panics with it")
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + 'static>> {
        let mut now = self.0.lock().expect("no test panics with it");
        *now = duration.after(*now);
        Box::pin(std::future::ready(()))
    }
}

pub(super) const ADDRESS: &str = "storefront-database.abc.us-west-1.rds.amazonaws.com";
pub(super) const QUARANTINE: &str = "sg-quarantine";
/// Another database, behind the same network ACL.
pub(super) const NEIGHBOUR: &str = "orders-database";

/// The account.
#[derive(Clone)]
pub(super) struct Account(Arc<Mutex<World>>);

impl Account {
    /// A primary that takes writes, behind an open network ACL.
    pub(super) fn new() -> Self {
        let world = World {
            status: "available".to_owned(),
            groups: BTreeSet::from(["sg-app".to_owned()]),
            behind: BTreeSet::from(["subnet-a".to_owned()]),
            ..World::default()
        };
        Self(Arc::new(Mutex::new(world)))
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no test panics with it")
    }

    fn say(&self, request: &HttpRequest) -> Answer {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let host = request.uri().split('/').nth(2).unwrap_or_default();
        let service = host.split('.').next().unwrap_or_default();
        let target = request.headers().get("x-amz-target");
        let asked = Asked::read(&body);
        let action = match target {
            Some(target) => target.rsplit('.').next().unwrap_or_default().to_owned(),
            None if service == "route53" && request.method() == "POST" => {
                "ChangeResourceRecordSets".to_owned()
            }
            None if service == "route53" => "ListResourceRecordSets".to_owned(),
            None => asked.get("Action").unwrap_or_default(),
        };
        let mut world = self.world();
        if let Some(fault) = world.fault(service, &action) {
            return fault;
        }
        world.calls.push(action.clone());
        if service == "route53" {
            assert!(request.uri().contains("/hostedzone/Z1/rrset"));
            world.answer_route53(&action, &body)
        } else if target.is_some() {
            let asked = serde_json::from_str(&body).expect("JSON");
            world.answer_json(&action, &asked)
        } else {
            world.answer(&action, &asked)
        }
    }

    /// The database of the standby site, with what `bind` changes of its binding.
    pub(super) fn database(&self, bind: impl FnOnce(&mut RdsBinding)) -> RdsDatabase {
        let estate = config::load_estate(builtin::storefront_estate()).expect("it is right");
        let clock = Arc::new(Instants(Mutex::new(Timestamp::UNIX_EPOCH)));
        let account = self.clone();
        let network = Memory::new(move |request| account.say(request));
        let id = "database".parse().expect("a name");
        let here = Here {
            estate: estate.name.clone(),
            component: estate.component(&id).expect("it has one").clone(),
            site: estate.sites[1].clone(),
            peer: estate.sites[0].clone(),
            clock: clock.clone(),
        };
        let aws = AwsSite::over(&estate.sites[1], network.config(), clock);
        let mut binding = RdsBinding {
            instance: "storefront-database".to_owned(),
            port: 5432,
            subnet_group: "data".to_owned(),
            parameter_group: "pg".to_owned(),
            kms_key: None,
            security_group: "sg-app".to_owned(),
            quarantine_group: QUARANTINE.to_owned(),
            network_acl: "acl-1".to_owned(),
            endpoint_parameter: None,
            endpoint_secret: None,
            endpoint_key: None,
            endpoint_zone: None,
            endpoint_record: None,
            login: None,
            certificates: None,
        };
        bind(&mut binding);
        RdsDatabase::new(here, aws, binding, None, None)
    }

    /// The same, with [`NEIGHBOUR`] behind its network ACL.
    pub(super) fn shared_database(&self) -> RdsDatabase {
        let database = self.database(|_| {});
        let neighbour = RdsBinding {
            instance: NEIGHBOUR.to_owned(),
            ..database.binding.clone()
        };
        database.beside([neighbour])
    }
}

/// A permit that lasts.
pub(super) fn permit() -> Permit {
    Permit {
        run: "r-20261121-050000-failover".parse().expect("a run"),
        step: "promote-database".parse().expect("a step"),
        epoch: crate::model::Epoch::default(),
        token: "r-20261121-050000-failover/promote-database".to_owned(),
        deadline: LeaseDeadline::new(Timestamp::MAX),
    }
}
