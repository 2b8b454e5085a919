"""A local AWS server for the tests: moto, with what a recovery between two regions needs and moto 5.2.1 lacks.

Usage: server.py PORT, 0 for a free one; the port is printed. Ends when its standard input is closed.

Corrections, each after the behaviour that AWS documents:

- A read replica of RDS is a replica until it is promoted: promotion clears its source and the source's list of replicas,
  a second promotion is refused (RDS API, PromoteReadReplica: InvalidDBInstanceState). A replica is refused of an instance
  without automated backups (RDS user guide, "USER_ReadRepl"). A replica in another region has its own subnet group, key and
  resource id, and can be deleted.
- `StopDBInstance` is refused while the instance has a replica (RDS user guide, "USER_StopInstance", limitations).
- Every instance has a resource id of its own, which it keeps when it is renamed (RDS user guide, "USER_RenameInstance").
- One request at a time: moto is not safe against parallel writes.

Beside the services' interfaces it answers:

- `POST /lab/fork`: a copy of this server with all its state, on a port of its own: `{"port": 1234, "pid": 5678}`. The copy
  ends when this server does.
- `GET /lab/truth`: what the world outside AWS can feel of it, in one answer.
- `POST /lab/exit`: ends this server.
"""

import copy
import json
import os
import random
import signal
import string
import sys
import threading

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

from moto.backends import get_backend  # noqa: E402
from moto.core.utils import utcnow  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.rds import models as rds  # noqa: E402
from moto.rds.exceptions import DBInstanceNotFoundError, RDSClientError  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

ACCOUNT = "123456789012"
REGIONS = ("us-east-2", "us-west-1")


# --- corrections ------------------------------------------------------------------------------------------------------


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


# --- what the world outside can feel ----------------------------------------------------------------------------------


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
            name: sorted(bucket.keys.keys())
            for name, bucket in buckets.items()
            if "-switch-" in name
        },
    }


# --- the server -------------------------------------------------------------------------------------------------------


class QuietHandler(WSGIRequestHandler):
    def log(self, *args):
        pass


class Lab:
    """moto behind one lock, and the laboratory's own paths beside it."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self.server = None
        # Nothing is ever written: a copy reads the end of file when this process is gone, however it went.
        self.lifeline = os.pipe()

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path.startswith("/lab/"):
            return self.own(path, start_response)
        with self.lock:
            answer = self.moto(environ, start_response)
            try:
                return [b"".join(answer)]
            finally:
                if hasattr(answer, "close"):
                    answer.close()

    def own(self, path, start_response):
        if path == "/lab/truth":
            with self.lock:
                body = truth()
        elif path == "/lab/fork":
            body = self.fork()
        elif path == "/lab/exit":
            threading.Thread(target=self.server.shutdown).start()
            body = {}
        else:
            start_response("404 Not Found", [])
            return [b""]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(body).encode()]

    def fork(self):
        read, write = os.pipe()
        with self.lock:
            pid = os.fork()
        if pid == 0:
            self.live_on(write)
        os.close(write)
        with os.fdopen(read) as pipe:
            return {"port": int(pipe.readline()), "pid": pid}

    def live_on(self, write):
        """What the copy does: only the thread that forked is left, and the lock that it held is gone with its twin."""
        status = 1
        try:
            parent, theirs = self.lifeline
            os.close(theirs)
            end_with(parent)
            self.lifeline = os.pipe()
            self.server.socket.close()
            self.lock = threading.Lock()
            self.listen(0)
            os.write(write, f"{self.server.port}\n".encode())
            os.close(write)
            self.server.serve_forever()
            status = 0
        finally:
            os._exit(status)

    def listen(self, port):
        self.server = make_server(
            "127.0.0.1", port, self, threaded=True, request_handler=QuietHandler
        )
        self.server.daemon_threads = True


def end_with(lifeline):
    """Ends this process when the other end of `lifeline` is closed."""

    def watch():
        os.read(lifeline, 1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def reap():
    """Copies that have ended are no zombies."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def main():
    correct_instances()
    correct_backend()
    reap()
    end_with(sys.stdin.fileno())
    lab = Lab()
    lab.listen(int(sys.argv[1]))
    print(lab.server.port, flush=True)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    lab.server.serve_forever()


if __name__ == "__main__":
    main()
