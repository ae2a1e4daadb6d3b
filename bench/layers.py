#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where the instructions of a keep-alive GET are spent, layer by layer, as a table in markdown
and as a picture.

usage: layers.py [--build DIR] [--svg FILE]
"""
import argparse
import pathlib
import re
import sys
import tempfile

import callgrind
import measure

LAYERS = ("client", "pool", "conn", "http", "net", "loop", "base", "other layers")
OUTSIDE = ("llhttp", "libuv", "C library", "the program")
COLOURS = ("#4269d0", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#bbbbbb",
           "#efb118", "#ff725c", "#9498a0", "#dddddd")


def layer(obj, file, function):
    if re.search(r"llhttp|/(api|http)\.c$", file) and "src/" not in file:
        return "llhttp"
    if "libuv" in obj:
        return "libuv"
    if "libahttp" in obj:
        found = re.search(r"/src/(\w+)/", file)
        return found[1] if found and found[1] in LAYERS else "other layers"
    if "bench_" in obj:
        return "the program"
    return "C library"


def count(build):
    """[(name of the client, {layer: instructions})]"""
    with tempfile.TemporaryDirectory() as folder:
        server = measure.Server(build, measure.Certificates(pathlib.Path(folder)))
        try:
            found = measure.clients(build)
            return [(found[name].name, callgrind.slope(
                lambda requests, name=name: found[name].command_line(
                    server.plain + "/tiny",
                    ["--at-once", "10", "--count", str(requests), "--no-clock"])).by(layer))
                    for name in ("bare", "callbacks", "tasks")]
        finally:
            server.stop()


def write_table(columns):
    print("| Layer | " + " | ".join(name for name, _ in columns) + " |")
    print("|---" + "|--:" * len(columns) + "|")
    for name in LAYERS + OUTSIDE:
        if any(round(cost[name]) for _, cost in columns):
            print(f"| {name} | " + " | ".join(f"{cost[name]:,.0f}" for _, cost in columns) + " |")
    print("| **all** | " + " | ".join(f"**{sum(cost.values()):,.0f}**" for _, cost in columns) + " |")


def write_svg(columns, path):
    width, bar, gap, left, top = 760, 34, 22, 150, 20
    most = max(sum(cost.values()) for _, cost in columns)
    scale = (width - left - 70) / most
    parts = []
    for row, (name, cost) in enumerate(columns):
        x, y = left, top + row * (bar + gap)
        parts.append(f'<text x="{left - 8}" y="{y + 22}" text-anchor="end">{name}</text>')
        for which, colour in zip(LAYERS + OUTSIDE, COLOURS):
            length = cost[which] * scale
            parts.append(f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{bar}" '
                         f'fill="{colour}"><title>{which}: {cost[which]:,.0f}</title></rect>')
            x += length
        parts.append(f'<text x="{x + 6:.1f}" y="{y + 22}">{sum(cost.values()):,.0f}</text>')
    y = top + len(columns) * (bar + gap) + 6
    for number, (which, colour) in enumerate(zip(LAYERS + OUTSIDE, COLOURS)):
        x, line = left + number % 4 * 150, y + number // 4 * 20
        parts.append(f'<rect x="{x}" y="{line}" width="12" height="12" fill="{colour}"/>'
                     f'<text x="{x + 18}" y="{line + 11}">{which}</text>')
    height = y + 20 * -(-len(COLOURS) // 4) + 10
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                    f'font-family="sans-serif" font-size="13">\n'
                    f'<rect width="{width}" height="{height}" fill="white"/>\n' +
                    "\n".join(parts) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--svg", type=pathlib.Path)
    args = parser.parse_args()
    columns = count(pathlib.Path(args.build).resolve() / "bench")
    write_table(columns)
    if args.svg:
        write_svg(columns, args.svg)


if __name__ == "__main__":
    sys.exit(main())
