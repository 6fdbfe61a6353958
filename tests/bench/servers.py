"""The servers that are compared, how each is set up, and the files they serve.

Each is set up as its makers would for this race: one thread, no log, no limit that the load would
meet, files kept open where it can do that. What is switched off for tinyserve is its log alone.
"""

import os
import pwd
import random
import shutil
import socket
import subprocess
import time

import machine

SMALL = "/small.html"
SMALL_BYTES = 1024
BIG = "/big.bin"
BIG_BYTES = 64 << 20
MANY = 5000
MANY_BYTES = 4096
MIN_AGE_S = 3  # nobody keeps a file that could still change within the clock's resolution

NGINX = """
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile {files};
pid {work}/nginx.pid; error_log stderr crit;
events {{ worker_connections 18000; use epoll; multi_accept on; }}
http {{
  {log} {sending}
  keepalive_timeout 600s; keepalive_requests 1000000000; etag on;
  open_file_cache max=20000 inactive=600s; open_file_cache_valid 60s;
  types {{ text/html html; }} default_type application/octet-stream;
  client_body_temp_path {work}/nginx1; proxy_temp_path {work}/nginx2;
  fastcgi_temp_path {work}/nginx3; uwsgi_temp_path {work}/nginx4; scgi_temp_path {work}/nginx5;
  server {{ listen 127.0.0.1:{port} backlog=65535; root {root}; }}
}}
"""

NGINX_LOG = """
  log_format records escape=json '{{"time":"$time_iso8601","remote":"$remote_addr",'
    '"port":$remote_port,"conn":$connection,"req":$connection_requests,'
    '"method":"$request_method","path":"$request_uri","proto":"$server_protocol",'
    '"host":"$http_host","status":$status,"bytes":$body_bytes_sent,"dur":$request_time,'
    '"ua":"$http_user_agent","referer":"$http_referer"}}';
  access_log {work}/access.log records;"""

# One segment for a small answer is where nginx is fastest, and sendfile for a large one.
NGINX_SMALL = "sendfile off; output_buffers 2 64k;"
NGINX_LARGE = "sendfile on; tcp_nopush on;"

LIGHTTPD = """
server.document-root = "{root}"
server.port = {port}
server.bind = "127.0.0.1"
server.listen-backlog = 65535
server.max-connections = {half}
server.max-fds = {files}
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 600
mimetype.assign = (".html" => "text/html")
"""

H2O = """
user: {user}
num-threads: 1
max-connections: 18000
http1-request-timeout: 600
listen: {{host: 127.0.0.1, port: {port}}}
hosts: {{"default": {{paths: {{"/": {{file.dir: "{root}"}}}}}}}}
"""


class Failed(Exception):
    """A server or a client did not do what it is there for."""


