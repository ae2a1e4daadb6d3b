#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the benchmarks and prints their tables in markdown; README.md says what they mean.

usage: run.py [--build DIR] [--quick] [--rounds N] [--seconds S] [--only NAME,...] [TOPIC...]
"""
import argparse
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import callgrind
import measure

MIB = 1024 * 1024
GETS = ("bare", "callbacks", "tasks", "stream", "wrk", "curl", "curl_poll", "aiohttp")
TLS_GETS = ("bare", "callbacks", "tasks", "wrk", "curl", "aiohttp")
HANDSHAKES = ("bare", "callbacks", "curl", "aiohttp")
RESUMED = ("bare", "callbacks", "curl")
DOWNLOADS = ("bare", "stream", "curl", "curl_poll", "aiohttp_stream")


# ---- Tables ----

def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def spread(values):
    return f"{number(min(values))} / **{number(statistics.median(values))}** / {number(max(values))}"


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" + "|--:" * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print(flush=True)


def ratio(series, name, figure):
    """The median of the rounds' ratios to the bare client."""
    base = series.get("bare")
    if not base or not base.results or name == "bare":
        return "1.00" if name == "bare" else "-"
    pairs = zip(series[name].values(figure), base.values(figure))
    return f"{statistics.median(mine / other for mine, other in pairs if other):.2f}"


def rate(result):
    return result["requests"] / result["seconds"]


def cpu_us(result):
    return (result["user"] + result["system"]) / result["requests"] * 1e6


def cpu_per_gb(result):
    return (result["user"] + result["system"]) / result["bytes"] * 1e9


def megabytes(result):
    return result["bytes"] / result["seconds"] / 1e6


def rows_of(series, columns):
    for name, one in series.items():
        if one.results:
            yield [one.client.name, *(column(series, name, one) for column in columns)]
        else:
            yield [one.client.name, f"failed: {one.error}", *([""] * (len(columns) - 1))]


def shown(figure, scale=1):
    return lambda series, name, one: number(one.median(figure) / scale)


def compared(figure):
    return lambda series, name, one: ratio(series, name, figure)


def spread_of(figure):
    return lambda series, name, one: spread(one.values(figure))


def field(name):
    return lambda result: result[name]


RATES = (["req/s: min / median / max", "÷ bare", "CPU µs", "user µs", "CPU ÷ bare", "p50 µs",
          "p99 µs", "peak MiB"],
         [spread_of(rate), compared(rate), shown(cpu_us),
          shown(lambda result: result["user"] / result["requests"] * 1e6), compared(cpu_us),
          shown(field("p50")), shown(field("p99")), shown(field("peak"), MIB)])
VOLUMES = (["MB/s: min / median / max", "CPU s/GB", "CPU ÷ bare", "peak MiB"],
           [spread_of(megabytes), shown(cpu_per_gb), compared(cpu_per_gb),
            shown(field("peak"), MIB)])


# ---- A run of the benchmarks ----

class Bench:
    def __init__(self, args, folder):
        self.args = args
        self.build = pathlib.Path(args.build).resolve() / "bench"
        self.certificates = measure.Certificates(folder)
        self.server = measure.Server(self.build, self.certificates)
        self.clients = measure.clients(self.build)
        self.folder = folder
        only = args.only.split(",") if args.only else None
        if only:
            self.clients = {name: client for name, client in self.clients.items() if name in only}

    def chosen(self, names):
        return {name: self.clients[name] for name in names if name in self.clients}

    def rounds(self, title, names, url, options, columns=RATES, server=None, options_of=None):
        head, cells = columns
        series, foreign = measure.run_rounds(
            self.chosen(names), self.args.rounds, server or self.server, url,
            options_of or (lambda name: options))
        print(f"#### {title}\n")
        table(["client", *head], rows_of(series, cells))
        print(f"<sub>{self.args.rounds} rounds, interleaved; others used {foreign:.2f} cores "
              "meanwhile (median)</sub>\n", flush=True)
        return series

    def timed(self, at_once, *more):
        return ["--at-once", str(at_once), "--seconds", str(self.args.seconds),
                "--warm-up", str(max(20, 2 * at_once)), *more]


def get(bench):
    for at_once in bench.args.at_once:
        bench.rounds(f"Keep-alive GETs, {at_once} at once", GETS, bench.server.plain + "/tiny",
                     bench.timed(at_once))


