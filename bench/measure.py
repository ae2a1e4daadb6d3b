# SPDX-License-Identifier: MIT
"""Servers, clients, and rounds of both."""
import json
import os
import pathlib
import re
import resource
import select
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
PATIENCE = 120  # seconds that one run may take


def pinned(core):
    def prepare():
        os.sched_setaffinity(0, {core})
    return prepare


def raise_limits():
    """Ten thousand connections are ten thousand descriptors."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = 65536 if most == resource.RLIM_INFINITY else min(most, 65536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


# ---- Servers ----

def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Certificates:
    """A root, and a certificate of it for 127.0.0.1."""

    def __init__(self, folder):
        self.root, self.chain, self.key = folder / "root.pem", folder / "chain.pem", folder / "key.pem"
        self.hashed, self.system = folder / "hashed", folder / "system.pem"
        leaf, request, extension = folder / "leaf.pem", folder / "leaf.csr", folder / "leaf.ext"
        key_of = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *key_of, "-keyout", folder / "root.key", "-out", self.root,
                "-days", "30", "-subj", "/CN=bench root",
                "-addext", "basicConstraints=critical,CA:TRUE")
        openssl("req", *key_of, "-keyout", self.key, "-out", request, "-subj", "/CN=bench")
        extension.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        openssl("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", folder / "root.key",
                "-CAcreateserial", "-days", "30", "-extfile", extension, "-out", leaf)
        self.chain.write_text(leaf.read_text() + self.root.read_text())
        self.hashed.mkdir()
        shutil.copy(self.root, self.hashed / "root.pem")
        openssl("rehash", self.hashed)
        roots = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
        bundle = roots.read_text() if roots.exists() else ""
        self.system.write_text(bundle + self.root.read_text())
        self.system_count = bundle.count("BEGIN CERTIFICATE")


class Server:
    """bench_server on its own core; /stats tells what it did."""

    def __init__(self, build, certificates):
        self.process = subprocess.Popen(
            [build / "bench_server", certificates.chain, certificates.key],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=pinned(SERVER_CORE))
        ports = json.loads(self.process.stdout.readline())
        self.plain = f"http://127.0.0.1:{ports['plain']}"
        self.tls = f"https://127.0.0.1:{ports['tls']}"

    def stats(self):
        with urllib.request.urlopen(self.plain + "/stats", timeout=10) as answer:
            return json.load(answer)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


NGINX = """
daemon off; master_process off; error_log stderr crit; pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  default_type text/plain;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}/www; }}
}}
"""


class Nginx:
    def __init__(self, folder):
        port = free_port()
        (folder / "www").mkdir()
        (folder / "www" / "tiny").write_text("ok")
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-c", folder / "nginx.conf", "-p", folder],
                                        preexec_fn=pinned(SERVER_CORE), stderr=subprocess.DEVNULL)
        self.plain = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                urllib.request.urlopen(self.plain + "/tiny", timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("nginx does not answer")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


# ---- Clients ----

class Client:
    """A program with the command line and report of load.h."""

    def __init__(self, name, command, *arguments):
        self.name, self.command, self.arguments = name, command, arguments

    def command_line(self, url, options):
        return [*self.command, *self.arguments, *options, url]

    def run(self, url, options):
        done = subprocess.run(self.command_line(url, options), capture_output=True, text=True,
                              timeout=PATIENCE, preexec_fn=pinned(CLIENT_CORE))
        if done.returncode != 0 or not done.stdout.startswith("{"):
            raise RuntimeError(f"{self.name}: {done.stderr.strip()[:200] or done.returncode}")
        return json.loads(done.stdout)


def spawn(command):
    """Runs it on the client's core; what it used.  A fork of this process would cost more than
    what is measured, and be counted with it."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    try:
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
        _, status, used = os.wait4(pid, 0)
    finally:
        os.sched_setaffinity(0, CORES)
    if status:
        raise RuntimeError(f"{command[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return used


def peak_of(pid):
    found = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


UNITS = {"us": 1, "ms": 1e3, "s": 1e6}


class Wrk(Client):
    """wrk has a command line of its own; what it used is asked of the system."""

    def run(self, url, options):
        """On a machine that is disturbed, its second may go by before its first request."""
        result = self.run_once(url, options)
        return result if result["requests"] else self.run_once(url, options)

    def run_once(self, url, options):
        values = dict(zip(options[::2], options[1::2]))
        seconds = values.get("--seconds", "1")
        process = subprocess.Popen(
            [*self.command, "-t1", "-c", values["--at-once"], "-d",
             f"{max(1, round(float(seconds)))}s", "--latency", url],
            stdout=subprocess.PIPE, text=True, preexec_fn=pinned(CLIENT_CORE))
        peak = 0
        while not select.select([process.stdout], [], [], 0.05)[0]:
            peak = peak_of(process.pid) or peak
        text = process.stdout.read()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
        requests, took, unit = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text).groups()
        latency = {part: float(number) * UNITS[of] for part, number, of in
                   re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", text)}
        return {"requests": int(requests), "seconds": float(took) / (1000 if unit == "ms" else 1),
                "user": used.ru_utime, "system": used.ru_stime, "p50": latency["50"],
                "p99": latency["99"], "peak": peak, "bytes": 0, "failed": 0}


def clients(build):
    """By a short name; "bare" is what all are compared with."""
    def own(program, *arguments):
        return [build / f"bench_{program}"], *arguments

    found = {
        "callbacks": Client("libahttp, callbacks", *own("ahttp", "--style", "callbacks")),
        "stream": Client("libahttp, streamed", *own("ahttp", "--style", "stream")),
        "tasks": Client("libahttp, tasks", *own("ahttp", "--style", "tasks")),
        "bare": Client("bare libuv+llhttp", *own("uv")),
        "inflate": Client("bare, zlib in 64 KiB pieces", *own("uv", "--style", "inflate")),
        "curl": Client("libcurl multi_socket", *own("curl", "--style", "multi_socket")),
        "curl_poll": Client("libcurl multi_poll", *own("curl", "--style", "multi_poll")),
    }
    if shutil.which("wrk"):
        found["wrk"] = Wrk("wrk -t1", ["wrk"])
    if subprocess.run([PYTHON, "-c", "import aiohttp"], capture_output=True).returncode == 0:
        script = [PYTHON, HERE / "client_aiohttp.py"]
        found["aiohttp"] = Client("aiohttp", script)
        found["aiohttp_stream"] = Client("aiohttp, streamed", script, "--style", "stream")
    return {name: client for name, client in found.items()
            if isinstance(client, Wrk) or pathlib.Path(client.command[0]).exists()}


# ---- Rounds ----

def busy_seconds():
    """Of all cores."""
    with open("/proc/stat") as file:
        ticks = [int(word) for word in file.readline().split()[1:]]
    return (sum(ticks[:8]) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Series:
    """What the rounds of one client brought."""

    def __init__(self, client):
        self.client, self.results, self.error = client, [], None

    def values(self, figure):
        return [figure(result) for result in self.results]

    def median(self, figure):
        return statistics.median(self.values(figure))


def run_rounds(chosen, rounds, server, url, options):
    """{name: Series}, and the median of what others used of the machine meanwhile, in cores.
    Rounds are interleaved, and each begins with another client."""
    series = {name: Series(client) for name, client in chosen.items()}
    foreign = []
    names = list(series)
    for number in range(rounds):
        for name in names[number % len(names):] + names[:number % len(names)]:
            one = series[name]
            if one.error:
                continue
            before, served, began = busy_seconds(), cpu_of(server.process.pid), time.monotonic()
            try:
                result = one.client.run(url, options)
            except (RuntimeError, subprocess.TimeoutExpired, AttributeError) as error:
                one.error = str(error)
                continue
            own = result["user"] + result["system"] + cpu_of(server.process.pid) - served
            foreign.append(max(0, busy_seconds() - before - own) / (time.monotonic() - began))
            one.results.append(result)
    return series, statistics.median(foreign) if foreign else 0