class Site:
    """The files, and beside them what servers read and write. Whoever made `work` removes it."""

    def __init__(self, work):
        self.work = work
        self.root = os.path.join(work, "public")
        os.makedirs(os.path.join(self.root, "many"))
        os.chmod(work, 0o755)
        self.put(SMALL, SMALL_BYTES)
        self.put(BIG, BIG_BYTES)
        for index in range(MANY):
            self.put(f"/many/{index}.html", MANY_BYTES)
        self.made = time.monotonic()

    def put(self, path, size):
        line = b"x" * 63 + b"\n"
        with open(self.root + path, "wb") as file:
            file.write(line * (size // len(line)))

    def write(self, name, text):
        """A file beside what is served; its path."""
        path = os.path.join(self.work, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def wait_until_old(self):
        time.sleep(max(0.0, self.made + MIN_AGE_S - time.monotonic()))


class Servers:
    """Knows the programs of one run."""

    def __init__(self, site, build, other, files, connections):
        self.site = site
        self.files = files  # the limit of open ones
        self.connections = connections  # that stay idle at most
        self.programs = {
            "null": os.path.join(build, "tinyserve-null"),
            "tinyserve": os.path.join(build, "tinyserve"),
            "other": os.path.join(other, "tinyserve") if other else "",
        }
        path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin"
        for name in ("nginx", "lighttpd", "h2o"):
            self.programs[name] = shutil.which(name, path=path) or ""

    def program(self, name):
        """The path of the program, or nothing when it is not there."""
        path = self.programs[{"null-again": "null", "nginx-log": "nginx"}.get(name, name)]
        return path if os.access(path, os.X_OK) else ""

    def holds(self, name, connections):
        """Whether it takes so many at once. lighttpd keeps a descriptor for the file of each."""
        return connections <= (self.files // 2 if name == "lighttpd" else self.files - 100)

    def command(self, name, port, scenario, head_bytes):
        """What to execute for server `name` in a scenario."""
        program = self.program(name)
        if name in ("null", "null-again"):
            return [program, str(port), str(head_bytes), str(scenario.content_bytes),
                    self.site.root + BIG]
        if name in ("tinyserve", "other"):
            log = (["json", "--log-file", os.path.join(self.site.work, "access.log")]
                   if scenario.is_logged else ["none"])
            return [program, self.site.root, "--bind", "127.0.0.1", "--port", str(port), "--quiet",
                    "--max-connections", str(self.connections + 1000),
                    "--keep-alive-timeout", "600", "--log-format", *log]
        settings = {"port": port, "root": self.site.root, "work": self.site.work,
                    "files": self.files, "half": self.files // 2,
                    "user": pwd.getpwuid(os.geteuid()).pw_name}
        if name == "lighttpd":
            return [program, "-D", "-f",
                    self.site.write("lighttpd.conf", LIGHTTPD.format(**settings))]
        if name == "h2o":
            return [program, "-m", "worker", "-c",
                    self.site.write("h2o.conf", H2O.format(**settings))]
        log = NGINX_LOG.format(**settings) if name == "nginx-log" else "access_log off;"
        sending = NGINX_LARGE if scenario.is_large else NGINX_SMALL
        text = NGINX.format(log=log, sending=sending, **settings)
        return [program, "-e", "stderr", "-p", self.site.work, "-c",
                self.site.write("nginx.conf", text)]

    def start(self, name, scenario, head_bytes=0):
        """A running server that has answered once."""
        server = Server(name, self.site.work)
        server.start(self.command(name, server.port, scenario, head_bytes))
        return server


def free_port():
    """One that is below those that clients are given (ip_local_port_range): none of them takes it
    before the server does, and a client that asks for it too early is not answered by itself."""
    lowest = int(machine.read("/proc/sys/net/ipv4/ip_local_port_range").split()[0])
    while True:
        port = random.randrange(max(lowest // 2, 1024), max(lowest, 32768))
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def environment(work):
    """Without settings of the person's own, for any of the servers."""
    theirs = ("TINYSERVE_", "LISTEN_", "NOTIFY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    return {**kept, "HOME": work, "XDG_CONFIG_HOME": work}


class Server:
    """A child process, used as a context manager so that none is left behind."""

    def __init__(self, name, work):
        self.name = name
        self.work = work
        self.port = free_port()
        self.process = None
        self.first_ms = 0.0  # from before it was executed to its first byte

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def start(self, command):
        said = os.path.join(self.work, "said.txt")
        with open(said, "wb") as output:
            # A child inherits where it may run.
            os.sched_setaffinity(0, {machine.SERVER_CPU})
            begin = time.perf_counter()
            try:
                self.process = subprocess.Popen(
                    command, cwd=self.work, env=environment(self.work), stdin=subprocess.DEVNULL,
                    stdout=output, stderr=output)
            finally:
                os.sched_setaffinity(0, {machine.CLIENT_CPU})
        try:
            self.wait_for_answer(begin)
        except BaseException as failure:
            self.stop()
            with open(said, encoding="utf-8", errors="replace") as file:
                said = file.read()[-500:]
            raise Failed(f"{failure}; it said: {said!r}") from failure

    def wait_for_answer(self, begin):
        """Asks without a pause, on the client's CPU: a pause would be measured, too."""
        request = f"GET {SMALL} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        while time.perf_counter() < begin + 60:
            with socket.socket() as client:
                client.settimeout(60)
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    client.sendall(request)
                    if not client.recv(1):
                        raise Failed("no answer")
                    self.first_ms = (time.perf_counter() - begin) * 1e3
                    while client.recv(65536):
                        pass
                    return
            if self.process.poll() is not None:
                raise Failed(f"ended with {self.process.returncode}")
        raise Failed("does not listen")

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        log = os.path.join(self.work, "access.log")
        if os.path.exists(log):
            os.remove(log)
