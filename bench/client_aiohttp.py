#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""aiohttp, with the command line and the report of the other clients (see load.h)."""
import argparse
import asyncio
import json
import resource
import ssl
import sys
import time

import aiohttp


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--style", default="")
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--warm-up", type=int, default=0)
    parser.add_argument("--upload", type=int, default=0)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("--no-clock", action="store_true")
    parser.add_argument("--ca")
    parser.add_argument("url")
    return parser.parse_args()


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) * 1024


class Load:
    def __init__(self, args):
        self.args = args
        self.started = self.ended = self.failed = self.skipped = self.bytes = 0
        self.warm_up = args.warm_up
        self.latencies = []
        self.begin()

    def begin(self):
        self.skipped = self.ended
        self.bytes = 0
        self.latencies.clear()
        self.used = resource.getrusage(resource.RUSAGE_SELF)
        self.began = time.monotonic()

    def next(self):
        if self.args.count:
            due = self.started < self.args.count
        else:
            due = self.warm_up or time.monotonic() - self.began < self.args.seconds
        self.started += bool(due)
        return due

    def end(self, began, count):
        self.ended += 1
        self.bytes += count
        self.latencies.append(time.monotonic() - began)
        if self.warm_up and self.ended == self.warm_up:
            self.warm_up = 0
            self.begin()

    def report(self, **more):
        now = resource.getrusage(resource.RUSAGE_SELF)
        ordered = sorted(self.latencies) or [0]
        print(json.dumps({
            "requests": self.ended - self.skipped, "failed": self.failed,
            "seconds": time.monotonic() - self.began,
            "user": now.ru_utime - self.used.ru_utime,
            "system": now.ru_stime - self.used.ru_stime, "bytes": self.bytes,
            "p50": ordered[len(ordered) // 2] * 1e6,
            "p99": ordered[len(ordered) * 99 // 100] * 1e6,
            "peak": peak(), **more}))


async def work(load, session, body):
    args = load.args
    while load.next():
        began = time.monotonic()
        count = 0
        async with session.request("POST" if body else "GET", args.url, data=body) as response:
            response.headers["Content-Type"]
            if args.style == "stream":
                async for piece in response.content.iter_any():
                    count += len(piece)
            else:
                count = len(await response.text())
        load.end(began, count)


async def main():
    args = arguments()
    if args.idle:
        args.count = args.at_once
    context = None
    if args.ca:
        context = ssl.create_default_context(cafile=args.ca)
    before = resident()
    connector = aiohttp.TCPConnector(limit=args.at_once, ssl=context, force_close=args.fresh)
    body = b"u" * args.upload if args.upload else None
    async with aiohttp.ClientSession(connector=connector) as session:
        load = Load(args)
        await asyncio.gather(*(work(load, session, body) for _ in range(args.at_once)))
        more = {"idle_rss": (resident() - before) / load.ended} if args.idle else {}
        load.report(**more)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
