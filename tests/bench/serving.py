"""The program as a child process, and clients of it, for the scripts beside this one."""

import os
import re
import signal
import socket
import subprocess
import threading

PATIENCE_S = 120  # for what takes milliseconds on a machine that has nothing else to do


class HungUp(Exception):
    """The connection ended before the answer did."""


def source_folder():
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def program(build):
    """The program to look at: that of the folder `build`, or the one that TESTED_PROGRAM names."""
    return os.environ.get("TESTED_PROGRAM") or os.path.join(build, "tinyserve")


class Server:
    """`command` is the program, with what is to go in front of it; it serves on a free port."""

    def __init__(self, command, root, *arguments, environment=None):
        inherited = {key: value for key, value in os.environ.items()
                     if not key.startswith(("TINYSERVE_", "LISTEN_", "NOTIFY_"))}
        self.process = subprocess.Popen(
            [*command, root, "--port=0", *arguments],
            env={**inherited, "XDG_CONFIG_HOME": "/nonexistent", **(environment or {})},
            start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        self.said = ""
        self.port = self.learn_port()
        self.reader = threading.Thread(target=self.listen, daemon=True)
        self.reader.start()

    def learn_port(self):
        for line in self.process.stderr:
            self.said += line
            if found := re.search(r"http://localhost:(\d+)/", line):
                return int(found[1])
        raise RuntimeError(f"it does not serve: {self.said}")

    def listen(self):
        for line in self.process.stderr:
            self.said += line

    def stop(self):
        """Asks it to stop, and demands that it ends with 0: a sanitizer's report changes that."""
        os.killpg(self.process.pid, signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        if code != 0:
            raise RuntimeError(f"the server ended with {code}: {self.said}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Answer:
    def __init__(self, status, fields, content):
        self.status = status
        self.fields = fields  # by their names in lower case
        self.content = content


class Client:
    """One persistent connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")

    def send(self, text):
        self.socket.sendall(text)

    def read(self, method="GET"):
        """The next answer, which is to a request of this method."""
        status = int(self.line().split()[1])
        fields = {}
        while line := self.line():
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        has_content = method != "HEAD" and status != 304
        length = int(fields.get("content-length", 0)) if has_content else 0
        content = self.stream.read(length)
        if len(content) != length:
            raise HungUp(f"after {len(content)} of {length} bytes")
        return Answer(status, fields, content)

    def ask(self, text):
        self.send(text)
        return self.read(text.split(b" ", 1)[0].decode())

    def line(self):
        line = self.stream.readline()
        if not line.endswith(b"\n"):
            raise HungUp("within a head")
        return line.decode("latin-1").rstrip("\r\n")

    def wait_for_end(self):
        """Demands that the server sends nothing more and closes its half."""
        if self.stream.read(1):
            raise RuntimeError("more than one answer")

    def close(self):
        self.stream.close()
        self.socket.close()


def request(target, fields="", method="GET"):
    """The bytes of a request; `fields` are lines with their ends."""
    return f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()
