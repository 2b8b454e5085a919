"""The application's write lease, as docs/write-lease.md asks of an application.

A site that may write keeps its lease in the store of the other site, where it would be lost; while that does not answer, in
its own. It writes only while it holds one that has not run out.
"""

import json
from datetime import datetime, timedelta, timezone

from moto.backends import get_backend

from truth import ACCOUNT

STORES = {"ohio": "storefront-dr-us-east-2", "california": "storefront-dr-us-west-1"}
REGIONS = {"ohio": "us-east-2", "california": "us-west-1"}
KEY = "write-lease/storefront.json"
LASTS = timedelta(seconds=20)


def other(site):
    return "california" if site == "ohio" else "ohio"


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Leases:
    def renewed(self, site, able, dark):
        """Renews what the site holds; whether it holds a lease now. `able` are the sites whose databases take writes."""
        now = datetime.now(timezone.utc)
        holds = False
        for place in (other(site), site):
            if REGIONS[place] in dark or REGIONS[site] in dark:
                continue
            lease = self.read(STORES[place])
            if lease is not None and lease["holder"] == site:
                if lease["renewable"]:
                    self.write(STORES[place], {**lease, "expires_at": now + LASTS})
                    holds = True
                elif instant(lease["expires_at"]) > now:
                    holds = True
            elif place == other(site) and len(able) == 1 and self.is_free(lease, now):
                fresh = {"format": 1, "holder": site, "renewable": True, "expires_at": now + LASTS}
                self.write(STORES[place], fresh)
                holds = True
        return holds

    @staticmethod
    def is_free(lease, now):
        """Nobody has it, or whoever had it has not renewed it for long."""
        return lease is None or instant(lease["expires_at"]) + 3 * LASTS < now

    @staticmethod
    def read(bucket):
        store = get_backend("s3")[ACCOUNT]["aws"]
        if bucket not in store.buckets:
            return None
        found = store.get_object(bucket, KEY)
        return None if found is None else json.loads(found.value)

    @staticmethod
    def write(bucket, lease):
        text = {**lease}
        if isinstance(text["expires_at"], datetime):
            text["expires_at"] = text["expires_at"].isoformat().replace("+00:00", "Z")
        store = get_backend("s3")[ACCOUNT]["aws"]
        if bucket in store.buckets:
            store.put_object(bucket, KEY, json.dumps(text).encode())
