"""A laptop that loses its power: a process dies, and everything that it started."""

import os
import signal
import time

# A file is written right after its process was started, which may be after that process has made its first call.
WAITED_S = 10


def kill(pid_file):
    """Ends the process whose id a file holds by SIGKILL, and every process below it. None of them does anything more."""
    above = read(pid_file)
    os.kill(above, signal.SIGSTOP)
    # Stopped before they are counted, so that none of them starts another meanwhile.
    family = [above]
    for pid in family:
        for child in children(pid):
            stop(child, signal.SIGSTOP)
            family.append(child)
    for pid in family:
        stop(pid, signal.SIGKILL)


def read(pid_file):
    until = time.time() + WAITED_S
    while True:
        try:
            with open(pid_file) as file:
                return int(file.read())
        except (FileNotFoundError, ValueError):
            if time.time() > until:
                raise
            time.sleep(0.01)


def stop(pid, how):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


def children(pid):
    """The processes that a process started, as the kernel of Linux tells them: proc(5), `stat`."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                # The name in brackets may hold anything, the last bracket ends it: state, then the parent.
                parent = int(file.read().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            found.append(int(name))
    return found
