"""What a recovery between two regions needs and moto 5.2.1 lacks, each after the behaviour that AWS documents.

- A read replica of RDS is a replica until it is promoted: promotion clears its source and the source's list of replicas,
  a second promotion is refused (RDS API, PromoteReadReplica: InvalidDBInstanceState). A replica is refused of an instance
  without automated backups (RDS user guide, "USER_ReadRepl"), and for PostgreSQL in another region with a parameter group
  (RDS API, CreateDBInstanceReadReplica: only MySQL, Db2 and Oracle take one). A replica in another region has its own subnet group, key and
  resource id, and can be deleted.
- `StopDBInstance` is refused while the instance has a replica (RDS user guide, "USER_StopInstance", limitations).
- Every instance has a resource id of its own, which it keeps when it is renamed (RDS user guide, "USER_RenameInstance").
- The root of the answer of `GetBucketVersioning` is `VersioningConfiguration` (S3 API reference); clients that read by the
  model of the service take nothing else.
- `DescribeOptionGroups` without a name lists all groups; only a name that is not there is an error (RDS API reference).
- `DescribeDBSnapshots` and `DescribeParameters` give as many in a page as are asked for, 100 and 50 at most (RDS and SSM API references).
- A rule of a security group that names a group keeps its description (EC2 API, `UserIdGroupPair`).
- The Auto Scaling group that EKS makes for a node group (EKS user guide, "managed-node-groups") is there for whoever names it, with as many
  instances in service as the node group wants.
- Service Quotas tells the quotas that `dr` reads, one by one and as the list of their service, of the account and region that are asked, as an account in use has them.
"""

import copy
import json
import random
import string

from moto.autoscaling import models as autoscaling
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.eks.models import eks_backends
from moto.rds import models as rds
from moto.rds.exceptions import DBInstanceNotFoundError, OptionGroupNotFoundFaultError, RDSClientError
from moto.rds.responses import RDSResponse
from moto.s3.responses import S3Response
from moto.servicequotas import models as servicequotas
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.responses import ServiceQuotasResponse
from moto.ssm.responses import SimpleSystemManagerResponse

# Service, code: name, value. All are the documented defaults, except the vCPUs, which every account in use has raised from 5
# (the quota pages of the VPC, Elastic Load Balancing, RDS, EC2 Auto Scaling and EKS user guides).
QUOTAS = {
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 64.0),
    ("ec2", "L-DB2E81BA"): ("Running On-Demand G and VT instances", 0.0),
    ("ec2", "L-417A185B"): ("Running On-Demand P instances", 0.0),
    ("ec2", "L-7295265B"): ("Running On-Demand X instances", 0.0),
    ("ec2", "L-6E869C2A"): ("Running On-Demand DL instances", 0.0),
    ("ec2", "L-74FC7D96"): ("Running On-Demand F instances", 0.0),
    ("ec2", "L-1945791B"): ("Running On-Demand Inf instances", 0.0),
    ("ec2", "L-2C3B7624"): ("Running On-Demand Trn instances", 0.0),
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 5.0),
    ("vpc", "L-F678F1CE"): ("VPCs per Region", 5.0),
    ("vpc", "L-83CA0A9D"): ("IPv4 CIDR blocks per VPC", 5.0),
    ("vpc", "L-407747CB"): ("Subnets per VPC", 200.0),
    ("vpc", "L-589F43AA"): ("Route tables per VPC", 200.0),
    ("vpc", "L-B4A6D682"): ("Network ACLs per VPC", 200.0),
    ("vpc", "L-2AEEBF1A"): ("Rules per network ACL", 20.0),
    ("vpc", "L-E79EC296"): ("VPC security groups per Region", 2500.0),
    ("vpc", "L-2AFB9258"): ("Security groups per network interface", 5.0),
    ("vpc", "L-A4707A72"): ("Internet gateways per Region", 5.0),
    ("vpc", "L-FE5A380F"): ("NAT gateways per Availability Zone", 5.0),
    ("rds", "L-7B6409FD"): ("DB instances", 40.0),
    ("rds", "L-7ADDB58A"): ("Total storage for all DB instances", 100000.0),
    ("rds", "L-5BC124EF"): ("Read replicas per primary", 15.0),
    ("rds", "L-DE55804A"): ("Parameter groups", 50.0),
    ("rds", "L-9FA33840"): ("Option groups", 20.0),
    ("rds", "L-48C6BF61"): ("DB subnet groups", 50.0),
    ("elasticloadbalancing", "L-53DA6B97"): ("Application Load Balancers per Region", 50.0),
    ("elasticloadbalancing", "L-69A177A2"): ("Network Load Balancers per Region", 50.0),
    ("elasticloadbalancing", "L-B22855CB"): ("Target Groups per Region", 3000.0),
    ("elasticloadbalancing", "L-B6DF7632"): ("Listeners per Application Load Balancer", 50.0),
    ("elasticloadbalancing", "L-7E6692B2"): ("Targets per Application Load Balancer", 1000.0),
    ("elasticloadbalancing", "L-A0D0B863"): ("Targets per Target Group per Region", 1000.0),
    ("autoscaling", "L-CDE20ADC"): ("Auto Scaling groups per region", 500.0),
    ("eks", "L-1194D53C"): ("Clusters", 100.0),
    ("eks", "L-6D54EA21"): ("Managed node groups per cluster", 30.0),
    ("eks", "L-BD136A63"): ("Nodes per managed node group", 450.0),
}


