"""What the world outside AWS can feel of it, read from moto's state."""

from moto.backends import get_backend
from moto.s3.models import FakeDeleteMarker

ACCOUNT = "123456789012"
REGIONS = ("us-east-2", "us-west-1")


def backend(service, region):
    return get_backend(service)[ACCOUNT][region]


def instance_truth(instance):
    return {
        "source": instance.source_db_instance_identifier,
        "replicas": list(instance.replicas),
        "status": instance.status,
        "security_groups": list(instance.vpc_security_group_ids),
        "multi_az": bool(instance.multi_az),
        "retention": int(instance.backup_retention_period or 0),
        "identifier": instance.db_instance_identifier,
        "deletion_protection": bool(instance.deletion_protection),
        "resource_id": instance.dbi_resource_id,
        "address": instance.address,
    }


def acl_truth(acl):
    return [
        {
            "rule": int(entry.rule_number),
            "egress": str(entry.egress).lower() == "true",
            "action": entry.rule_action,
            "cidr": entry.cidr_block,
        }
        for entry in acl.network_acl_entries
    ]


def region_truth(region):
    ec2 = backend("ec2", region)
    groups = backend("autoscaling", region).autoscaling_groups
    ssm = backend("ssm", region)
    return {
        "fleets": {
            name: {
                "desired": group.desired_capacity,
                "suspended": sorted(group._suspended_processes),
            }
            for name, group in groups.items()
        },
        "databases": {
            name: instance_truth(instance)
            for name, instance in backend("rds", region).databases.items()
        },
        "quarantine": [
            group.id
            for groups in ec2.groups.values()
            for group in groups.values()
            if group.name.endswith("-quarantine")
        ],
        "acls": {acl.id: acl_truth(acl) for acl in ec2.network_acls.values()},
        "instances": {
            instance.id: instance.state
            for reservation in ec2.reservations.values()
            for instance in reservation.instances
        },
        "parameters": {
            name: versions[-1].value
            for name, versions in ssm._parameters.items()
            if not name.startswith("/aws/")
        },
    }


def record_truth(record):
    return {
        "name": record.name,
        "type": record.type,
        "set_identifier": record.set_identifier,
        "failover": record.failover,
        "health_check": record.health_check_id,
        "alias": (record.alias_target or {}).get("DNSName"),
        "ttl": record.ttl,
    }


def truth():
    dns = get_backend("route53")[ACCOUNT]["aws"]
    buckets = get_backend("s3")[ACCOUNT]["aws"].buckets
    return {
        "regions": {region: region_truth(region) for region in REGIONS},
        "records": [
            record_truth(record) for zone in dns.zones.values() for record in zone.rrsets
        ],
        "health_checks": {
            check.id: {
                "fqdn": check.fqdn,
                "path": check.resource_path,
                "inverted": str(check.inverted).lower() == "true",
                "disabled": str(check.disabled).lower() == "true",
            }
            for check in dns.health_checks.values()
        },
        "objects": {
            # In a bucket with versions a removed object is a marker that it was removed.
            name: sorted(
                key
                for key, newest in bucket.keys.items()
                if not isinstance(newest, FakeDeleteMarker)
            )
            for name, bucket in buckets.items()
            if "-switch-" in name
        },
    }
