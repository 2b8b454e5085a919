"""The world outside AWS: the storefront's application and its clients, its name, and how far replicas are behind.

Once a second clients write through the name. The write is acknowledged when the site that the name answers can take it: its
region answers, its fleet has members, and its database is a primary that lets the fleet in.
"""

import socket
import struct
import threading
import time
from datetime import datetime, timezone

from leases import Leases
from truth import truth

SITES = {"ohio": "us-east-2", "california": "us-west-1"}
ADDRESSES = {"ohio": "192.0.2.1", "california": "198.51.100.1"}
DATABASE = "storefront-database"
FLEET = "storefront-app"
PARAMETER = "/storefront/database/endpoint"
NAME = "app.storefront.example"
SWITCH = ("storefront-switch-us-west-1", "serve-from-standby")
# Three checks in a row, a second apart; on AWS they are 10 or 30 seconds apart.
NOTICED_AFTER_S = 3
TTL_S = 5
# Deny rules of a fence stand before every rule of the stack, which begin at 100.
FENCE_RULES = range(1, 100)


def peer(site):
    return "california" if site == "ohio" else "ohio"


class Outside:
    def __init__(self, faults):
        self.faults = faults
        self.seconds = []
        self.twice = []
        self.switched = (False, 0.0)
        self.dark_since = {}
        self.leases = Leases()
        self.lock = threading.Lock()
        self.dns_port = None

    def start(self, moto_lock):
        self.moto_lock = moto_lock
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        self.dns_port = udp.getsockname()[1]
        threading.Thread(target=self.answer_names, args=(udp,), daemon=True).start()
        threading.Thread(target=self.live, daemon=True).start()

    # --- clients ---

    def live(self):
        while True:
            began = time.time()
            try:
                self.second(int(began))
            except Exception as error:  # The laboratory says what broke it, and goes on.
                print(f"outside: {error!r}", flush=True)
            time.sleep(max(0.05, began + 1 - time.time()))

    def second(self, now):
        with self.moto_lock:
            facts = truth()
        dark = self.faults.dark_regions()
        for region in dark:
            self.dark_since.setdefault(region, time.time())
        for region in [region for region in self.dark_since if region not in dark]:
            del self.dark_since[region]
        thrown = SWITCH[1] in facts["objects"].get(SWITCH[0], [])
        if thrown != self.switched[0]:
            self.switched = (thrown, time.time())
        able = [site for site in SITES if self.takes_writes(site, facts, dark)]
        with self.moto_lock:
            able = [site for site in able if self.leases.renewed(site, able, dark)]
        site = self.answered()
        by = [site] if site in able else []
        with self.lock:
            self.seconds.append(
                {"second": now, "tried": 1, "acknowledged": len(by), "served_by": by}
            )
            if len(able) > 1:
                self.twice.append(now)

    def answered(self):
        """The site that the name servers answer with."""
        thrown, since = self.switched
        noticed = time.time() - since >= NOTICED_AFTER_S
        return "california" if thrown == noticed else "ohio"

    def takes_writes(self, site, facts, dark):
        region = SITES[site]
        here = facts["regions"][region]
        database = here["databases"].get(DATABASE)
        fleet = here["fleets"].get(FLEET)
        if region in dark or database is None or fleet is None or fleet["desired"] == 0:
            return False
        denied = any(
            entry["rule"] in FENCE_RULES and entry["action"] == "deny"
            for entries in here["acls"].values()
            for entry in entries
        )
        quarantined = any(group in here["quarantine"] for group in database["security_groups"])
        told = here["parameters"].get(PARAMETER, "").startswith(database["address"])
        return database["source"] is None and not denied and not quarantined and told

    def clients(self, over_s):
        since = time.time() - over_s
        with self.lock:
            seconds = [second for second in self.seconds if second["second"] >= since]
        return {"observer": "laboratory", "seconds": seconds}

    def reach(self, site):
        reached = SITES.get(site) not in self.faults.dark_regions()
        return {"observer": "laboratory", "site": site, "reached": reached, "at": time.time()}

    # --- replication ---

    def lag(self, region, instance):
        """How far a replica is behind, in seconds: as long as its source has been dark."""
        with self.moto_lock:
            found = truth()["regions"][region]["databases"].get(instance)
        if found is None or found["source"] is None:
            return None
        source_region = found["source"].split(":")[3]
        since = self.dark_since.get(source_region)
        return 0.0 if since is None else time.time() - since

    def metric_data(self, region, queries):
        results = []
        for query in queries:
            metric = query["MetricStat"]["Metric"]
            names = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
            lag = None
            if metric["MetricName"] == "ReplicaLag":
                lag = self.lag(region, names.get("DBInstanceIdentifier"))
            points = [] if lag is None else [(datetime.now(timezone.utc), lag)]
            results.append(
                {
                    "Id": query["Id"],
                    "Label": metric["MetricName"],
                    "StatusCode": "Complete",
                    "Timestamps": [at for at, _ in points],
                    "Values": [value for _, value in points],
                }
            )
        return {"MetricDataResults": results}

    # --- the name ---

    def answer_names(self, udp):
        while True:
            question, sender = udp.recvfrom(512)
            try:
                udp.sendto(self.answer_to(question), sender)
            except (IndexError, UnicodeDecodeError, OSError):
                continue

    def answer_to(self, question):
        """An answer to a question of one name and type (RFC 1035, section 4)."""
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode())
            at += 1 + question[at]
        asked = question[12 : at + 5]
        kind = struct.unpack(">H", question[at + 1 : at + 3])[0]
        address = self.address_of(".".join(labels).lower())
        count = 1 if address and kind == 1 else 0
        header = question[:2] + struct.pack(">HHHHH", 0x8580, 1, count, 0, 0)
        answer = b""
        if count:
            answer = struct.pack(">HHHIH", 0xC00C, 1, 1, TTL_S, 4) + socket.inet_aton(address)
        return header + asked + answer

    def address_of(self, name):
        if name == NAME:
            return ADDRESSES[self.answered()]
        for site, region in SITES.items():
            if name.endswith(f".{region}.elb.amazonaws.com"):
                return ADDRESSES[site]
        return None