def resource_id():
    letters = string.ascii_uppercase + string.digits
    return "db-" + "".join(random.choices(letters, k=26))


def refused(code, message):
    return RDSClientError(code, message)


def forget_replica(primary, replica):
    gone = (replica.db_instance_identifier, replica.db_instance_arn)
    primary.replicas = [name for name in primary.replicas if name not in gone]


def correct_instances():
    plain_init = rds.DBInstance.__init__

    def init(self, *args, **kwargs):
        plain_init(self, *args, **kwargs)
        self.dbi_resource_id = resource_id()

    rds.DBInstance.__init__ = init
    rds.DBInstance.remove_replica = forget_replica


def create_replica(self, kwargs):
    kwargs = dict(kwargs)
    name = kwargs["db_instance_identifier"]
    if name in self.databases:
        raise refused("DBInstanceAlreadyExists", "DB instance already exists")
    primary = self.find_db_from_id(kwargs["source_db_instance_identifier"])
    if not primary.backup_retention_period:
        raise refused(
            "InvalidDBInstanceState",
            "Automated backups are not enabled for this database instance.",
        )
    if kwargs.get("db_parameter_group_name") and primary.backend is not self and primary.engine == "postgres":
        raise refused(
            "InvalidParameterCombination",
            "A parameter group can't be specified during Read Replica creation for the following DB engine: postgres",
        )
    replica = copy.copy(primary)
    replica.backend = self
    replica.tags = []
    replica.dbi_resource_id = resource_id()
    replica.db_security_groups = []
    replica._associated_roles = []
    replica.replicas = []
    replica.multi_az = False
    replica.backup_retention_period = 0
    replica.deletion_protection = False
    if primary.backend is not self:
        replica.db_parameter_group_name = None
        replica._db_subnet_group_name = None
        replica.db_subnet_group = None
        replica.availability_zone = self.region_name + "a"
    replica.update(**kwargs)
    replica.created = utcnow()
    replica.instance_create_time = replica.created
    replica.set_as_replica()
    self.databases[name] = replica
    primary.add_replica(replica)
    return replica


def promote(self, kwargs):
    kwargs = dict(kwargs)
    name = kwargs["db_instance_identifier"]
    if name not in self.databases:
        raise DBInstanceNotFoundError(name)
    instance = self.databases[name]
    if not instance.is_replica:
        raise refused("InvalidDBInstanceState", "DB Instance is not a read replica.")
    try:
        source = self.find_db_from_id(instance.source_db_instance_identifier)
        forget_replica(source, instance)
    except DBInstanceNotFoundError:
        pass
    instance.is_replica = False
    instance.source_db_instance_identifier = None
    kwargs.setdefault("backup_retention_period", 1)
    instance.update(**kwargs)
    return instance


def correct_backend():
    plain_stop = rds.RDSBackend.stop_db_instance

    def stop(self, db_instance_identifier, *args, **kwargs):
        instance = self.databases.get(db_instance_identifier)
        if instance is not None and instance.replicas:
            raise refused(
                "InvalidDBInstanceState",
                "You can't stop a DB instance that has a read replica.",
            )
        return plain_stop(self, db_instance_identifier, *args, **kwargs)

    rds.RDSBackend.create_db_instance_read_replica = create_replica
    rds.RDSBackend.promote_read_replica = promote
    rds.RDSBackend.stop_db_instance = stop


def describe_option_groups(self, wanted):
    def fits(group):
        asked = {
            "option_group_name": group.name,
            "engine_name": group.engine_name,
            "major_engine_version": group.major_engine_version,
        }
        return all(wanted.get(key) in (None, value) for key, value in asked.items())

    name = wanted.get("option_group_name")
    if name is not None and name not in self.option_groups:
        raise OptionGroupNotFoundFaultError(name)
    return [group for group in self.option_groups.values() if fits(group)]


