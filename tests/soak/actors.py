"""Who asks a server for what, all at once, and what must come of it; for run beside this file.

An actor does its act over and over on a thread of its own. What an answer should be it knows from
what is, or was, in the file.
"""

import contextlib
import functools
import gzip
import json
import os
import random
import shutil
import socket
import struct
import threading
import time

import serving

STILL = 40    # files that do not change
MANY = 200    # entries of a directory, few enough that it needs no worker: a crowd may keep those
SLOW = 120    # connections of each kind that is slow


class Short(Exception):
    """The server may open nothing at the moment, and said so."""


class Wrong(Exception):
    pass


def require(condition, text):
    if not condition:
        raise Wrong(text)


# --- what is served ------------------------------------------------------------------------------

@functools.cache
def still_content(number):
    """Compressible or not, up to 300 KB."""
    chance = random.Random(number)
    size = chance.choice([0, 1, 500, 5_000, 60_000, 300_000])
    if number % 2:
        return chance.randbytes(size)
    return b"".join(b"%d words of text, " % chance.randrange(100) for _ in range(size // 18))


def versioned(version):
    """Every line tells the version, and so does how many there are."""
    return b"version %d\n" % version * (1 + version * 7919 % 5000)


def write(path, content):
    """In one step, whoever reads it meanwhile."""
    with open(f"{path}.new", "wb") as file:
        file.write(content)
    os.replace(f"{path}.new", path)


def make_site(root):
    for folder in ("still", "many", "changing", "vanishing"):
        os.makedirs(os.path.join(root, folder))
    for number in range(STILL):
        write(f"{root}/still/{number}.txt", still_content(number))
    for number in range(MANY):
        write(f"{root}/many/{number}", b"")
    write(f"{root}/changing/file", versioned(0))
    write(f"{root}/shrinking", bytes(2_000_000))
    write(f"{root}/large", bytes(8_000_000))
    write(f"{root}/vanishing/file", b"here")


class Stage:
    """Where they all meet: when they pause, when it ends, and what is not their fault."""

    def __init__(self, port, site):
        self.port = port
        self.site = site
        self.failure = None
        self.playing = threading.Event()
        self.ended = False
        self.off_stage = set()
        self.cast_size = 0
        self.moved = threading.Condition()
        self.short_until = 0.0
        self.version = 0  # of the file that changes

    def goes_on(self, actor):
        """Waits while there is a pause, without a connection."""
        if not self.playing.is_set() and not self.ended:
            actor.leave()
            with self.moved:
                self.off_stage.add(actor)
                self.moved.notify_all()
            self.playing.wait()
        return not self.ended and not self.failure

    def resume(self):
        self.off_stage.clear()
        self.playing.set()

    def pause(self):
        self.playing.clear()
        with self.moved:
            self.moved.wait_for(lambda: len(self.off_stage) == self.cast_size or self.failure,
                                serving.PATIENCE_S)

    def end(self):
        self.ended = True
        self.playing.set()

    def fail(self, text):
        self.failure = self.failure or text

    @contextlib.contextmanager
    def shortage(self):
        self.short_until = float("inf")
        yield
        self.short_until = time.monotonic()

    def is_excused(self, begun):
        return self.short_until >= begun


# --- those who mean well -------------------------------------------------------------------------

class Actor:
    what = ""

    def __init__(self, stage):
        self.stage = stage
        self.client = None
        self.chance = random.Random()
        self.done = 0

    def act(self):
        begun = time.monotonic()
        try:
            self.step()
        except (Short, OSError, serving.HungUp, IndexError):  # an empty status line among them
            self.leave()
            if not self.stage.is_excused(begun):
                raise

    def step(self):
        raise NotImplementedError

    def leave(self):
        if self.client:
            self.client.close()
            self.client = None

    def connected(self):
        self.client = self.client or serving.Client(self.stage.port)
        return self.client

    def ask(self, target, fields="", method="GET", content=b""):
        return self.heard(self.connected().ask(
            serving.request(target, fields, method) + content))

    def heard(self, answer):
        if answer.status == 503:
            raise Short
        if answer.fields.get("connection") == "close":
            self.leave()
        return answer

    def still(self):
        number = self.chance.randrange(STILL)
        return f"/still/{number}.txt", still_content(number)


class Whole(Actor):
    what = "files, whole"

    def step(self):
        target, content = self.still()
        answer = self.ask(target)
        require(answer.status == 200 and answer.content == content, f"{target} is not itself")


class Parts(Actor):
    what = "parts of files"

    def step(self):
        target, content = self.still()
        first = self.chance.randrange(len(content) + 10)
        last = first + self.chance.randrange(100_000)
        answer = self.ask(target, f"Range: bytes={first}-{last}\r\n")
        if not content:  # of nothing there is no part, and so no range either
            require(answer.status in (200, 416), f"{answer.status} for {target}, which is empty")
        elif first >= len(content):
            require(answer.status == 416, f"{answer.status} for {target} from {first} on")
        else:
            require(answer.status == 206 and answer.content == content[first:last + 1],
                    f"{target} from {first} to {last}")


class Tagged(Actor):
    what = "files that have not changed"

    def step(self):
        target, _ = self.still()
        tag = self.ask(target, method="HEAD").fields["etag"]
        require(self.ask(target, f"If-None-Match: {tag}\r\n").status == 304, f"{target} and {tag}")


class Compressed(Actor):
    what = "files, compressed"

    def step(self):
        target, content = self.still()
        answer = self.ask(target, "Accept-Encoding: gzip\r\n")
        is_encoded = answer.fields.get("content-encoding") == "gzip"
        decoded = gzip.decompress(answer.content) if is_encoded else answer.content
        require(answer.status == 200 and decoded == content, f"{target}, decoded")


class Missing(Actor):
    what = "what is not there"

    def step(self):
        answer = self.ask(f"/none/{self.chance.randrange(1000)}")
        require(answer.status == 404, "something where nothing is")


class Listing(Actor):
    what = "listings"

    def step(self):
        answer = self.ask("/many/", "Accept: application/json\r\n")
        entries = json.loads(answer.content)
        require(len(entries) == MANY, f"{len(entries)} entries")


class Echo(Actor):
    what = "echoes"

    def step(self):
        content = self.chance.randbytes(self.chance.choice([0, 10, 1000, 200_000]))
        answer = self.ask("/api/echo", f"Content-Length: {len(content)}\r\n", "POST", content)
        require(answer.content == content, "another echo")


class Pipelined(Actor):
    what = "sixteen requests at once"

    def step(self):
        files = [self.still() for _ in range(16)]
        client = self.connected()
        client.send(b"".join(serving.request(target) for target, _ in files))
        for target, content in files:
            answer = self.heard(client.read())
            require(answer.content == content, f"{target} in a pipeline")


class Brief(Actor):
    what = "connections of one request"

    def step(self):
        target, content = self.still()
        answer = self.ask(target, "Connection: close\r\n")
        require(answer.content == content, f"{target} on a connection of its own")


# --- those who change what is there, and those who look on ---------------------------------------

class Changer(Actor):
    what = "new versions"

    def step(self):
        write(f"{self.stage.site}/changing/file", versioned(self.stage.version + 1))
        self.stage.version += 1
        time.sleep(self.chance.choice([0.001, 0.01, 2.5]))


class Onlooker(Actor):
    what = "looks at a file that changes"

    def step(self):
        oldest = self.stage.version
        answer = self.ask("/changing/file")
        found = int(answer.content.split(maxsplit=2)[1])
        require(answer.content == versioned(found), "two versions in one")
        require(oldest <= found <= self.stage.version + 1, f"version {found}, not {oldest}")


class Shrinker(Actor):
    what = "truncations"

    def step(self):
        path = f"{self.stage.site}/shrinking"
        os.truncate(path, self.chance.randrange(2_000_000))
        time.sleep(self.chance.random() / 100)
        os.truncate(path, 2_000_000)
        time.sleep(self.chance.random() / 100)


class ShrinkingReader(Actor):
    what = "looks at a file that shrinks"

    def step(self):
        try:
            answer = self.ask("/shrinking")
            require(answer.status == 200 and not answer.content.strip(b"\0"), "what it never held")
        except (serving.HungUp, ConnectionError):  # the only honest end of what became shorter
            self.leave()


class Vanisher(Actor):
    what = "directories that vanish"

    def step(self):
        folder = f"{self.stage.site}/vanishing"
        shutil.rmtree(folder)
        time.sleep(self.chance.random() / 50)
        os.mkdir(folder)
        write(f"{folder}/file", b"here")
        time.sleep(self.chance.random() / 50)


class VanishingReader(Actor):
    what = "looks at what vanishes"

    def step(self):
        answer = self.ask("/vanishing/file")
        require(answer.status == 404 or answer.content == b"here", f"{answer.status}")
        require(self.ask("/vanishing/").status in (200, 404), "a listing")


# --- those who mean no good ----------------------------------------------------------------------

class Resetter(Actor):
    what = "resets"

    def step(self):
        target, _ = self.still()
        text = serving.request(target) * 3 + serving.request(
            "/api/echo", "Content-Length: 9\r\n", "POST") + b"123456789"
        client = socket.create_connection(("127.0.0.1", self.stage.port))
        with client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(text[:self.chance.randrange(len(text))])
            time.sleep(self.chance.choice([0, 0, 0.01]))


class Crowd(Actor):
    """Connections that begin something and then say a byte now and then, and read nothing."""

    beginnings = [b"", b"GET /still/1.txt HT", serving.request("/large"),
                  serving.request("/large") * 50, serving.request("/many/") * 50,
                  serving.request("/api/echo", "Content-Length: 100000\r\n", "POST") + b"begun"]
    what = "bytes of slow clients"

    def __init__(self, stage):
        super().__init__(stage)
        self.sockets = []

    def step(self):
        while len(self.sockets) < SLOW * len(self.beginnings):
            client = socket.create_connection(("127.0.0.1", self.stage.port))
            client.setblocking(False)
            self.sockets.append(client)
            client.send(self.beginnings[len(self.sockets) % len(self.beginnings)] or b"\r")
        place = self.chance.randrange(len(self.sockets))
        try:
            self.sockets[place].send(b"x")
        except BlockingIOError:
            pass
        except OSError:
            self.sockets.pop(place).close()
        time.sleep(0.002)

    def leave(self):
        while self.sockets:
            self.sockets.pop().close()


def cast(stage):
    """All of them, for this stage."""
    kinds = [Whole, Parts, Tagged, Compressed, Missing, Listing, Echo, Pipelined, Brief, Changer,
             Onlooker, Shrinker, ShrinkingReader, Vanisher, VanishingReader, Resetter, Crowd]
    actors = [kind(stage) for kind in kinds]
    stage.cast_size = len(actors)
    return actors
