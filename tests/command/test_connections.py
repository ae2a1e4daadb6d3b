#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How connections are made: TLS, proxies, sockets, names and times, against real servers.  curl runs
beside it wherever it has the option; exit codes and output must be the same.

usage: test_connections.py AHTTP [ROW...]

A row of ROWS is a name and the words, in which {tls} and {plain} are nginx's URLs, {f} is the folder
of certificates, and {dante}, {micro}, {tiny}, {hap} (https) and {strict} (that wants a certificate)
are the ports of proxies.  "!": curl must fail, too, and as ahttp does; otherwise both must succeed.
"=": for ahttp alone; curl has no such option, or not everywhere.
"""
import base64
import hashlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from scripted import Server, page
from servers import Programs, free_ports

ROWS = """
--cacert               --cacert {f}/ca.pem {tls}
--cacert, by name      -4 --cacert {f}/ca.pem https://localhost:{tlsport}/
! nobody trusted       {tls}
! --cacert, another    --cacert {f}/other-ca.pem {tls}
! --cacert, no file    --cacert {f}/missing {tls}
! --capath, another    --cacert {f}/other-ca.pem --capath {f}/other-cas {tls}
--capath               --cacert {f}/other-ca.pem --capath {f}/cas {tls}
-k                     -k {tls}
-k, another name       -k --resolve other.example:{tlsport}:127.0.0.1 https://other.example:{tlsport}/
! another name         --cacert {f}/ca.pem --resolve o.example:{tlsport}:127.0.0.1 https://o.example:{tlsport}/
--cert --key           --cacert {f}/ca.pem --cert {f}/client.pem --key {f}/client.key {tls}
--cert, both in it     --cacert {f}/ca.pem --cert {f}/both.pem {tls}
--pass                 --cacert {f}/ca.pem --cert {f}/client.pem --key {f}/locked.key --pass secret {tls}
--cert and phrase      --cacert {f}/ca.pem -E {f}/client.pem:secret --key {f}/locked.key {tls}
! --pass, wrong        --cacert {f}/ca.pem --cert {f}/client.pem --key {f}/locked.key --pass no {tls}
! --cert, no file      --cacert {f}/ca.pem --cert {f}/missing {tls}
! --key, of another    --cacert {f}/ca.pem --cert {f}/client.pem --key {f}/leaf.key {tls}
--cert-type P12        --cacert {f}/ca.pem --cert-type P12 --cert {f}/client.p12:secret {tls}
--cert-type PEM        --cacert {f}/ca.pem --cert-type PEM --cert {f}/both.pem {tls}
--key-type PEM         --cacert {f}/ca.pem --cert {f}/client.pem --key-type PEM --key {f}/client.key {tls}
--cert-type DER        --cacert {f}/ca.pem --cert-type DER --cert {f}/client.der --key {f}/client.key {tls}
--key-type DER         --cacert {f}/ca.pem --cert {f}/client.pem --key-type DER --key {f}/client-key.der {tls}
--crlfile              --cacert {f}/ca.pem --crlfile {f}/none.crl {tls}
! --crlfile, revoked   --cacert {f}/ca.pem --crlfile {f}/all.crl {tls}
--pinnedpubkey         -k --pinnedpubkey sha256//{pin} {tls}
--pinnedpubkey, two    -k --pinnedpubkey sha256//{nopin};sha256//{pin} {tls}
--pinnedpubkey, file   -k --pinnedpubkey {f}/leaf.pub {tls}
! --pinnedpubkey, none -k --pinnedpubkey {f}/missing {tls}
! --cert-type, unknown -k --cert-type XYZ --cert {f}/both.pem {tls}
--pinnedpubkey, DER    -k --pinnedpubkey {f}/leaf.spki {tls}
! --pinnedpubkey, other -k --pinnedpubkey sha256//{nopin} {tls}
--tls-max 1.2          -k --tls-max 1.2 {tls}
--tls-max 1.3          -k --tls-max 1.3 {tls}
! --tls-max 1.1        -k --tls-max 1.1 {tls}
-1                     -k -1 {tls}
--tlsv1.0              -k --tlsv1.0 {tls}
--tlsv1.1              -k --tlsv1.1 {tls}
--tlsv1.2              -k --tlsv1.2 {tls}
--tlsv1.2, no newer    -k --tlsv1.2 --tls-max 1.2 {tls}
--tlsv1.3              -k --tlsv1.3 {tls}
! --tlsv1.3, max 1.2   -k --tlsv1.3 --tls-max 1.2 {tls}
--ciphers              -k --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256 {tls}
! --ciphers, none      -k --tls-max 1.2 --ciphers NO-SUCH-CIPHER {tls}
--tls13-ciphers        -k --tls13-ciphers TLS_AES_128_GCM_SHA256 {tls}
--socks4               --socks4 127.0.0.1:{dante} {plain}
= --socks4a, address   --socks4a 127.0.0.1:{dante} {plain}
! --socks4a, name      --socks4a 127.0.0.1:{dante} http://localhost:{plainport}/
--socks5               --socks5 127.0.0.1:{dante} {plain}
--socks5, a name       -4 --socks5 127.0.0.1:{dante} http://localhost:{plainport}/
--socks5-hostname      --socks5-hostname 127.0.0.1:{dante} http://localhost:{plainport}/
--socks5, TLS          -k --socks5 127.0.0.1:{dante} {tls}
--socks5, user         --socks5 127.0.0.1:{micro} -U user:secret {plain}
--socks5, user in URL  -x socks5://user:secret@127.0.0.1:{micro} {plain}
! --socks5, bad user   --socks5 127.0.0.1:{micro} -U user:wrong {plain}
! --socks5, refused    --socks5 127.0.0.1:{dante} http://127.0.0.2:1/
! --socks5, no proxy   --socks5 127.0.0.1:1 {plain}
--preproxy             --preproxy socks5://127.0.0.1:{dante} -x http://127.0.0.1:{tiny} {plain}
--preproxy, TLS        -k --preproxy socks5h://127.0.0.1:{dante} -x http://127.0.0.1:{tiny} {tls}
-x                     -x 127.0.0.1:{tiny} {plain}
-p                     -p -x 127.0.0.1:{tiny} {plain}
-x, TLS                --cacert {f}/ca.pem -x 127.0.0.1:{tiny} {tls}
-x https               --proxy-cacert {f}/ca.pem -x https://localhost:{hap} {plain}
! -x https, trusted not -x https://localhost:{hap} {plain}
--proxy-capath         --proxy-cacert {f}/other-ca.pem --proxy-capath {f}/cas -x https://localhost:{hap} {plain}
--proxy-insecure       --proxy-insecure -x https://localhost:{hap} {plain}
--proxy-insecure alone -k --proxy-insecure -x https://localhost:{hap} {tls}
! -k is not the proxy's -k -x https://localhost:{hap} {plain}
--proxy-pinnedpubkey   --proxy-insecure --proxy-pinnedpubkey sha256//{pin} -x https://localhost:{hap} {plain}
--proxy-cert           --proxy-insecure --proxy-cert {f}/client.pem --proxy-key {f}/client.key -x https://localhost:{strict} {plain}
--proxy-pass           --proxy-insecure --proxy-cert {f}/client.pem --proxy-key {f}/locked.key --proxy-pass secret -x https://localhost:{strict} {plain}
--unix-socket          --unix-socket {f}/nginx.sock http://host.example/
! --unix-socket, none  --unix-socket {f}/missing http://host.example/
--abstract-unix-socket --abstract-unix-socket {abstract} http://host.example/page
-4                     -4 http://localhost:{plainport}/
-6                     -6 http://localhost:{plainport}/
-6 -g                  -g http://[::1]:{plainport}/
! -4, an IPv6 address  -4 --resolve h.example:{plainport}:[::1] http://h.example:{plainport}/
--interface            --interface 127.0.0.5 {plain}
--interface, a name    -4 --interface localhost {plain}
--interface host!      --interface host!127.0.0.5 {plain}
--interface, device    --interface lo {plain}
! --interface, none    --interface nosuchdevice9 {plain}
--happy-eyeballs       --happy-eyeballs-timeout-ms 50 --resolve h.example:{plainport}:[::1],127.0.0.1 http://h.example:{plainport}/
= --ca-native          --ca-native --proxy-ca-native --cacert {f}/ca.pem {tls}
= --dns-servers        --dns-servers 127.0.0.1:{dns} http://served.example:{plainport}/
"""


def rows():
    for line in ROWS.strip().splitlines():
        name, words = line[:23], line[23:]  # a long name ends with its last space
        longer = "" if name.endswith(" ") else words.partition(" ")[0] + " "
        yield (name + longer).strip(), words[len(longer):].split()


def run(program, words):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C",
                   "AHTTP_CURL_VERSION": "7.88.1",
                   **{key: value for key, value in os.environ.items()
                      if key.startswith(("ASAN_", "UBSAN_", "LSAN_"))}}
    return subprocess.run([program, "-sS", *words], env=environment, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60)


def compare(ahttp, name, words):
    """What is wrong, or an empty text."""
    ours = run(ahttp, words)
    text = ours.stderr if ours.returncode < 0 or "Sanitizer" in ours.stderr else ""
    if (ours.returncode == 0) != (name[0] != "!"):
        text += f"    ahttp: exit code {ours.returncode}: {ours.stderr}"
    if name[0] == "=":
        return text
    theirs = run("curl", words)
    if (ours.returncode, ours.stdout) != (theirs.returncode, theirs.stdout):
        text += (f"    curl:  {theirs.returncode} {theirs.stdout!r} {theirs.stderr}\n"
                 f"    ahttp: {ours.returncode} {ours.stdout!r} {ours.stderr}\n")
    return text


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


# ---- What cannot be a row ----

def slow(_):
    time.sleep(0.2)
    return page("slow\n")


def moved(_):
    time.sleep(0.1)
    return page("moved\n", "Location: /slow", status="302 Found")


PAGES = {"/slow": slow, "/moved": moved, "/large": page(bytes(60000)), "/waits": lambda _: (
    time.sleep(1.5), page("at last\n"))[1]}
NAMES = ("namelookup", "connect", "appconnect", "pretransfer", "starttransfer", "redirect", "total")
FORMAT = "\n".join(f"%{{time_{name}}}" for name in NAMES) + "\n"


def times(program, *words):
    done = run(program, ["-w", FORMAT, "-o", "/dev/null", *words])
    check(done.returncode == 0, f"{program} {words}: {done.stderr}")
    return dict(zip(NAMES, map(float, done.stdout.split())))


def times_are_told_apart(ahttp, server, places):
    url = f"http://127.0.0.1:{server.port}"
    for program in ("curl", ahttp):
        plain = times(program, f"{url}/slow")
        check(0 < plain["namelookup"] <= plain["connect"] <= plain["pretransfer"] < 0.2
              and 0.2 <= plain["starttransfer"] <= plain["total"] and plain["appconnect"] == 0
              and plain["redirect"] == 0, f"{program}: times of a request: {plain}")
        hops = times(program, "-L", f"{url}/moved")
        check(hops["redirect"] >= 0.1 and hops["starttransfer"] >= 0.3,
              f"{program}: times of a redirect: {hops}")
        tls = times(program, "-k", places["tls"])
        check(0 < tls["namelookup"] <= tls["connect"] < tls["appconnect"] <= tls["pretransfer"]
              <= tls["starttransfer"] <= tls["total"], f"{program}: times with TLS: {tls}")
        refused = run(program, ["-w", "%{time_connect} %{time_total}", "http://127.0.0.1:1/"])
        connect, total = map(float, refused.stdout.split())
        check(connect == 0 and 0 < total < 5, f"{program}: refused: {refused.stdout}")


def times_are_told_apart_at_the_same_time(ahttp, server, _):
    url = f"http://127.0.0.1:{server.port}"
    words = ["-Z", "-w", "%{stderr}%{time_namelookup} %{time_connect} %{time_starttransfer}\n",
             "-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null"]
    lines = run(ahttp, [*words, *[f"{url}/slow?{i}" for i in range(3)]]).stderr.splitlines()
    check(len(lines) == 3, f"-Z: a line for each: {lines}")
    for line in lines:
        name, connect, first = map(float, line.split())
        check(0 < name <= connect < first and first >= 0.2, f"-Z: {line}")


def each_transfer_has_the_heads_of_its_tunnel(ahttp, server, places):
    """Also where several ask for one at the same time."""
    url = f"http://127.0.0.1:{server.port}/slow"
    with tempfile.TemporaryDirectory() as folder:
        for program, all_words in (("curl", ((),)), (ahttp, ((), ("-Z",)))):
            for words in all_words:
                done = run(program, ["-i", "-p", "-x", f"127.0.0.1:{places['tiny']}", *words,
                                     *(word for i in range(4)
                                       for word in (f"{url}?{i}", "-o", f"{folder}/{i}"))])
                check(done.returncode == 0, f"{program} {words}: {done.stderr}")
                heads = [len(re.findall(r"(?m)^HTTP/1.0 200 Connection established",
                                        pathlib.Path(folder, str(i)).read_text())) for i in range(4)]
                wanted = [1, 1, 1, 1] if words else [1, 0, 0, 0]
                check(heads == wanted, f"{program} {words}: {heads}")


def no_other_proxy_hears_the_password(ahttp, _, places):
    """A redirect leads to a host that has another proxy."""
    elsewhere = Server({"other.example:443": page("no", status="403 Forbidden")})
    first = Server({"/a": page("", "Location: https://other.example/", status="302 Found")})
    environment = {"http_proxy": f"http://ann:secret@127.0.0.1:{first.port}",
                   "https_proxy": f"http://127.0.0.1:{elsewhere.port}"}
    done = subprocess.run([ahttp, "-q", "-sSL", "http://host.example/a"], env=environment,
                          capture_output=True, text=True)
    first.close()
    elsewhere.close()
    sent = elsewhere.take()[0]
    check(done.returncode == 7 and b"Proxy-Authorization: Basic" in first.take()[0][0], done.stderr)
    check(len(sent) == 1 and b"uthorization" not in sent[0], f"{sent}")


def timing_has_a_row_for_each_part(ahttp, _, places):
    seen = run(ahttp, ["--timing", "-k", "-o", "/dev/null", places["tls"]]).stderr
    names = [line[:10].strip() for line in seen.splitlines()]
    check(names == ["DNS", "connect", "TLS", "sent", "first byte", "done", "in all"],
          f"--timing: {seen}")
    check(re.search(r"^TLS +\d+\.\d\d ms +[#|]", seen, re.M), f"--timing: {seen}")


def local_ports_are_of_the_range(ahttp, _, places):
    first, = free_ports(1)
    for program in ("curl", ahttp):
        got = run(program, ["--local-port", f"{first}-{first + 20}", places["plain"] + "port"])
        check(got.returncode == 0 and first <= int(got.stdout) <= first + 20,
              f"{program}: --local-port: {got}")


def rates_are_limited(ahttp, server, _):
    """curl lets through at once what is as short as this."""
    since = time.monotonic()
    done = run(ahttp, ["--limit-rate", "40k", "-o", "/dev/null", "-w", "%{size_download}",
                       f"http://127.0.0.1:{server.port}/large"])
    passed = time.monotonic() - since
    check(done.stdout == "60000" and 0.8 < passed < 5,
          f"--limit-rate: {done.stdout} bytes in {passed:.1f} s")


def connecting_has_a_limit(ahttp, _, __):
    """Nobody takes what waits in a queue of two."""
    with socket.socket() as full, socket.socket() as one, socket.socket() as two:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for each in (one, two):
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        for program in ("curl", ahttp):
            since = time.monotonic()
            done = run(program, ["--connect-timeout", "0.3",
                                 f"http://127.0.0.1:{full.getsockname()[1]}/"])
            check(done.returncode == 28 and 0.25 < time.monotonic() - since < 5,
                  f"{program}: --connect-timeout: {done}")


def a_body_waits_for_100_so_long(ahttp, _, __):
    """The server reads the body before it says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for program in ("curl", ahttp):
            with subprocess.Popen([program, "-sS", "--expect100-timeout", "0.4", "-H",
                                   "Expect: 100-continue", "-d", "abc",
                                   f"http://127.0.0.1:{listener.getsockname()[1]}/"],
                                  stdout=subprocess.PIPE) as client:
                peer = listener.accept()[0]
                head = peer.recv(4096)
                since = time.monotonic()
                body = peer.recv(4096)
                waited = time.monotonic() - since
                peer.sendall(page("ok"))
                peer.close()
                check(client.stdout.read() == b"ok", f"{program}: answer")
            check(head.endswith(b"\r\n\r\n") and body == b"abc" and 0.3 < waited < 5,
                  f"{program}: --expect100-timeout: {waited:.2f} s")


