//! One small answer a call, so that a scan goes everywhere it can.

use super::fake::Answer;
use crate::readiness::QUOTAS;

const TAG: &str = "<item><key>dr:component</key><value>network</value></item>";

/// What is answered when all is well.
pub(super) fn usual(call: &str) -> Answer {
    let text = match call.split_once(':') {
        Some(("ec2", call)) => ec2(call),
        Some(("eks" | "kms" | "secretsmanager" | "ssm" | "acm" | "servicequotas", _)) => json(call),
        Some(("s3", call)) => s3(call),
        Some(("route53", call)) => route53(call),
        _ => query(call),
    };
    Answer::Body(200, text)
}

fn ec2(call: &str) -> String {
    let body = match call {
        "DescribeAvailabilityZones" => "<availabilityZoneInfo><item><zoneName>us-east-2a</zoneName><zoneId>use2-az1</zoneId></item></availabilityZoneInfo>".to_owned(),
        "DescribeVpcs" => format!("<vpcSet><item><vpcId>vpc-1</vpcId><ownerId>123456789012</ownerId><cidrBlock>10.0.0.0/16</cidrBlock><tagSet>{TAG}</tagSet></item></vpcSet>"),
        "DescribeSubnets" => "<subnetSet><item><subnetId>subnet-1</subnetId></item></subnetSet>".to_owned(),
        "DescribeRouteTables" => "<routeTableSet><item><routeTableId>rtb-1</routeTableId></item></routeTableSet>".to_owned(),
        "DescribeInternetGateways" => "<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId></item></internetGatewaySet>".to_owned(),
        "DescribeNatGateways" => "<natGatewaySet><item><natGatewayId>nat-1</natGatewayId></item></natGatewaySet>".to_owned(),
        "DescribeNetworkAcls" => "<networkAclSet><item><networkAclId>acl-1</networkAclId></item></networkAclSet>".to_owned(),
        "DescribeSecurityGroups" => "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>app</groupName><ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissions></item></securityGroupInfo>".to_owned(),
        "DescribeAddresses" => "<addressesSet><item><allocationId>eipalloc-1</allocationId></item></addressesSet>".to_owned(),
        "DescribeInstances" => "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceType>t3.micro</instanceType></item></instancesSet></item></reservationSet>".to_owned(),
        "DescribeImages" => "<imagesSet><item><imageId>ami-1</imageId></item></imagesSet>".to_owned(),
        "DescribeLaunchTemplates" => "<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId></item></launchTemplates>".to_owned(),
        "DescribeLaunchTemplateVersions" => "<launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId><versionNumber>3</versionNumber><launchTemplateData><instanceType>t3.micro</instanceType><userData>aHVudGVyMg==</userData></launchTemplateData></item></launchTemplateVersionSet>".to_owned(),
        "DescribeKeyPairs" => "<keySet><item><keyPairId>key-1</keyPairId></item></keySet>".to_owned(),
        "DescribeInstanceTypeOfferings" => "<instanceTypeOfferingSet><item><instanceType>t3.micro</instanceType><location>use2-az1</location></item></instanceTypeOfferingSet>".to_owned(),
        other => panic!("no answer to ec2:{other}"),
    };
    format!("<{call}Response>{body}</{call}Response>")
}

