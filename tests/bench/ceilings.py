"""What tests/bench/instructions and tests/bench/syscalls ask for, and the ceilings they hold it to.

A scenario is what happens over and over: a request or a batch of them, on one kept connection or on
a new one each time. Every request waits for the answer to the one before. The files are as old as
they must be for the server to keep them.
"""

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import dataclass

import serving

SETTLED_S = 2.1  # from this age of a file on the server may keep what it knows of it
PIPELINED = 16

BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,"
    "image/png,image/svg+xml,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.8,fr;q=0.5,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\n"
    "Referer: http://localhost/index.html\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Priority: u=0, i\r\n")
ECHO = b"POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1024\r\n\r\n" + b"e" * 1024


@dataclass
class Scenario:
    name: str
    request: bytes  # {tag} stands for the entity tag of /small.html
    status: int = 200
    batch: int = 1  # so many of it are sent at once
    is_logged: bool = False
    has_own_connection: bool = False  # a new one each time


SMALL = serving.request("/small.html")
SCENARIOS = [
    Scenario("small", SMALL),
    Scenario("browser", serving.request("/small.html", BROWSER)),
    Scenario("conditional", serving.request("/small.html", "If-None-Match: {tag}\r\n"), 304),
    Scenario("head", serving.request("/small.html", method="HEAD")),
    Scenario("range", serving.request("/large.bin", "Range: bytes=100000-100999\r\n"), 206),
    Scenario("missing", serving.request("/missing.html"), 404),
    Scenario("echo", ECHO),
    Scenario("hello", serving.request("/api/")),
    Scenario("pipelined", SMALL, batch=PIPELINED),
    Scenario("large", serving.request("/large.bin")),
    Scenario("logged", SMALL, is_logged=True),
    Scenario("connection", serving.request("/small.html", "Connection: close\r\n"),
             has_own_connection=True),
]


class Site:
    """The served folder in `scratch`, and where the log goes."""

    def __init__(self, scratch):
        self.root = os.path.join(scratch, "site")
        self.log = os.path.join(scratch, "access.log")
        os.mkdir(self.root)
        for name, size in [("small.html", 1024), ("large.bin", 128 * 1024)]:
            with open(os.path.join(self.root, name), "wb") as file:
                file.write(b"x" * size)

    def wait_until_settled(self):
        for name in os.listdir(self.root):
            changed = os.stat(os.path.join(self.root, name)).st_ctime
            time.sleep(max(0, changed + SETTLED_S - time.time()))

    def arguments(self, scenario):
        log = ["--log-format=json", f"--log-file={self.log}"]
        return log if scenario.is_logged else ["--log-format=none"]


class Asker:
    """Does what a scenario says, once with each call."""

    def __init__(self, scenario, port):
        self.scenario = scenario
        self.port = port
        self.client = serving.Client(port)
        tag = self.client.ask(SMALL).fields["etag"]
        self.method = scenario.request.split(b" ", 1)[0].decode()
        self.bytes = scenario.request.replace(b"{tag}", tag.encode()) * scenario.batch

    def __call__(self):
        if not self.scenario.has_own_connection:
            self.exchange(self.client)
            return
        client = serving.Client(self.port)
        self.exchange(client)
        client.wait_for_end()
        client.close()

    def exchange(self, client):
        client.send(self.bytes)
        for _ in range(self.scenario.batch):
            answer = client.read(self.method)
            if answer.status != self.scenario.status:
                raise RuntimeError(f"{self.scenario.name}: {answer.status}")


# --- the ceilings ---------------------------------------------------------------------------------

STORED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ceilings.json")


def stored(kind):
    """What is stored under `kind`, by the scenarios' names."""
    with open(STORED, encoding="ascii") as file:
        return json.load(file)[kind]


def store(kind, values):
    """Puts `values` in place of what is stored under `kind`."""
    with open(STORED, encoding="ascii") as file:
        whole = json.load(file)
    whole[kind] = values
    kinds = []
    for kind, values in whole.items():  # a scenario is a line
        lines = ",\n".join(f'    "{name}": {json.dumps(value)}' for name, value in values.items())
        kinds.append(f'  "{kind}": {{\n{lines}\n  }}')
    with open(STORED, "w", encoding="ascii") as file:
        file.write("{\n" + ",\n".join(kinds) + "\n}\n")


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", default=os.path.join(serving.source_folder(), "build/release"),
                        help="where the program was built")
    parser.add_argument("--update", action="store_true", help="store what is measured")
    if platform.machine() != "x86_64":
        print(f"skipped: the ceilings are those of x86-64, this is {platform.machine()}")
        sys.exit(0)
    return parser.parse_args()
