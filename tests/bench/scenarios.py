"""What is measured: each scenario with its load, its servers, and the figures it is held to.

A sample is a dictionary of numbers, one for each server and round. What they mean is in METRICS.
"""

import concurrent.futures
import dataclasses
import statistics
import threading
import time
import typing

import clients
import machine
from servers import BIG, BIG_BYTES, MANY, MANY_BYTES, SMALL, SMALL_BYTES, Failed

STARTS = 9  # in a round, of which the median counts
CONNECTIONS = 4  # of downloads
IDLE_S = 1.5  # for what a burst took to be given back
WARM_UP_S = 1
WARM_UP_REQUESTS = 10_000

# How a number is called and written.
METRICS = {
    "rate": ("req/s", "{:,.0f}"),
    "gib_s": ("GiB/s", "{:.2f}"),
    "cpu": ("CPU µs", "{:.2f}"),
    "cpu_gib": ("ms/GiB", "{:.1f}"),
    "p50": ("p50 µs", "{:,.0f}"),
    "p99": ("p99 µs", "{:,.0f}"),
    "p99_alone": ("alone µs", "{:,.0f}"),
    "slower": ("× alone", "{:.2f}"),
    "each": ("B each", "{:.0f}"),
    "first": ("ms", "{:.2f}"),
    "pss": ("Pss KiB", "{:,.0f}"),
    "rss": ("Rss KiB", "{:,.0f}"),
    "busy": ("busy %", "{:.0f}"),
}


@dataclasses.dataclass(frozen=True)
class Figure:
    """What tinyserve is to reach: `metric`, divided by that of `peer` in the same round."""
    metric: str
    limit: float
    peer: str = ""  # none: as it is
    is_least: bool = False  # otherwise `limit` is the most


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    measure: typing.Callable  # (run, server) -> sample
    request: bytes = clients.get(SMALL)  # what tinyserve answers with as large a head as null does
    content_bytes: int = SMALL_BYTES  # of null's answers
    figures: tuple = ()
    servers: tuple = ("null", "null-again", "nginx", "lighttpd", "h2o", "tinyserve", "other")
    columns: tuple = ("rate", "cpu", "p50", "p99", "pss", "busy")
    compared: str = "cpu"  # what ratios are taken of
    is_large: bool = False
    is_logged: bool = False


def loaded(server, warm_up, load):
    """A sample of `load`, which returns a Load, after `warm_up`."""
    warm_up()
    before = machine.cpu_ns(server.pid)
    seen = load()
    cpu_ns = machine.cpu_ns(server.pid) - before
    if seen.errors:
        raise Failed(", ".join(seen.errors))
    return {"rate": seen.requests / seen.seconds, "cpu": cpu_ns / 1e3 / seen.requests,
            "p50": seen.p50_us, "p99": seen.p99_us, "busy": cpu_ns / 1e7 / seen.seconds,
            **machine.memory_kib(server.pid)}


def by_wrk(run, server, path=SMALL, **options):
    def load(seconds):
        return clients.wrk(run.site, server.port, seconds, path, **options)
    return loaded(server, lambda: load(WARM_UP_S), lambda: load(run.seconds))


def by_h2load(run, server, path, kind, fields=()):
    """As many requests as the warm-up says can be answered in the time."""
    rate = 0

    def load(requests):
        nonlocal rate
        seen = clients.h2load(run.site, server.port, requests, path, kind, fields)
        rate = seen.requests / seen.seconds
        return seen
    return loaded(server, lambda: load(WARM_UP_REQUESTS),
                  lambda: load(max(WARM_UP_REQUESTS, int(rate * run.seconds))))


def demand(server, request, status):
    found, _ = clients.ask(server.port, request)
    if found != status:
        raise Failed(f"{found} where {status} is expected")


def is_null(server):
    return server.name.startswith("null")


def small(run, server):
    return by_wrk(run, server)


def pipelined(run, server):
    return by_wrk(run, server, script="""
function init(args)
  local one = wrk.format("GET")
  block = string.rep(one, 16)
end
function request() return block end
""")


def churn(run, server):
    return by_wrk(run, server, fields=["Connection: close"])


def conditional(run, server):
    if is_null(server):
        return by_h2load(run, server, SMALL, "2xx")
    field = "If-None-Match: " + clients.entity_tag(server.port, SMALL)
    demand(server, clients.get(SMALL, field), 304)
    return by_h2load(run, server, SMALL, "3xx", [field])


def missing(run, server):
    if is_null(server):
        return by_h2load(run, server, SMALL, "2xx")
    demand(server, clients.get("/missing.html"), 404)
    return by_h2load(run, server, "/missing.html", "4xx")


def many(run, server):
    return by_wrk(run, server, script=f"""
local requests, at = {{}}, 0
function init(args)
  for i = 0, {MANY - 1} do requests[i] = wrk.format("GET", "/many/" .. i .. ".html") end
end
function request()
  at = (at * 1101 + 12347) % {MANY}
  return requests[at]
end
""")


def large(run, server):
    with clients.Downloads(server.port, CONNECTIONS) as downloads:
        clients.download(downloads, WARM_UP_S / 2)
        before = machine.cpu_ns(server.pid)
        gib, seconds = clients.download(downloads, run.seconds)
        cpu_ns = machine.cpu_ns(server.pid) - before
    return {"gib_s": gib / seconds, "cpu_gib": cpu_ns / 1e6 / gib,
            "busy": cpu_ns / 1e7 / seconds, **machine.memory_kib(server.pid)}