def nginx(bench):
    folder = pathlib.Path(tempfile.mkdtemp(dir=bench.folder))
    folder.chmod(0o755)
    bench.folder.chmod(0o755)
    server = measure.Nginx(folder)
    try:
        bench.rounds("Keep-alive GETs from nginx, 100 at once", GETS, server.plain + "/tiny",
                     bench.timed(100), server=server)
    finally:
        server.stop()


def counts(bench):
    """Without time: what does not depend on who else uses the machine."""
    rows = []
    for name in ("bare", "callbacks", "tasks", "stream", "curl", "curl_poll"):
        if name not in bench.clients:
            continue
        client = bench.clients[name]

        def command(at_once):
            return lambda count: client.command_line(
                bench.server.plain + "/tiny",
                ["--at-once", str(at_once), "--count", str(count), "--no-clock"])
        one, ten = callgrind.slope(command(1)), callgrind.slope(command(10))
        calls = callgrind.system_calls(command(1))
        rows.append([client.name, number(one.instructions), number(ten.instructions),
                     f"{ten.allocations:.2f}",
                     ", ".join(f"{call} {times:.2f}" for call, times in calls.items())])
    print("#### Per keep-alive GET: user instructions, allocations, system calls\n")
    table(["client", "instructions, 1 at once", "10 at once", "allocations",
           "system calls, 1 at once"], rows)


def download(bench):
    size = 100 * MIB
    for title, url, more in (
            ("100 MiB of known length", bench.server.plain + f"/sized/{size}", ()),
            ("100 MiB in chunks", bench.server.plain + f"/chunked/{size}", ()),
            ("100 MiB over TLS", bench.server.tls + f"/sized/{size}",
             ("--ca", str(bench.certificates.root)))):
        bench.rounds(title, DOWNLOADS, url, ["--count", str(bench.args.downloads), *more], VOLUMES)


