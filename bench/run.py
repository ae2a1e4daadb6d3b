#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the benchmarks and prints their tables in markdown; README.md says what they mean.

usage: run.py [--build DIR] [--quick] [--rounds N] [--short-rounds N] [--seconds S]
              [--only NAME,...] [TOPIC...]
"""
import argparse
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import callgrind
import measure

MIB = 1024 * 1024
GETS = ("bare", "callbacks", "tasks", "stream", "wrk", "curl", "curl_poll", "aiohttp")
OWN = ("callbacks", "tasks", "stream")
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


def ratio(series, name, figure, to="bare"):
    """The median of the rounds' ratios to another client; None where one of them did not run."""
    if not all(one in series and series[one].results for one in (name, to)):
        return None
    pairs = zip(series[name].values(figure), series[to].values(figure))
    return statistics.median(mine / other for mine, other in pairs if other)


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


def compared(figure, to="bare"):
    return lambda series, name, one: number(ratio(series, name, figure, to))


def spread_of(figure):
    return lambda series, name, one: spread(one.values(figure))


def field(name):
    return lambda result: result[name]


RATES = (["req/s: min / median / max", "÷ bare", "CPU µs", "user µs", "CPU ÷ bare", "p50 µs",
          "p99 µs", "peak MiB"],
         [spread_of(rate), compared(rate), shown(cpu_us),
          shown(lambda result: result["user"] / result["requests"] * 1e6), compared(cpu_us),
          shown(field("p50")), shown(field("p99")), shown(field("peak"), MIB)])


def volumes(to):
    return (["MB/s: min / median / max", "CPU s/GB", "CPU ÷ bare", "peak MiB"],
            [spread_of(megabytes), shown(cpu_per_gb), compared(cpu_per_gb, to),
             shown(field("peak"), MIB)])


# ---- Goals ----

class Goals:
    """What was aimed at beside what was measured, judged as it is printed."""

    def __init__(self):
        self.rows = []

    def add(self, what, goal, measured, is_met):
        self.rows.append([what, goal, measured, "yes" if is_met else "**no**"])

    def compare(self, what, series, name, figure, least=None, most=None, to="bare"):
        """Nothing is said where one of the two did not run."""
        found = ratio(series, name, figure, to)
        if found is None:
            return
        found = round(found, 2)
        bound = f"≥ {least:.2f}" if least else f"≤ {most:.2f}"
        self.add(f"{what}: {series[name].client.name}", f"{bound} × {series[to].client.name}",
                 f"{found:.2f}", found >= least if least else found <= most)

    def print(self, is_quick):
        if self.rows:
            print("#### Goals\n")
            table(["what", "goal", "measured", "met"], self.rows)
        if self.rows and is_quick:
            print("<sub>one short round shows that all works, and nothing else</sub>\n")


# ---- A run of the benchmarks ----

class Bench:
    def __init__(self, args, folder):
        self.args = args
        self.build = pathlib.Path(args.build).resolve() / "bench"
        self.certificates = measure.Certificates(folder)
        self.server = measure.Server(self.build, self.certificates)
        self.clients = measure.clients(self.build)
        self.folder = folder
        self.goals = Goals()
        only = args.only.split(",") if args.only else None
        if only:
            self.clients = {name: client for name, client in self.clients.items() if name in only}

    def chosen(self, names):
        return {name: self.clients[name] for name in names if name in self.clients}

    def rounds(self, title, names, url, options, columns=RATES, server=None, rounds=None):
        head, cells = columns
        rounds = rounds or self.args.rounds
        series, foreign = measure.run_rounds(self.chosen(names), rounds, server or self.server,
                                             url, options)
        print(f"#### {title}\n")
        table(["client", *head], rows_of(series, cells))
        print(f"<sub>{rounds} rounds, interleaved; others used {foreign:.2f} cores "
              "meanwhile (median)</sub>\n", flush=True)
        return series

    def rates(self, title, names, url, at_once, *more, server=None):
        """Requests a second, in many short rounds."""
        return self.rounds(title, names, url,
                           ["--at-once", str(at_once), "--seconds", str(self.args.seconds),
                            "--warm-up", str(max(20, 2 * at_once)), *more],
                           server=server, rounds=self.args.short_rounds)


def get(bench):
    for at_once in bench.args.at_once:
        series = bench.rates(f"Keep-alive GETs, {at_once} at once", GETS,
                             bench.server.plain + "/tiny", at_once)
        for name in OWN if at_once > 1 else ():
            for to, least in (("bare", 0.9), ("wrk", 1), ("curl", 3)):
                bench.goals.compare(f"requests/s, {at_once} at once", series, name, rate,
                                    least=least, to=to)


def nginx(bench):
    folder = pathlib.Path(tempfile.mkdtemp(dir=bench.folder))
    folder.chmod(0o755)
    bench.folder.chmod(0o755)
    server = measure.Nginx(folder)
    try:
        bench.rates("Keep-alive GETs from nginx, 100 at once", GETS, server.plain + "/tiny", 100,
                    server=server)
    finally:
        server.stop()