/// STS, Elastic Load Balancing, Auto Scaling, IAM and RDS.
fn query(call: &str) -> String {
    let call = call.split_once(':').map_or(call, |(_, call)| call);
    let body = match call {
        "GetCallerIdentity" => "<Account>123456789012</Account>",
        "DescribeLoadBalancers" => {
            "<LoadBalancers><member><LoadBalancerArn>arn:lb</LoadBalancerArn></member></LoadBalancers>"
        }
        "DescribeListeners" => {
            "<Listeners><member><ListenerArn>arn:listener</ListenerArn><LoadBalancerArn>arn:lb</LoadBalancerArn><Protocol>HTTPS</Protocol></member></Listeners>"
        }
        "DescribeRules" => {
            "<Rules><member><Priority>20</Priority><IsDefault>false</IsDefault><Conditions><member><Field>path-pattern</Field><Values><member>/admin/*</member></Values><PathPatternConfig><Values><member>/admin/*</member></Values></PathPatternConfig></member></Conditions><Actions><member><Type>forward</Type><TargetGroupArn>arn:tg</TargetGroupArn></member></Actions></member><member><Priority>default</Priority><IsDefault>true</IsDefault></member></Rules>"
        }
        "DescribeTargetGroups" => {
            "<TargetGroups><member><TargetGroupArn>arn:tg</TargetGroupArn></member></TargetGroups>"
        }
        "DescribeTargetHealth" => {
            "<TargetHealthDescriptions><member><Target><Id>i-1</Id></Target><TargetHealth><State>healthy</State></TargetHealth></member></TargetHealthDescriptions>"
        }
        "DescribeTags" => {
            "<TagDescriptions><member><ResourceArn>arn:tg</ResourceArn><Tags><member><Key>dr:component</Key><Value>balancer</Value></member></Tags></member><member><ResourceArn>arn:lb</ResourceArn><Tags><member><Key>dr:component</Key><Value>balancer</Value></member></Tags></member></TagDescriptions>"
        }
        "DescribeAutoScalingGroups" => {
            "<AutoScalingGroups><member><AutoScalingGroupName>app</AutoScalingGroupName></member></AutoScalingGroups>"
        }
        "DescribeDBInstances" => {
            "<DBInstances><DBInstance><DBInstanceIdentifier>db</DBInstanceIdentifier><Engine>postgres</Engine><EngineVersion>16.3</EngineVersion><DBInstanceClass>db.t3.small</DBInstanceClass></DBInstance></DBInstances>"
        }
        "DescribeDBSnapshots" => {
            "<DBSnapshots><DBSnapshot><DBSnapshotIdentifier>snap</DBSnapshotIdentifier></DBSnapshot></DBSnapshots>"
        }
        "DescribeDBSubnetGroups" => {
            "<DBSubnetGroups><DBSubnetGroup><DBSubnetGroupName>app</DBSubnetGroupName><DBSubnetGroupArn>arn:sg</DBSubnetGroupArn></DBSubnetGroup></DBSubnetGroups>"
        }
        "DescribeDBParameterGroups" => {
            "<DBParameterGroups><DBParameterGroup><DBParameterGroupName>app</DBParameterGroupName><DBParameterGroupArn>arn:pg</DBParameterGroupArn></DBParameterGroup></DBParameterGroups>"
        }
        "DescribeDBParameters" => {
            "<Parameters><Parameter><ParameterName>work_mem</ParameterName><ParameterValue>64</ParameterValue></Parameter></Parameters>"
        }
        "DescribeOptionGroups" => {
            "<OptionGroupsList><OptionGroup><OptionGroupName>app</OptionGroupName><OptionGroupArn>arn:og</OptionGroupArn></OptionGroup></OptionGroupsList>"
        }
        "ListTagsForResource" => {
            "<TagList><Tag><Key>dr:component</Key><Value>database</Value></Tag></TagList>"
        }
        "DescribeOrderableDBInstanceOptions" => {
            "<OrderableDBInstanceOptions><OrderableDBInstanceOption><Engine>postgres</Engine><MultiAZCapable>true</MultiAZCapable></OrderableDBInstanceOption></OrderableDBInstanceOptions>"
        }
        "GetAccountAuthorizationDetails" => {
            "<IsTruncated>false</IsTruncated><RoleDetailList><member><RoleName>app</RoleName><Arn>arn:aws:iam::1:role/app</Arn><Path>/</Path></member></RoleDetailList>"
        }
        other => panic!("no answer to {other}"),
    };
    format!("<{call}Response><{call}Result>{body}</{call}Result></{call}Response>")
}

