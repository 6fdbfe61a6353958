"""The ways in which files change under a server, for tests/bench/freshness.

A kind of change has a target and a state after another: what the target answers. A state is
announced before the first system call that leads to it and completed after the last one; whoever
asks in between may see either. Content is one character, repeated, with the number of its version
at both ends, so that a mixture of two is seen.
"""

import hashlib
import itertools
import os
import shutil
import time
from dataclasses import dataclass
from typing import NamedTuple

CONTAINMENT_S = 1.0  # by when a link out of the root that took a folder's place must be noticed
CLOCK_S = 0.05       # how far apart two clocks of the same machine may be
END_BYTES = 12       # of either end of content are remembered as they are


def content_of(number, size):
    ends = b"%08d" % number
    return ends + bytes([ord("a") + number % 26]) * (size - 2 * len(ends)) + ends


class Fingerprint(NamedTuple):
    """What is remembered of content."""

    size: int
    first: bytes
    last: bytes
    digest: bytes

    def __str__(self):
        return f"{self.size} bytes, {self.first!r} to {self.last!r}"


def fingerprint(content):
    return Fingerprint(len(content), content[:END_BYTES], content[-END_BYTES:],
                       hashlib.sha256(content).digest())


@dataclass
class State:
    status: int
    content: Fingerprint = fingerprint(b"")
    coding: str = ""
    # What was there before is right, too, for requests sent until then (time.monotonic).
    predecessor_until: float = 0.0


def write_new(path, content):
    """Puts a new file in the place of `path`, if there is any."""
    with open(path + ".fresh", "wb") as file:
        file.write(content)
    os.rename(path + ".fresh", path)


def write_in_place(path, content, flags=0):
    descriptor = os.open(path, os.O_WRONLY | flags)
    try:
        while content:
            content = content[os.write(descriptor, content):]
    finally:
        os.close(descriptor)


class Kind:
    """One file that changes in one way. `root` is served, `outside` lies beside it."""

    size = 1024
    name_of_file = "file.html"
    fields = ""
    # Whether whoever asks while it changes sees what was before or after, and nothing between.
    is_atomic = False

    def __init__(self, root, outside, rng):
        self.root = root
        self.rng = rng
        self.outside = os.path.join(outside, self.name())
        self.folder = os.path.join(root, self.name())
        os.makedirs(self.outside)
        os.makedirs(self.folder)
        self.path = os.path.join(self.folder, self.name_of_file)
        self.numbers = itertools.count(1)
        self.states = []
        self.completed = -1  # the index of the last state that is known to have been reached
        self.steps = self.endless_steps()
        self.change()

    @classmethod
    def name(cls):
        words = "".join("-" + c.lower() if c.isupper() else c for c in cls.__name__)
        return words.removeprefix("-")

    def target(self):
        return f"/{self.name()}/{self.name_of_file}"

    def state(self):
        return self.states[self.completed]

    def next_content(self):
        return content_of(next(self.numbers), self.size)

    def change(self):
        """Goes to the next state."""
        next(self.steps)
        self.completed = len(self.states) - 1

    def announce(self, status, content=b"", coding="", predecessor_until=0.0):
        state = State(status, fingerprint(content), coding, predecessor_until)
        self.states.append(state)
        return state

    def endless_steps(self):
        """Makes a change with each step, announced before."""
        os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY))
        while True:
            content = self.next_content()
            self.announce(200, content)
            self.write(content)
            yield

    def write(self, content):
        raise NotImplementedError


class Overwrite(Kind):
    """The same size, in place."""

    def write(self, content):
        write_in_place(self.path, content)


class OverwriteLarge(Overwrite):
    size = 200 * 1024  # by sendfile(2)


class Rename(Kind):
    """A new file takes the old one's place."""

    is_atomic = True

    def write(self, content):
        write_new(self.path, content)


class RenameLarge(Rename):
    size = 200 * 1024


class Truncate(Kind):
    """Emptied, then written with another size."""

    def next_content(self):
        return content_of(next(self.numbers), self.rng.randrange(100, 5000))

    def write(self, content):
        write_in_place(self.path, content, os.O_TRUNC)


class Append(Kind):
    """Grows from a small file to one that is sent by sendfile, then begins again."""

    def endless_steps(self):
        while True:
            whole = b""
            for _ in range(40):
                part = content_of(next(self.numbers), 4096)
                whole += part
                self.announce(200, whole)
                if whole == part:
                    write_new(self.path, part)
                else:
                    write_in_place(self.path, part, os.O_APPEND)
                yield


class ForgedTime(Kind):
    """The same size in place, and the old mtime is set again."""

    def write(self, content):
        before = os.stat(self.path)
        write_in_place(self.path, content)
        os.utime(self.path, ns=(before.st_atime_ns, before.st_mtime_ns))


class HardLink(Kind):
    """Written in place through another name, outside the root."""

    def write(self, content):
        other = os.path.join(self.outside, "other.html")
        if not os.path.exists(other):
            os.link(self.path, other)
        write_in_place(other, content)


class Permission(Kind):
    """Forbidden to read, and allowed again."""

    is_atomic = True

    @staticmethod
    def reason_to_skip():
        return "root may read whatever its mode is" if os.geteuid() == 0 else None

    def endless_steps(self):
        content = self.next_content()
        write_new(self.path, content)
        while True:
            self.announce(200, content)
            os.chmod(self.path, 0o644)
            yield
            self.announce(403)
            os.chmod(self.path, 0)
            yield