def count_goals(goals, name, slope, bare, calls, said):
    times = round(slope.instructions / bare, 2)
    goals.add(f"instructions per GET: {name}", "≤ 2.00 × bare libuv+llhttp", f"{times:.2f}",
              times <= 2)
    goals.add(f"allocations per GET: {name}", "0", f"{slope.allocations:.2f}",
              slope.allocations < 0.005)
    goals.add(f"system calls per GET: {name}", "1 write, 1 read, 1 epoll_wait", said,
              len(calls) == 3 and sum(calls.values()) < 3.02)


def counts(bench):
    """Without time: what does not depend on who else uses the machine."""
    rows, bare = [], None
    for name, client in bench.chosen(("bare", *OWN, "curl", "curl_poll")).items():

        def command(at_once, client=client):
            return lambda count: client.command_line(
                bench.server.plain + "/tiny",
                ["--at-once", str(at_once), "--count", str(count), "--no-clock"])

        one, ten = callgrind.slope(command(1)), callgrind.slope(command(10))
        calls = callgrind.system_calls(command(1))
        said = ", ".join(f"{call} {times:.2f}" for call, times in calls.items())
        rows.append([client.name, number(one.instructions), number(ten.instructions),
                     f"{ten.allocations:.2f}", said])
        if name == "bare":
            bare = ten.instructions
        elif name in OWN and bare:
            count_goals(bench.goals, client.name, ten, bare, calls, said)
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
        series = bench.rounds(title, DOWNLOADS, url,
                              ["--count", str(bench.args.downloads), *more], volumes("bare"))
        bench.goals.compare(f"CPU s/GB, {title}", series, "stream", cpu_per_gb, most=1.1)


