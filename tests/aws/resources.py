"""What a call that changes something is about, as ARNs: what an access policy confines it to (service authorization reference)."""

import json
import re
from urllib.parse import parse_qs, unquote

ACCOUNT = "123456789012"

# Parameters of the services that are asked by forms, and the resource that each names.
NAMED = {
    "rds": {
        "DBInstanceIdentifier": "db:{}",
        "SourceDBInstanceIdentifier": "db:{}",
        "DBSubnetGroupName": "subgrp:{}",
        "DBParameterGroupName": "pg:{}",
        "OptionGroupName": "og:{}",
        "ResourceName": "{}",
    },
    "autoscaling": {
        "AutoScalingGroupName": "autoScalingGroup:00000000-0000-0000-0000-000000000000:autoScalingGroupName/{}",
    },
    "ec2": {
        "NetworkAclId": "network-acl/{}",
        "InstanceId": "instance/{}",
    },
}


def named(service, region, environ, body):
    """The resources that a call names. Empty where it names none that is known here."""
    path = unquote(environ.get("PATH_INFO", "/")).strip("/")
    if service == "s3":
        return [f"arn:aws:s3:::{path}"]
    if service == "eks":
        found = re.match(r"clusters/([^/]+)/node-groups/([^/]+)", path)
        return [arn("eks", region, "nodegroup/{}/{}/0".format(*found.groups()))] if found else []
    if service == "ssm":
        name = json.loads(body or b"{}").get("Name", "")
        return [arn("ssm", region, f"parameter/{name.lstrip('/')}")] if name else []
    form = parse_qs(body.decode("utf-8", "replace"))
    found = []
    for key, values in form.items():
        # Lists are numbered: InstanceId.1
        pattern = NAMED.get(service, {}).get(key.split(".")[0])
        if pattern is None:
            continue
        for value in values:
            found.append(value if value.startswith("arn:") else arn(service, region, pattern.format(value)))
    return found


def arn(service, region, rest):
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"
