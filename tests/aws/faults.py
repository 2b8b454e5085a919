"""Calls as they arrive: what they are, what is done to them, and that they were made.

A rule says what happens to calls that match it: `{"region": "us-east-2", "service": "rds", "operation": "PromoteReadReplica",
"agent": "dr", "mode": "hang"}`; what a rule does not name matches everything. The first rule that matches decides. Modes:

- `hang`: no answer, for ten minutes;   `refuse`: the connection is closed at once;
- `503`, `throttle`, `deny`: the service's own error;   `html`: an error page that is none of AWS;
- `slow`: answered after two seconds;   `lost`: carried out, and the answer is lost;
- `kill-before`, `kill-after`: the process whose id the file `"pid_file"` holds dies by SIGKILL with everything that it started,
  as on a laptop that loses its power: before the call is carried out, or after that and before its answer.

A rule with `"after": N` lets the first N calls that match it pass; one with `"times": N` ends after N. `"resource"` is a pattern
of what the call names (resources.py), as a shell writes one: `*:db:storefront-*`.
"""

import fnmatch
import json
import re
import threading
import time

from resources import named

SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)")
READS = re.compile(r"^(Describe|Get|List|Head|Assume|Query|Lookup)")
GLOBAL = ("route53", "iam", "sts")
CODES = {
    "503": (503, "ServiceUnavailable"),
    "throttle": (400, "Throttling"),
    "deny": (403, "AccessDenied"),
}


def operation(service, environ, body):
    """The call's name as access policies have it."""
    method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "/")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rsplit(".", 1)[-1]
    found = ACTION.search(body) or ACTION.search(environ.get("QUERY_STRING", "").encode())
    if found:
        return found.group(1).decode()
    if "/operation/" in path:
        return path.rsplit("/", 1)[-1]
    if service == "s3":
        return s3_operation(method, path, environ.get("QUERY_STRING", ""))
    if service == "route53":
        return route53_operation(method, path)
    if service == "eks":
        return eks_operation(method, path)
    return f"{method} {path}"


def s3_operation(method, path, query):
    has_key = len(path.strip("/").split("/")) > 1
    if query and not has_key and not re.search(r"(^|&)(list-type|prefix|delimiter|max-keys)", query):
        name = query.split("&")[0].split("=")[0]
        verb = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}.get(method, method)
        return verb + "Bucket" + name.title().replace("-", "")
    if has_key:
        return {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}.get(
            method, "PostObject"
        )
    return {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket"}.get(method, "DeleteBucket")


def route53_operation(method, path):
    if path.endswith("/rrset") or path.endswith("/rrset/"):
        return "ChangeResourceRecordSets" if method == "POST" else "ListResourceRecordSets"
    if re.search(r"/tags/[a-z]+/?$", path):
        return "ListTagsForResources"
    name = "HealthCheck" if "healthcheck" in path else "HostedZone" if "hostedzone" in path else "Other"
    return {"GET": "Get", "POST": "Change", "DELETE": "Delete"}.get(method, method) + name


def eks_operation(method, path):
    if path.endswith("/update-config"):
        return "UpdateNodegroupConfig"
    noun = "Nodegroup" if "/node-groups" in path else "Cluster"
    return {"GET": "Describe", "POST": "Create", "DELETE": "Delete"}.get(method, method) + noun


def agent(text):
    # What a story does by its own hand, Terraform included.
    if "laboratory" in text:
        return "laboratory"
    if "Terraform" in text:
        return "terraform"
    return "dr" if "app/dr" in text or "aws-sdk-rust" in text else text.split(" ")[0][:40]


class Faults:
    """The rules in force, and every call that was made."""

    def __init__(self):
        self.rules = []
        self.calls = []
        # A call is counted by a rule once, and by no two at the same place.
        self.lock = threading.Lock()

    def describe(self, environ, body):
        """What a call is; `None` for one that is signed for no service."""
        scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None:
            return None
        region, service = scope.groups()
        name = operation(service, environ, body)
        reads = bool(READS.match(name)) or (service == "s3" and name == "ListBucket")
        return {
            "at": time.time(),
            # A global service is administered in us-east-1, whatever region a client signs for.
            "region": "global" if service in GLOBAL else region,
            "service": service,
            "operation": name,
            "reads": reads,
            "agent": agent(environ.get("HTTP_USER_AGENT", "")),
            "resources": [] if reads else named(service, region, environ, body),
        }

    def rule(self, call):
        """The rule that decides about a call; one that changes nothing where there is none."""
        with self.lock:
            for rule in self.rules:
                if not matches(rule, call):
                    continue
                rule["seen"] = rule.get("seen", 0) + 1
                if rule["seen"] <= rule.get("after", 0):
                    continue
                if "times" in rule and rule["seen"] > rule.get("after", 0) + rule["times"]:
                    continue
                return rule
        return {"mode": "ok"}

    def record(self, call, mode, status):
        self.calls.append({**call, "mode": mode, "status": status})

    def dark_regions(self):
        """Regions of which nothing is answered."""
        return {
            rule["region"]
            for rule in self.rules
            if rule["mode"] in ("hang", "refuse")
            and "region" in rule
            and not any(key in rule for key in ("service", "operation", "agent", "reads", "resource"))
        }


def matches(rule, call):
    """Whether a rule is about a call, however often it was."""
    keys = ("region", "service", "operation", "agent", "reads")
    if any(key in rule and rule[key] != call[key] for key in keys):
        return False
    pattern = rule.get("resource")
    return pattern is None or any(fnmatch.fnmatchcase(name, pattern) for name in call["resources"])


def refusal(mode, service):
    """An error as the service writes it: status, content type, body."""
    if mode == "html":
        return 500, "text/html", b"<html><body>Bad gateway</body></html>"
    status, code = CODES[mode]
    message = {"deny": "User is not authorized to perform this action"}.get(mode, "injected")
    if service in ("autoscaling", "ec2", "elasticloadbalancing", "iam", "rds", "route53", "s3", "sts"):
        if service == "s3":
            text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        elif service == "ec2":
            text = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"
        else:
            text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return status, "text/xml", text.encode()
    body = {"__type": code + "Exception", "message": message}
    return status, "application/x-amz-json-1.1", json.dumps(body).encode()