class Delete(Kind):
    """Deleted, and made anew."""

    def endless_steps(self):
        while True:
            content = self.next_content()
            self.announce(200, content)
            write_in_place(self.path, content, os.O_CREAT | os.O_EXCL)
            yield
            self.announce(404)
            os.unlink(self.path)
            yield


class SwapFolder(Kind):
    """Another folder takes the place of the file's one, and each goes on where it was."""

    is_atomic = True
    between = 404

    def place(self):
        return self.folder

    def endless_steps(self):
        spare = os.path.join(self.outside, "spare")
        parked = os.path.join(self.outside, "parked")
        self.fill(self.place())
        here = self.refresh(self.place())
        self.announce(200, here)
        yield
        self.fill(spare)
        there = self.refresh(spare)
        while True:
            self.announce(self.between)
            os.rename(self.place(), parked)
            yield
            if self.rng.random() < 0.3:
                there = self.refresh(spare)
            self.announce(200, there)
            os.rename(spare, self.place())
            os.rename(parked, spare)
            here, there = there, here
            yield

    def fill(self, folder):
        os.makedirs(os.path.dirname(os.path.join(folder, self.inner())), exist_ok=True)

    def inner(self):
        """The file's path in the folder that is swapped."""
        return self.name_of_file

    def refresh(self, folder):
        content = self.next_content()
        write_new(os.path.join(folder, self.inner()), content)
        return content


class SwapRoot(SwapFolder):
    """The same with the root itself."""

    between = 503

    def place(self):
        return self.root

    def inner(self):
        return os.path.join(self.name(), self.name_of_file)


class SwapRootLink(Kind):
    """The root is a symlink, which is turned to another folder."""

    is_atomic = True

    def endless_steps(self):
        folders = [os.path.join(self.outside, name) for name in ("blue", "green")]
        contents = []
        for folder in folders:
            os.makedirs(os.path.join(folder, self.name()))
            contents.append(self.next_content())
            write_new(os.path.join(folder, self.name(), self.name_of_file), contents[-1])
        shutil.rmtree(self.root)
        for folder, content in itertools.cycle(zip(folders, contents)):
            self.announce(200, content)
            turn_link(self.root, folder)
            yield


def turn_link(path, to):
    os.symlink(to, path + ".fresh")
    os.rename(path + ".fresh", path)


class MoveOut(Kind):
    """The folder is moved out of the root, and a symlink to it left in its place."""

    is_atomic = True

    def endless_steps(self):
        moved = os.path.join(self.outside, "moved")
        content = self.next_content()
        write_new(self.path, content)
        while True:
            self.announce(200, content)
            if os.path.islink(self.folder):
                os.unlink(self.folder)
                os.rename(moved, self.folder)
            yield
            state = self.announce(404, predecessor_until=float("inf"))
            os.rename(self.folder, moved)
            os.symlink(os.path.relpath(moved, self.root), self.folder)
            state.predecessor_until = time.monotonic() + CONTAINMENT_S + CLOCK_S
            yield


class TurnLink(Kind):
    """A symlink inside the root is turned to another file."""

    is_atomic = True

    def endless_steps(self):
        contents = [self.next_content(), self.next_content()]
        names = ["one.html", "two.html"]
        for name, content in zip(names, contents):
            write_new(os.path.join(self.folder, name), content)
        for name, content in itertools.cycle(zip(names, contents)):
            self.announce(200, content)
            turn_link(self.path, name)
            yield


class Sibling(Kind):
    """A .br beside the file appears, changes, becomes too old, and disappears."""

    is_atomic = True
    fields = "Accept-Encoding: br\r\n"

    def endless_steps(self):
        sibling = self.path + ".br"
        while True:
            plain = self.next_content()
            self.announce(200, plain)
            write_new(self.path, plain)
            yield
            for _ in range(2):
                small = self.next_content()
                self.announce(200, small, "br")
                write_new(sibling, small)
                yield
            self.announce(200, plain)
            newer = os.stat(sibling).st_mtime_ns + 10**9
            os.utime(self.path, ns=(newer, newer))
            yield
            self.announce(200, small, "br")
            os.utime(sibling, ns=(newer, newer))
            yield
            self.announce(200, plain)
            os.unlink(sibling)
            yield


class Index(Kind):
    """An index that goes before the one that is there appears and disappears."""

    is_atomic = True
    name_of_file = "index.html"
    EARLIER = "first.html"  # --index

    def target(self):
        return f"/{self.name()}/"

    def endless_steps(self):
        usual = self.next_content()
        write_new(self.path, usual)
        earlier = os.path.join(self.folder, self.EARLIER)
        while True:
            self.announce(200, usual)
            if os.path.exists(earlier):
                os.unlink(earlier)
            yield
            content = self.next_content()
            self.announce(200, content)
            write_new(earlier, content)
            yield


IN_ONE_ROOT = [Overwrite, OverwriteLarge, Rename, RenameLarge, Truncate, Append, ForgedTime,
               HardLink, Permission, Delete, SwapFolder, MoveOut, TurnLink, Sibling, Index]
OF_THE_ROOT = [SwapRoot, SwapRootLink]