PART = f"Range: bytes={BIG_BYTES // 2}-{BIG_BYTES // 2 + SMALL_BYTES - 1}"


def part(run, server):
    if is_null(server):
        return by_wrk(run, server)
    demand(server, clients.get(BIG, PART), 206)
    return by_wrk(run, server, BIG, fields=[PART])


def echo(run, server):
    return by_wrk(run, server, "/api/echo",
                  script=f'wrk.method = "POST"\nwrk.body = string.rep("e", {SMALL_BYTES})\n')


def by_ab(run, server):
    def load(seconds):
        return clients.ab(run.site, server.port, seconds, SMALL)
    return loaded(server, lambda: load(WARM_UP_S), lambda: load(run.seconds))


def idle(run, server):
    """The load beside connections that do nothing, and what these take."""
    alone = by_wrk(run, server)
    with clients.Idle(server.port, SMALL, run.connections) as connections:
        time.sleep(IDLE_S)
        memory = machine.memory_kib(server.pid)
        beside = by_wrk(run, server)
        connections.use_all()
    grown = memory["anon"] - alone["anon"]
    return {**beside, **memory, "each": grown * 1024 / run.connections,
            "slower": beside["cpu"] / alone["cpu"]}


def start(run, server):
    """The one that runs counts as well."""
    first = [server.first_ms]
    sample = machine.memory_kib(server.pid)
    for _ in range(STARTS - 1):
        with run.start(server.name) as another:
            first.append(another.first_ms)
    return {"first": statistics.median(first), **sample}


def fair(run, server):
    """Few small requests at a time, so that they wait for the server and not for each other; and
    not for the client that downloads, as far as that can be had on the same CPU."""
    alone = by_wrk(run, server, connections=CONNECTIONS)
    with clients.Downloads(server.port, CONNECTIONS) as downloads:
        is_over = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(1, initializer=clients.give_way) as pool:
            going = pool.submit(downloads.run, is_over.is_set)
            try:
                before, begin = downloads.received, time.perf_counter()
                beside = by_wrk(run, server, connections=CONNECTIONS)
                rate = (downloads.received - before) / (time.perf_counter() - begin)
            finally:
                is_over.set()
            going.result()
    if rate == 0:
        raise Failed("nothing was downloaded")
    return {**beside, "gib_s": rate / (1 << 30), "p99_alone": alone["p99"],
            "slower": beside["p99"] / alone["p99"]}


POST = (f"POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {SMALL_BYTES}\r\n\r\n"
        + "e" * SMALL_BYTES).encode()
OWN = ("null", "null-again", "tinyserve", "other")

SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("small", "a file of 1 KiB, 64 connections kept alive", small,
             figures=(Figure("cpu", 1.15, "null"), Figure("cpu", 0.85, "nginx"))),
    Scenario("pipelined", "the same, 16 requests at a time", pipelined,
             columns=("rate", "cpu", "pss", "busy"),  # wrk times whole blocks, and miscounts them
             figures=(Figure("cpu", 2.2, "null"), Figure("rate", 0.85, "null", is_least=True),
                      Figure("rate", 5, "nginx", is_least=True))),
    Scenario("churn", "the same, a connection for each request", churn,
             figures=(Figure("cpu", 1.08, "null"),)),
    Scenario("conditional", "the same file, not modified (304); null answers as in small",
             conditional, figures=(Figure("cpu", 1.10, "null"),)),
    Scenario("missing", "a file that is not there (404); null answers as in small", missing,
             figures=(Figure("cpu", 1.10, "null"),)),
    Scenario("many", "5,000 files of 4 KiB in no order", many,
             request=clients.get("/many/0.html"), content_bytes=MANY_BYTES,
             figures=(Figure("cpu", 1.30, "null"), Figure("cpu", 0.85, "nginx"))),
    Scenario("large", "64 MiB, 4 connections", large, is_large=True, compared="cpu_gib",
             columns=("gib_s", "cpu_gib", "pss", "busy"),
             figures=(Figure("cpu_gib", 1.05, "null"),
                      Figure("gib_s", 1, "nginx", is_least=True))),
    Scenario("range", "1 KiB of 64 MiB (206)", part, request=clients.get(BIG, PART)),
    Scenario("echo", "1 KiB posted and sent back", echo, request=POST, servers=OWN,
             figures=(Figure("cpu", 1.15, "null"),)),
    Scenario("ab", "a file of 1 KiB, HTTP/1.0, a connection for each request, by ab", by_ab),
    Scenario("idle", "a file of 1 KiB beside idle connections", idle,
             columns=("rate", "cpu", "slower", "p99", "each", "pss", "rss"),
             figures=(Figure("pss", 8192), Figure("each", 256), Figure("slower", 1.1))),
    Scenario("start", "from before it is executed to the first byte of an answer", start,
             columns=("first", "pss", "rss"), compared="first",
             figures=(Figure("first", 1.6, "null"), Figure("pss", 4096))),
    Scenario("small-log", "small, and a record of each request as JSON in a file", small,
             is_logged=True,
             servers=("null", "null-again", "nginx", "nginx-log", "tinyserve", "other"),
             figures=(Figure("cpu", 1.30, "null"), Figure("cpu", 1, "nginx"))),
    Scenario("echo-log", "echo, and a record of each request as JSON in a file", echo,
             request=POST, is_logged=True, servers=OWN),
    Scenario("fair", "small on 4 connections beside 4 downloads of 64 MiB", fair, is_large=True,
             compared="p99", columns=("rate", "p50", "p99", "p99_alone", "slower", "gib_s")),
)}
