"""The clients: wrk, h2load and ab, and what none of them can do.

Each load ends as a Load, whose `errors` say what was not as it should be.
"""

import csv
import dataclasses
import json
import os
import re
import select
import shutil
import socket
import subprocess
import threading
import time

from servers import BIG, Failed

NEEDED = {"wrk": "wrk", "h2load": "nghttp2-client", "ab": "apache2-utils"}  # and Debian's packages
TIMEOUT_S = 60
PIECE = 1 << 20

WRK_RESULT = """
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "us": %d, "p50": %d, "p99": %d, "bad": %d, "broken": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


@dataclasses.dataclass
class Load:
    """What a client saw."""
    requests: int
    seconds: float
    p50_us: float
    p99_us: float
    errors: list


def missing():
    """The clients that are not installed, by the package that has them."""
    return [package for program, package in NEEDED.items() if shutil.which(program) is None]


def run(command):
    """Executes a client; what it printed."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: {(done.stdout + done.stderr)[-300:]!r}")
    return done.stdout


def find(pattern, text):
    """The number that `pattern` finds."""
    match = re.search(pattern, text)
    if match is None:
        raise Failed(f"no {pattern!r} in {text[-300:]!r}")
    return float(match.group(1))


def wrk(site, port, seconds, path, connections=64, fields=(), script=""):
    """As many requests as there is time for."""
    lua = site.write("wrk.lua", script + WRK_RESULT)
    headers = [word for field in fields for word in ("-H", field)]
    printed = run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={TIMEOUT_S}s",
                   "-s", lua, *headers, f"http://127.0.0.1:{port}{path}"])
    match = re.search(r"^RESULT (.*)$", printed, re.MULTILINE)
    if match is None:
        raise Failed(f"wrk: {printed[-300:]!r}")
    said = json.loads(match.group(1))
    errors = []
    if said["bad"]:
        errors.append(f"{said['bad']} answers that are neither 2xx nor 3xx")
    if said["broken"]:
        errors.append(f"{said['broken']} connections failed or timed out")
    if said["requests"] == 0:
        errors.append("no answer")
    return Load(said["requests"], said["us"] / 1e6, said["p50"], said["p99"], errors)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def h2load(site, port, requests, path, kind, fields=()):
    """A fixed number of requests, every one of which must be answered with a status of `kind`."""
    times = os.path.join(site.work, "h2load.txt")
    headers = [word for field in fields for word in ("-H", field)]
    printed = run(["h2load", "--h1", "-t1", "-c64", "-n", requests, f"--log-file={times}",
                   *headers, f"http://127.0.0.1:{port}{path}"])
    with open(times, encoding="ascii") as file:
        latencies = [int(line.split("\t")[2]) for line in file]
    os.remove(times)  # it would append
    answered = int(find(rf"status codes:.*?(\d+) {kind}", printed))
    errors = [] if answered == requests else [f"{requests - answered} answers that are no {kind}"]
    rate = find(r"finished in .*, ([\d.]+) req/s", printed)
    return Load(answered, requests / rate, percentile(latencies, 0.5), percentile(latencies, 0.99),
                errors)


def ab(site, port, seconds, path):
    """HTTP/1.0, a connection for each request."""
    times = os.path.join(site.work, "ab.csv")
    printed = run(["ab", "-q", "-t", seconds, "-n", 1_000_000, "-c", 64, "-s", TIMEOUT_S,
                   "-e", times, f"http://127.0.0.1:{port}{path}"])
    with open(times, encoding="ascii") as file:
        latency_us = {row[0]: float(row[1]) * 1e3 for row in list(csv.reader(file))[1:]}
    failed = int(find(r"Failed requests: +(\d+)", printed))
    errors = [f"{failed} requests failed"] if failed else []
    if "Non-2xx responses" in printed:
        errors.append("answers that are not 2xx")
    return Load(int(find(r"Complete requests: +(\d+)", printed)),
                find(r"Time taken for tests: +([\d.]+)", printed),
                latency_us["50"], latency_us["99"], errors)


def get(path, *fields):
    """A request as bytes."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *fields]
    return "".join(line + "\r\n" for line in [*lines, ""]).encode()


def connect(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def receive_head(client):
    """The head of an answer, and what came behind it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(4096)
        if not part:
            raise Failed(f"the server hung up after {data[:200]!r}")
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def content_length(head):
    return int(find(r"(?i)\r\nContent-Length: *(\d+)\r\n", head.decode("latin-1")))


def ask(port, request):
    """The status and the head of one answer."""
    with connect(port) as client:
        client.sendall(request)
        head, _ = receive_head(client)
    return int(head.split()[1]), head


def entity_tag(port, path):
    _, head = ask(port, get(path))
    match = re.search(rb"(?i)\r\nETag: *([^\r]+)", head)
    if match is None:
        raise Failed("no entity tag")
    return match.group(1).decode()


class Idle:
    """Connections that each did one request and wait for what comes next."""

    def __init__(self, port, path, count):
        self.request = get(path)
        self.clients = []
        for _ in range(count):
            self.clients.append(connect(port))
            self.use(self.clients[-1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()

    def use(self, client):
        client.sendall(self.request)
        head, rest = receive_head(client)
        left = content_length(head) - len(rest)
        while left > 0:
            part = client.recv(left)
            if not part:
                raise Failed("the server hung up")
            left -= len(part)

    def use_all(self):
        """Whether all are still there."""
        for client in self.clients:
            self.use(client)


class Downloads:
    """Large answers, one after the other on each connection. The kernel throws them away instead of
    copying them (MSG_TRUNC, tcp(7)): a client that copies is slower than the server."""

    def __init__(self, port, connections):
        self.clients = [connect(port) for _ in range(connections)]
        self.left = {}  # of the answer, by descriptor
        self.received = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()

    def run(self, is_over):
        """Until `is_over()`; may be called again."""
        buffer = bytearray(PIECE)
        by_fd = {client.fileno(): client for client in self.clients}
        with select.epoll() as poller:
            for fd, client in by_fd.items():
                poller.register(fd, select.EPOLLIN)
                if fd not in self.left:
                    self.begin(client)
            while not is_over():
                for fd, _ in poller.poll(1):
                    self.receive(by_fd[fd], buffer)

    def begin(self, client):
        client.sendall(get(BIG))
        self.left[client.fileno()] = None  # not known before its head is there

    def receive(self, client, buffer):
        fd = client.fileno()
        if self.left[fd] is None:
            head, rest = receive_head(client)
            if not head.startswith(b"HTTP/1.1 200 "):
                raise Failed(f"a download was answered with {head[:40]!r}")
            self.left[fd] = content_length(head) - len(rest)
            self.received += len(rest)
            return
        count = client.recv_into(buffer, min(self.left[fd], PIECE), socket.MSG_TRUNC)
        if count == 0:
            raise Failed("a download was cut off")
        self.received += count
        self.left[fd] -= count
        if self.left[fd] == 0:
            self.begin(client)


def download(downloads, seconds):
    """GiB, and the seconds that they took."""
    begin = time.perf_counter()
    before = downloads.received
    downloads.run(lambda: time.perf_counter() >= begin + seconds)
    passed = time.perf_counter() - begin
    if downloads.received == before:
        raise Failed("nothing was downloaded")
    return (downloads.received - before) / (1 << 30), passed


def give_way():
    """Lets the other programs on this thread's CPU run first."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