def gzip(bench):
    series = bench.rounds("gzip, 64 MiB when decoded",
                          ("inflate", "stream", "curl", "aiohttp_stream"),
                          bench.server.plain + f"/gzip/{64 * MIB}",
                          ["--count", str(max(1, bench.args.downloads // 4))], volumes("inflate"))
    bench.goals.compare("GB per CPU s, gzip", series, "stream",
                        lambda result: 1 / cpu_per_gb(result), least=0.95, to="inflate")


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
            series = bench.rates(f"Keep-alive GETs over TLS 1.3, {at_once} at once", TLS_GETS,
                                 bench.server.tls + "/tiny", at_once,
                                 "--ca", str(bench.certificates.root))
            for name in ("callbacks", "tasks"):
                bench.goals.compare(f"requests/s over TLS, {at_once} at once", series, name, rate,
                                    least=0.9)


def handshake(bench):
    roots = bench.certificates
    for title, names, more in (
            ("Full handshakes, one root in a file", HANDSHAKES, ["--fresh", "--ca", str(roots.root)]),
            (f"Full handshakes, the system's {roots.system_count} roots and one more in a file",
             HANDSHAKES, ["--fresh", "--ca", str(roots.system)]),
            ("Resumed handshakes", RESUMED, ["--resume", "--ca", str(roots.root)])):
        before = bench.server.stats()
        series = bench.rates(f"{title}, 10 at once", names, bench.server.tls + "/tiny", 10, *more)
        bench.goals.compare(title, series, "callbacks", rate, least=0.95)
        after = bench.server.stats()
        shaken = after["handshakes"] - before["handshakes"]
        resumed = after["resumed"] - before["resumed"]
        print(f"<sub>{shaken:,} handshakes, {resumed:,} of them resumed</sub>\n")


def idle_goal(goals, what, series, figure, most_kib):
    if "callbacks" in series and series["callbacks"].results:
        kib = series["callbacks"].median(figure) / 1024
        goals.add(what, f"≤ {most_kib} KiB", f"{kib:.2f} KiB", kib <= most_kib)


def idle(bench):
    columns = (["bytes of RSS per connection", "bytes of heap per connection"],
               [shown(field("idle_rss")),
                lambda series, name, one: number(one.results[0].get("idle_heap"))])
    for title, url, count, most_kib, more in (
            ("Idle connections, plain", bench.server.plain, bench.args.idle_plain, 1, ()),
            ("Idle connections, TLS 1.3", bench.server.tls, bench.args.idle_tls, 30,
             ("--ca", str(bench.certificates.root)))):
        series = bench.rounds(f"{title}: {count:,} open", ("bare", "callbacks", "aiohttp"),
                              url + "/tiny",
                              ["--at-once", str(count), "--idle", "--no-clock", *more], columns)
        for kind in ("heap", "rss"):
            idle_goal(bench.goals, f"{title}, {kind}", series, field(f"idle_{kind}"), most_kib)


class FromStart:
    """A client whose whole process is measured, many times."""

    def __init__(self, client, times):
        self.client, self.name, self.times = client, client.name, times

    def run(self, url, options):
        command = [str(word) for word in self.client.command_line(url, options)]
        user = system = 0
        began = time.monotonic()
        for _ in range(self.times):
            used = measure.spawn(command)
            user, system = user + used.ru_utime, system + used.ru_stime
        return {"requests": self.times, "seconds": time.monotonic() - began, "user": user,
                "system": system}


def ms_each(result):
    return result["seconds"] / result["requests"] * 1e3


def start(bench):
    columns = (["ms in all: min / median / max", "÷ bare", "CPU ms", "CPU ÷ bare"],
               [spread_of(ms_each), compared(ms_each), shown(cpu_us, 1000), compared(cpu_us)])
    everybody = bench.clients
    bench.clients = {name: FromStart(client, bench.args.starts)
                     for name, client in everybody.items() if name != "wrk"}
    for title, url, more in (
            ("One GET from the start of a process", bench.server.plain, ()),
            ("One GET over TLS from the start of a process, roots in a hashed directory",
             bench.server.tls, ("--ca", str(bench.certificates.hashed)))):
        series = bench.rounds(title, ("bare", "callbacks", "curl"), url + "/tiny",
                              ["--count", "1", *more], columns)
        if more:
            bench.goals.compare("ms, " + title, series, "callbacks", ms_each, most=1.1)
    bench.clients = everybody


def origins(bench):
    """As it comes, with the bare client beside it; and like with like.  A server of 10 000 connections
    has more to do than one of 100, and may be slower than the client, which then finds a few responses
    in a turn of its loop instead of ninety.  So there is also a program that computes, so that the
    client is what limits; and with one origin a server that computes, so that it limits there as
    well."""
    print("#### Many origins: keep-alive GETs, 100 at once\n")
    many, computing_us = bench.args.origins, 2
    one_alone, many_alone = ("callbacks", "", 1), ("callbacks", "", many)
    one_bare, many_bare = ("bare", "", 1), ("bare", "", many)
    one_client, many_client = [("callbacks", "the program computes", count) for count in (1, many)]
    one_server = ("callbacks", "the server computes", 1)
    cases = {one_bare: ("/tiny", 0), many_bare: ("/tiny", 0),
             one_alone: ("/tiny", 0), many_alone: ("/tiny", 0),
             one_client: ("/tiny", computing_us), many_client: ("/tiny", computing_us),
             one_server: (f"/busy/{computing_us}", 0)}
    results = {case: [] for case in cases}
    for _ in range(bench.args.rounds):
        for case, (path, program_us) in cases.items():
            client, _, count = case
            result = bench.clients[client].run(
                bench.server.plain + path,
                ["--origins", str(count), "--at-once", "100", "--busy", str(program_us),
                 "--warm-up", str(2 * many), "--count", str(6 * many)])
            results[case].append((rate(result), cpu_us(result) - program_us))

    def times_one(mine, one):
        return statistics.median(a[1] / b[1] for a, b in zip(results[mine], results[one]))

    table(["client", "", "origins", "req/s: min / median / max", "CPU µs"],
          [[bench.clients[client].name, what, f"{count:,}", spread([value[0] for value in values]),
            number(statistics.median(value[1] for value in values))]
           for (client, what, count), values in results.items()])
    print("The bare client, which has a connection for each and no pool, takes "
          f"{number(times_one(many_bare, one_bare))} times the CPU that it takes with one origin.\n")
    for how, mine, one in (("", many_alone, one_alone),
                           (", the client being what limits", many_client, one_client),
                           (", the server being what limits", many_alone, one_server)):
        times = times_one(mine, one)
        bench.goals.add(f"CPU µs with {many:,} origins{how}", "≤ 1.30 × one origin", f"{times:.2f}",
                        round(times, 2) <= 1.3)


TOPICS = {"get": get, "nginx": nginx, "counts": counts, "download": download, "gzip": gzip,
          "upload": upload, "tls": tls, "handshake": handshake, "idle": idle, "start": start,
          "origins": origins}


def arguments():
    parser = argparse.ArgumentParser(description="topics: " + ", ".join(TOPICS))
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help="all of them, if none is named")
    parser.add_argument("--build", default="build/bench", help="where it was built")
    parser.add_argument("--quick", action="store_true", help="one short round, fewer connections")
    parser.add_argument("--rounds", type=int, default=5, help="of volumes, memory and processes")
    parser.add_argument("--short-rounds", type=int, default=15, help="of requests a second")
    parser.add_argument("--seconds", type=float, default=0.7, help="of each of these")
    parser.add_argument("--only", help="names of clients: bare,callbacks,...")
    args = parser.parse_args()
    unknown = [topic for topic in args.topics if topic not in TOPICS]
    if unknown:
        parser.error(f"there is no topic {unknown[0]}; there are {', '.join(TOPICS)}")
    args.at_once = [1, 10, 100, 1000]
    args.downloads, args.starts, args.origins = 10, 20, 10000
    args.idle_plain, args.idle_tls = 10000, 2000
    if args.quick:
        args.rounds, args.short_rounds, args.seconds, args.at_once = 1, 1, 0.3, [1, 100]
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
            bench.goals.print(args.quick)
        finally:
            bench.server.stop()


if __name__ == "__main__":
    sys.exit(main())