def gzip(bench):
    bench.rounds("gzip, 64 MiB when decoded", ("inflate", "stream", "curl", "aiohttp_stream"),
                 bench.server.plain + f"/gzip/{64 * MIB}",
                 ["--count", str(max(1, bench.args.downloads // 4))], VOLUMES)


def upload(bench):
    size = 64 * MIB
    columns = (["MiB/s: min / median / max", "CPU s per upload", "CPU ÷ bare", "peak MiB"],
               [spread_of(lambda result: rate(result) * size / MIB),
                shown(lambda result: cpu_us(result) / 1e6), compared(cpu_us),
                shown(field("peak"), MIB)])
    bench.rounds("Upload of 64 MiB from memory", ("bare", "callbacks", "curl"),
                 bench.server.plain + "/tiny",
                 ["--count", str(bench.args.downloads), "--upload", str(size)], columns)


def tls(bench):
    for at_once in bench.args.at_once:
        if at_once <= 100:
            bench.rounds(f"Keep-alive GETs over TLS 1.3, {at_once} at once", TLS_GETS,
                         bench.server.tls + "/tiny",
                         bench.timed(at_once, "--ca", str(bench.certificates.root)))


def handshake(bench):
    roots = bench.certificates
    for title, names, more in (
            ("Full handshakes, one root in a file", HANDSHAKES, ["--fresh", "--ca", str(roots.root)]),
            (f"Full handshakes, the system's {roots.system_count} roots and one more in a file",
             HANDSHAKES, ["--fresh", "--ca", str(roots.system)]),
            ("Resumed handshakes", RESUMED, ["--resume", "--ca", str(roots.root)])):
        before = bench.server.stats()
        bench.rounds(f"{title}, 10 at once", names, bench.server.tls + "/tiny",
                     bench.timed(10, *more))
        after = bench.server.stats()
        shaken = after["handshakes"] - before["handshakes"]
        resumed = after["resumed"] - before["resumed"]
        print(f"<sub>{shaken:,} handshakes, {resumed:,} of them resumed</sub>\n")


def idle(bench):
    columns = (["bytes of RSS per connection", "bytes of heap per connection"],
               [shown(field("idle_rss")),
                lambda series, name, one: number(one.results[0].get("idle_heap"))])
    for title, url, count, more in (
            ("Idle connections, plain", bench.server.plain, bench.args.idle_plain, ()),
            ("Idle connections, TLS 1.3", bench.server.tls, bench.args.idle_tls,
             ("--ca", str(bench.certificates.root)))):
        bench.rounds(f"{title}: {count:,} open", ("bare", "callbacks", "aiohttp"), url + "/tiny",
                     ["--at-once", str(count), "--idle", "--no-clock", *more], columns)


class FromStart:
    """A client whose whole process is measured, many times."""

    def __init__(self, client, times):
        self.client, self.name, self.times = client, client.name, times

    def run(self, url, options):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        for _ in range(self.times):
            self.client.run(url, options)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {"requests": self.times, "seconds": time.monotonic() - began,
                "user": used.ru_utime - before.ru_utime,
                "system": used.ru_stime - before.ru_stime}


def start(bench):
    columns = (["ms in all: min / median / max", "CPU ms", "CPU ÷ bare"],
               [spread_of(lambda result: result["seconds"] / result["requests"] * 1e3),
                shown(cpu_us, 1000), compared(cpu_us)])
    everybody = bench.clients
    bench.clients = {name: FromStart(client, bench.args.starts)
                     for name, client in everybody.items() if name != "wrk"}
    for title, url, more in (
            ("One GET from the start of a process", bench.server.plain, ()),
            ("One GET over TLS from the start of a process, roots in a hashed directory",
             bench.server.tls, ("--ca", str(bench.certificates.hashed)))):
        bench.rounds(title, ("bare", "callbacks", "curl"), url + "/tiny",
                     ["--count", "1", *more], columns)
    bench.clients = everybody


def origins(bench):
    print("#### Many origins: keep-alive GETs, 100 at once\n")
    rows = []
    many = bench.args.origins
    results = {1: [], many: []}
    client = bench.clients["callbacks"]
    for _ in range(bench.args.rounds):
        for count, values in results.items():
            values.append(client.run(bench.server.plain + "/tiny",
                                     ["--origins", str(count), "--at-once", "100",
                                      "--warm-up", str(2 * many), "--count", str(6 * many)]))
    for count, values in results.items():
        rows.append([f"{count:,}", spread([rate(value) for value in values]),
                     number(statistics.median(cpu_us(value) for value in values)),
                     f"{statistics.median(cpu_us(mine) / cpu_us(one) for mine, one in zip(values, results[1])):.2f}"])
    table(["origins", "req/s: min / median / max", "CPU µs", "CPU ÷ one origin"], rows)


TOPICS = {"get": get, "nginx": nginx, "counts": counts, "download": download, "gzip": gzip,
          "upload": upload, "tls": tls, "handshake": handshake, "idle": idle, "start": start,
          "origins": origins}


def arguments():
    parser = argparse.ArgumentParser(description="topics: " + ", ".join(TOPICS))
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help="all of them, if none is named")
    parser.add_argument("--build", default="build/bench", help="where it was built")
    parser.add_argument("--quick", action="store_true", help="one short round, fewer connections")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each run")
    parser.add_argument("--only", help="names of clients: bare,callbacks,...")
    args = parser.parse_args()
    unknown = [topic for topic in args.topics if topic not in TOPICS]
    if unknown:
        parser.error(f"there is no topic {unknown[0]}; there are {', '.join(TOPICS)}")
    args.at_once = [1, 10, 100, 1000]
    args.downloads, args.starts, args.origins = 10, 20, 10000
    args.idle_plain, args.idle_tls = 10000, 2000
    if args.quick:
        args.rounds, args.seconds, args.at_once = 1, 0.3, [1, 100]
        args.downloads, args.starts, args.origins = 2, 3, 500
        args.idle_plain, args.idle_tls = 1000, 100
    return args


def describe():
    def first_line(*command):
        done = subprocess.run(command, capture_output=True, text=True)
        return (done.stdout or done.stderr).splitlines()[0] if done.stdout or done.stderr else "-"

    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                  if line.startswith("model name")), platform.machine())
    print(f"- {platform.release()}, {len(measure.CORES)} cores, {model}; server on core "
          f"{measure.SERVER_CORE}, client on core {measure.CLIENT_CORE}")
    print(f"- {first_line('cc', '--version')}; {first_line('openssl', 'version')}\n", flush=True)


def main():
    args = arguments()
    measure.raise_limits()
    describe()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args, pathlib.Path(folder))
        try:
            for topic in args.topics or TOPICS:
                TOPICS[topic](bench)
        finally:
            bench.server.stop()


if __name__ == "__main__":
    sys.exit(main())