def keepalive_of(program, port, *words):
    """The timer of a connection to that port, and its seconds, while the server thinks."""
    with subprocess.Popen([program, "-sS", *words, f"http://127.0.0.1:{port}/waits"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as client:
        deadline = time.monotonic() + 0.8
        found = None
        while not found and time.monotonic() < deadline:
            time.sleep(0.1)
            for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
                parts = line.split()
                kind, when = parts[5].split(":")
                if int(parts[2].split(":")[1], 16) == port and parts[3] == "01" and kind != "01":
                    found = kind == "02", int(when, 16) / os.sysconf("SC_CLK_TCK")
        client.kill()
    return found or (False, 0)


def connections_are_kept_alive(ahttp, server, _):
    for program in ("curl", ahttp):
        is_on, seconds = keepalive_of(program, server.port, "--keepalive-time", "30")
        check(is_on and 25 < seconds <= 30, f"{program}: --keepalive-time 30: {is_on}, {seconds}")
        is_on, _ = keepalive_of(program, server.port, "--no-keepalive")
        check(not is_on, f"{program}: --no-keepalive")


def serve_abstract(name):
    """A page on a socket of Linux's abstract names."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + name)
    listener.listen(8)

    def serve():
        while True:
            peer, _ = listener.accept()
            peer.recv(4096)
            peer.sendall(page("from the abstract\n"))
            peer.close()

    threading.Thread(target=serve, daemon=True).start()


def start_all(programs):
    names = ("tlsport", "plainport", "dante", "micro", "tiny", "hap", "strict", "dns")
    places = dict(zip(names, free_ports(len(names))))
    programs.make_certificates()
    programs.start_nginx(places["tlsport"], places["plainport"])
    programs.start_dante(places["dante"])
    programs.start_microsocks(places["micro"])
    programs.start_tinyproxy(places["tiny"])
    programs.start_haproxy(places["hap"], places["strict"], places["tiny"])
    programs.start_dnsmasq(places["dns"], "served.example")
    programs.openssl("pkey", "-pubin", "-in", "leaf.pub", "-outform", "DER", "-out", "leaf.spki")
    digest = hashlib.sha256(pathlib.Path(programs.path("leaf.spki")).read_bytes()).digest()
    places |= {"tls": f"https://127.0.0.1:{places['tlsport']}/", "f": str(programs.folder),
               "plain": f"http://127.0.0.1:{places['plainport']}/",
               "pin": base64.b64encode(digest).decode(),
               "nopin": base64.b64encode(bytes(32)).decode(), "abstract": f"ahttp-{os.getpid()}"}
    serve_abstract(places["abstract"])
    return places


def test(ahttp, chosen, places):
    bad = count = 0
    with ThreadPoolExecutor(12) as pool:
        jobs = [(name, words, pool.submit(compare, ahttp, name, words))
                for name, words in ((name, [word.format(**places) for word in words])
                                    for name, words in rows()) if not chosen or name in chosen]
        for name, words, job in jobs:
            count += 1
            if job.result():
                bad += 1
                print(f"--- {name}: {' '.join(words)}\n{job.result()}")
    print(f"{count - bad} of {count} rows are right", flush=True)
    server = Server(PAGES)
    for each in () if chosen else (times_are_told_apart, times_are_told_apart_at_the_same_time,
                                   timing_has_a_row_for_each_part,
                                   each_transfer_has_the_heads_of_its_tunnel,
                                   no_other_proxy_hears_the_password,
                                   connecting_has_a_limit, a_body_waits_for_100_so_long, local_ports_are_of_the_range,
                                   rates_are_limited, connections_are_kept_alive):
        each(ahttp, server, places)
        print(f"ok  {each.__name__}", flush=True)
    return bad > 0


def main():
    ahttp = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(folder)
        os.chmod(folder, 0o755)
        try:
            return test(ahttp, sys.argv[2:], start_all(programs))
        finally:
            programs.stop()


if __name__ == "__main__":
    sys.exit(main())
