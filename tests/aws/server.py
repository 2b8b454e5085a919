"""A local AWS server for the tests: moto with corrections, faults in front of it, and the world outside around it.

Usage: server.py PORT, 0 for a free one; the port is printed. Ends when its standard input is closed.

Beside the services' interfaces it answers:

- `POST /lab/fork`: a copy of this server with all its state, on a port of its own: `{"port": 1234, "pid": 5678}`. The copy
  ends when this server does, or at `POST /lab/exit`.
- `POST /lab/faults`: the rules in force from now on (faults.py).   `GET /lab/calls`: every call that was made.
- `GET /lab/truth`: what the world outside AWS can feel of it (truth.py), with the port of the name server.
- `GET /v1/clients?over_s=N`, `GET /v1/reach?site=S`: what an observer outside both sites measures (docs/observers.md).
- `GET /lab/twice`: seconds in which both sites could take writes. There must be none.
"""

import io
import json
import os
import signal
import sys
import threading
import time
from urllib.parse import parse_qs

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
# Nightly ones do not count against the 100 that AWS allows of those made by hand.
os.environ["MOTO_RDS_SNAPSHOT_LIMIT"] = "10000"

import cbor2  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

from corrections import correct  # noqa: E402
from faults import Faults, refusal  # noqa: E402
from killing import kill  # noqa: E402
from outside import Outside  # noqa: E402
from truth import truth  # noqa: E402

METRIC_DATA = "/service/GraniteServiceVersion20100801/operation/GetMetricData"
CBOR = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]


class QuietHandler(WSGIRequestHandler):
    def log(self, *args):
        pass


class Lab:
    """moto behind one lock: it is not safe against parallel writes."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self.server = None
        self.faults = Faults()
        self.outside = Outside(self.faults)
        # Nothing is ever written: a copy reads the end of file when this process is gone, however it went.
        self.lifeline = os.pipe()

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path.startswith(("/lab/", "/v1/")):
            return self.own(path, environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        call = self.faults.describe(environ, body)
        rule = {"mode": "ok"} if call is None else self.faults.rule(call)
        mode = rule["mode"]
        if mode in ("hang", "refuse"):
            self.faults.record(call, mode, None)
            if mode == "hang":
                time.sleep(600)
            return abandon(environ)
        if mode == "kill-before":
            self.faults.record(call, mode, None)
            kill(rule["pid_file"])
            return abandon(environ)
        if mode not in ("ok", "slow", "lost", "kill-after"):
            status, kind, text = refusal(mode, call["service"])
            self.faults.record(call, mode, status)
            start_response(f"{status} Injected", [("Content-Type", kind), ("Content-Length", str(len(text)))])
            return [text]
        if mode == "slow":
            time.sleep(2)
        return self.answer(environ, body, call, rule, start_response)

    def answer(self, environ, body, call, rule, start_response):
        mode = rule["mode"]
        said = {}

        def remember(status, headers, exc_info=None):
            said["status"], said["headers"] = status, headers

        if environ.get("PATH_INFO") == METRIC_DATA:
            queries = cbor2.loads(body)["MetricDataQueries"]
            data = self.outside.metric_data(call["region"], queries)
            answer = [cbor2.dumps(data, datetime_as_timestamp=True)]
            remember("200 OK", CBOR + [("Content-Length", str(len(answer[0])))])
        else:
            with self.lock:
                parts = self.moto(environ, remember)
                try:
                    answer = [b"".join(parts)]
                finally:
                    if hasattr(parts, "close"):
                        parts.close()
        if call is not None:
            self.faults.record(call, mode, int(said["status"].split(" ")[0]))
        if mode == "kill-after":
            kill(rule["pid_file"])
        if mode in ("lost", "kill-after"):
            return abandon(environ)
        start_response(said["status"], said["headers"])
        return answer

    def own(self, path, environ, start_response):
        query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        if path == "/lab/truth":
            with self.lock:
                said = {**truth(), "dns_port": self.outside.dns_port, "answers": self.outside.answered()}
        elif path == "/lab/faults":
            self.faults.rules = json.loads(body)
            said = {}
        elif path == "/lab/calls":
            said = self.faults.calls
        elif path == "/lab/twice":
            said = self.outside.twice
        elif path == "/lab/fork":
            said = self.fork()
        elif path == "/lab/exit":
            threading.Thread(target=self.server.shutdown).start()
            said = {}
        elif path == "/v1/clients":
            said = self.outside.clients(float(query.get("over_s", 60)))
        elif path == "/v1/reach":
            said = self.outside.reach(query.get("site"))
        else:
            start_response("404 Not Found", [])
            return [b""]
        answer = json.dumps(said).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer]

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
            self.faults = Faults()
            self.outside = Outside(self.faults)
            self.listen(0)
            os.write(write, f"{self.server.port}\n".encode())
            os.close(write)
            self.server.serve_forever()
            status = 0
        finally:
            os._exit(status)

    def listen(self, port):
        self.server = make_server("127.0.0.1", port, self, threaded=True, request_handler=QuietHandler)
        self.server.daemon_threads = True
        self.outside.start(self.lock)


def abandon(environ):
    """Closes the connection without an answer."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        connection.close()
    raise ConnectionAbortedError("closed on purpose")


def end_with(lifeline):
    """Ends this process when the other end of `lifeline` is closed."""

    def watch():
        os.read(lifeline, 1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main():
    correct()
    # Copies that have ended are no zombies.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    end_with(sys.stdin.fileno())
    lab = Lab()
    lab.listen(int(sys.argv[1]))
    print(lab.server.port, flush=True)
    lab.server.serve_forever()


if __name__ == "__main__":
    main()