fn json(call: &str) -> String {
    match call {
        "eks:ListClusters" => r#"{"clusters":["main"]}"#,
        "eks:DescribeCluster" => r#"{"cluster":{"name":"main"}}"#,
        "eks:ListNodegroups" => r#"{"nodegroups":["nodes"]}"#,
        "eks:DescribeNodegroup" => {
            r#"{"nodegroup":{"clusterName":"main","nodegroupName":"nodes","instanceTypes":["t3.medium"]}}"#
        }
        "kms:ListAliases" => r#"{"Aliases":[{"AliasName":"alias/app","TargetKeyId":"k-1"},{"AliasName":"alias/aws/rds","TargetKeyId":"k-2"}]}"#,
        "kms:ListKeys" => r#"{"Keys":[{"KeyId":"k-1"},{"KeyId":"k-2"}]}"#,
        "kms:DescribeKey" => {
            r#"{"KeyMetadata":{"KeyId":"k-1","Origin":"AWS_KMS","KeyManager":"CUSTOMER","KeyState":"Enabled"}}"#
        }
        "kms:ListResourceTags" => r#"{"Tags":[{"TagKey":"dr:component","TagValue":"database"}]}"#,
        "kms:GetKeyPolicy" => r#"{"PolicyName":"default","Policy":"{\"Statement\":[]}"}"#,
        "kms:GetKeyRotationStatus" => r#"{"KeyRotationEnabled":true}"#,
        "secretsmanager:ListSecrets" => {
            r#"{"SecretList":[{"ARN":"arn:secret","Name":"login","PrimaryRegion":"us-east-2"}]}"#
        }
        "secretsmanager:DescribeSecret" => {
            r#"{"ARN":"arn:secret","ReplicationStatus":[{"Region":"us-west-1","Status":"InSync"}]}"#
        }
        "ssm:DescribeParameters" => {
            r#"{"Parameters":[{"Name":"/plain","Type":"String"},{"Name":"/secret","Type":"SecureString"}]}"#
        }
        "ssm:GetParameters" => r#"{"Parameters":[{"Name":"/plain","Value":"hunter2"}]}"#,
        "acm:ListCertificates" => {
            r#"{"CertificateSummaryList":[{"CertificateArn":"arn:cert","DomainName":"app.example.com"}]}"#
        }
        "acm:ListTagsForCertificate" => r#"{"Tags":[]}"#,
        "servicequotas:ListServiceQuotas" => return quotas(),
        "servicequotas:GetAWSDefaultServiceQuota" => r#"{"Quota":{"Value":5.0}}"#,
        other => panic!("no answer to {other}"),
    }
    .to_owned()
}

/// Of internet gateways only the default is available.
fn quotas() -> String {
    let codes = QUOTAS.iter().map(|quota| quota.service_and_code().1);
    let applied = codes.filter(|code| *code != "L-A4707A72");
    let told = applied.map(|code| serde_json::json!({"QuotaCode": code, "Value": 7.0}));
    serde_json::json!({"Quotas": told.collect::<Vec<_>>()}).to_string()
}

fn s3(call: &str) -> String {
    match call {
        "GetBucketVersioning" => "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        "GetBucketEncryption" => "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        "GetBucketReplication" => "<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status><Destination><Bucket>arn:b</Bucket></Destination></Rule></ReplicationConfiguration>",
        "GetBucketPolicy" => r#"{"Version":"2012-10-17","Statement":[]}"#,
        "GetPublicAccessBlock" => "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
        "GetBucketTagging" => "<Tagging><TagSet><Tag><Key>dr:component</Key><Value>state</Value></Tag></TagSet></Tagging>",
        "GetObject" => r#"{"version":4,"serial":1,"lineage":"l","resources":[{"mode":"managed","type":"aws_vpc","name":"main","provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{"attributes":{"id":"vpc-1"}}]}]}"#,
        other => panic!("no answer to s3:{other}"),
    }
    .to_owned()
}

fn route53(call: &str) -> String {
    let body = match call {
        "ListHostedZones" => {
            "<HostedZones><HostedZone><Id>/hostedzone/Z1</Id><Name>storefront.example.</Name><CallerReference>c</CallerReference></HostedZone></HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems><Marker></Marker>"
        }
        "ListResourceRecordSets" => {
            "<ResourceRecordSets><ResourceRecordSet><Name>storefront.example.</Name><Type>SOA</Type></ResourceRecordSet><ResourceRecordSet><Name>app.storefront.example.</Name><Type>A</Type><SetIdentifier>ohio</SetIdentifier><Failover>PRIMARY</Failover></ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>"
        }
        "ListHealthChecks" => {
            "<HealthChecks><HealthCheck><Id>h-1</Id><CallerReference>c</CallerReference><HealthCheckConfig><Type>HTTPS</Type><Inverted>true</Inverted></HealthCheckConfig><HealthCheckVersion>1</HealthCheckVersion></HealthCheck></HealthChecks><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems><Marker></Marker>"
        }
        other => panic!("no answer to route53:{other}"),
    };
    format!("<{call}Response>{body}</{call}Response>")
}

/// A refusal with a code, in the form of the call's protocol.
pub(super) fn error(call: &str, status: u16, code: &str) -> Answer {
    let service = call.split_once(':').map_or(call, |(service, _)| service);
    let text = match service {
        "ec2" => format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
        ),
        "eks" | "kms" | "secretsmanager" | "ssm" | "acm" | "servicequotas" => {
            format!(r#"{{"__type":"{code}","message":"no"}}"#)
        }
        "s3" => format!("<Error><Code>{code}</Code><Message>no</Message></Error>"),
        _ => format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        ),
    };
    Answer::Body(status, text)
}