def get_bucket_versioning(self):
    status = self.backend.get_bucket_versioning(self.bucket_name)
    told = f"<Status>{status}</Status>" if status else ""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{told}</VersioningConfiguration>'
    )
    return 200, {"Content-Type": "application/xml"}, text


def get_service_quota(self, service_code, quota_code):
    known = QUOTAS.get((service_code, quota_code))
    if known is None:
        raise NoSuchResource
    name, value = known
    return {
        "Adjustable": True,
        "GlobalQuota": False,
        "QuotaArn": f"arn:aws:servicequotas:{self.region_name}:{self.account_id}:{service_code}/{quota_code}",
        "QuotaCode": quota_code,
        "QuotaName": name,
        "ServiceCode": service_code,
        "ServiceName": service_code,
        "Unit": "None",
        "Value": value,
    }


def list_service_quotas(self):
    service = json.loads(self.body).get("ServiceCode")
    codes = [code for of, code in QUOTAS if of == service]
    if not codes:
        raise NoSuchResource
    return json.dumps({"Quotas": [self.backend.get_service_quota(service, code) for code in codes]})


class NodeGroupInstances(dict):
    """The Auto Scaling group behind a node group, as it is described."""

    def __init__(self, name, node_group, region):
        sizes = node_group.scaling_config
        members = [
            {
                "InstanceId": f"i-{name[-12:]}{number:05}",
                "AvailabilityZone": region + "a",
                "LifecycleState": "InService",
                "HealthStatus": "Healthy",
                "ProtectedFromScaleIn": False,
            }
            for number in range(int(sizes.get("desiredSize", 0)))
        ]
        super().__init__(
            AutoScalingGroupName=name,
            MinSize=int(sizes.get("minSize", 0)),
            MaxSize=int(sizes.get("maxSize", 0)),
            DesiredCapacity=len(members),
            DefaultCooldown=300,
            AvailabilityZones=[region + "a"],
            HealthCheckType="EC2",
            CreatedTime=node_group.created_at,
            Instances=members,
        )
        self.name = name


def correct_node_groups():
    plain_describe = autoscaling.AutoScalingBackend.describe_auto_scaling_groups

    def describe(self, names, filters=None):
        found = list(plain_describe(self, names, filters=filters))
        for cluster in eks_backends[self.account_id][self.region_name].clusters.values():
            for node_group in cluster.nodegroups.values():
                for behind in node_group.resources["autoScalingGroups"]:
                    if behind["name"] in (names or []):
                        found.append(NodeGroupInstances(behind["name"], node_group, self.region_name))
        return found

    autoscaling.AutoScalingBackend.describe_auto_scaling_groups = describe


def rule_description(rule):
    of_a_group = rule.source_group or {}
    return rule.ip_range.get("Description") or of_a_group.get("Description")


def describe_parameters(self):
    filters = self._get_param("Filters"), self._get_param("ParameterFilters")
    found = list(self.ssm_backend.describe_parameters(*filters))
    start = int((self._get_param("NextToken") or "0").strip() or 0)
    end = start + int(self._get_param("MaxResults") or 10)
    page = [parameter.describe_response_object(False) for parameter in found[start:end]]
    more = {"NextToken": str(end)} if end < len(found) else {}
    return ActionResult({"Parameters": page, **more})


def describe_db_snapshots(plain):
    def describe(self):
        found = list(plain(self).result["DBSnapshots"])
        start = int(self.params.get("Marker") or 0)
        end = start + int(self.params.get("MaxRecords") or 100)
        more = {"Marker": str(end)} if end < len(found) else {}
        return ActionResult({"DBSnapshots": found[start:end], **more})

    return describe


def correct_pages():
    RDSResponse.describe_db_snapshots = describe_db_snapshots(RDSResponse.describe_db_snapshots)
    SimpleSystemManagerResponse.describe_parameters = describe_parameters


def correct_reads():
    rds.RDSBackend.describe_option_groups = describe_option_groups
    S3Response.get_bucket_versioning = get_bucket_versioning
    servicequotas.ServiceQuotasBackend.get_service_quota = get_service_quota
    ServiceQuotasResponse.list_service_quotas = list_service_quotas
    SecurityGroupRule.description = property(rule_description)


def correct():
    correct_instances()
    correct_backend()
    correct_node_groups()
    correct_pages()
    correct_reads()
