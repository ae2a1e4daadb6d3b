# SPDX-License-Identifier: MIT
"""Real servers on free ports of the loopback, and certificates of an authority to be thrown away."""
import pathlib
import shutil
import socket
import subprocess
import sys
import time


class Programs:
    """Those that a test has started, and the folder that they work in."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.running = []

    def stop(self):
        for program in self.running:
            program.terminate()
        for program in self.running:
            program.wait()

    def path(self, name):
        return str(self.folder / name)

    def write(self, name, text):
        pathlib.Path(self.path(name)).write_text(text)
        return self.path(name)

    def start(self, package, port, *words):
        """Until it accepts connections."""
        if not shutil.which(words[0]):
            sys.exit(f"{words[0]} is not there; its package is {package}")
        with open(self.path(words[0] + ".log"), "ab") as log:
            program = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.running.append(program)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return port
            except OSError:
                if program.poll() is not None:
                    break
                time.sleep(0.02)
        sys.exit(f"{words[0]} does not accept connections:\n"
                 + pathlib.Path(self.path(words[0] + ".log")).read_text())

    # ---- Certificates ----

    def openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def make_certificates(self):
        """ca.pem and other-ca.pem; leaf.pem, client.pem and client.der with their .key, client.p12;
        locked.key has the phrase "secret"; none.crl and all.crl: revoked are none, and the leaf."""
        self.write("ext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1")
        for name in ("ca", "other-ca"):
            self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                         "-out", f"{name}.pem", "-addext", "keyUsage=keyCertSign,cRLSign")
        for name in ("leaf", "client"):
            self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
                         "-keyout", f"{name}.key", "-out", f"{name}.csr")
            self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                         "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", f"{name}.pem")
        self.openssl("x509", "-in", "client.pem", "-outform", "DER", "-out", "client.der")
        self.openssl("rsa", "-in", "client.key", "-outform", "DER", "-out", "client-key.der")
        self.openssl("rsa", "-in", "client.key", "-aes128", "-passout", "pass:secret", "-out",
                     "locked.key")
        self.openssl("pkcs12", "-export", "-in", "client.pem", "-inkey", "client.key", "-passout",
                     "pass:secret", "-out", "client.p12")
        self.openssl("x509", "-in", "leaf.pem", "-pubkey", "-noout", "-out", "leaf.pub")
        self.write("both.pem", (self.folder / "client.pem").read_text()
                   + (self.folder / "client.key").read_text())
        self.write("served.pem", (self.folder / "leaf.pem").read_text()
                   + (self.folder / "leaf.key").read_text())
        for folder, name in (("cas", "ca"), ("other-cas", "other-ca")):
            (self.folder / folder).mkdir()
            shutil.copy(self.path(f"{name}.pem"), self.path(folder))
            self.openssl("rehash", folder)
        self.make_revocations()

    def make_revocations(self):
        self.write("index", "")
        self.write("ca.conf", "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ndefault_md=sha256\n"
                              "default_crl_days=2\n")
        sign = ("ca", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key")
        self.openssl(*sign, "-gencrl", "-out", "none.crl")
        self.openssl(*sign, "-revoke", "leaf.pem")
        self.openssl(*sign, "-gencrl", "-out", "all.crl")

    # ---- Servers ----

    def start_nginx(self, tls, plain):
        """By TLS and without, each on IPv4 and IPv6; also on the socket "nginx.sock"."""
        says = ("return 200 \"$ssl_protocol $ssl_cipher '$ssl_client_s_dn' $remote_addr"
                " $server_addr $http_host\\n\";")
        return self.start("nginx-light", tls, "nginx", "-e", "stderr", "-c",
                          self.write("nginx.conf", f"""
daemon off; pid {self.path("nginx.pid")}; error_log stderr crit; worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off; keepalive_timeout 60;
    client_body_temp_path {self.path("t1")}; proxy_temp_path {self.path("t2")};
    fastcgi_temp_path {self.path("t3")}; uwsgi_temp_path {self.path("t4")};
    scgi_temp_path {self.path("t5")};
    server {{
        listen 127.0.0.1:{tls} ssl; listen [::1]:{tls} ssl;
        ssl_certificate {self.path("leaf.pem")}; ssl_certificate_key {self.path("leaf.key")};
        ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ALL;
        ssl_client_certificate {self.path("ca.pem")}; ssl_verify_client optional;
        location / {{ {says} }}
    }}
    server {{
        listen 127.0.0.1:{plain}; listen [::1]:{plain}; listen unix:{self.path("nginx.sock")};
        location / {{ {says} }}
        location /port {{ return 200 "$remote_port\\n"; }}
    }}
}}
"""))

    def start_dante(self, port):
        return self.start("dante-server", port, "danted", "-f", self.write("dante.conf", f"""
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: 127.0.0.1
clientmethod: none
socksmethod: none
user.privileged: nobody
user.unprivileged: nobody
client pass {{ from: 127.0.0.1/32 to: 0.0.0.0/0 }}
socks block {{ from: 127.0.0.1/32 to: 127.0.0.2/32 }}
socks pass {{ from: 127.0.0.1/32 to: 127.0.0.1/32 command: connect }}
"""), "-p", self.path("dante.pid"))

    def start_microsocks(self, port):
        return self.start("microsocks", port, "microsocks", "-i", "127.0.0.1", "-p", str(port),
                          "-u", "user", "-P", "secret")

    def start_tinyproxy(self, port):
        return self.start("tinyproxy-bin", port, "tinyproxy", "-d", "-c", self.write(
            "tinyproxy.conf", f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\n"))

    def start_haproxy(self, port, strict, to):
        """An https proxy out of a plain one; strict: the same, for those with a certificate."""
        bind = f"ssl crt {self.path('served.pem')}"
        return self.start("haproxy", port, "haproxy", "-db", "-f", self.write("haproxy.conf", f"""
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend f
    bind 127.0.0.1:{port} {bind}
    bind 127.0.0.1:{strict} {bind} ca-file {self.path('ca.pem')} verify required
    default_backend b
backend b
    server s 127.0.0.1:{to}
"""))

    def start_dnsmasq(self, port, host):
        return self.start("dnsmasq-base", port, "dnsmasq", "--keep-in-foreground",
                          "--conf-file=/dev/null", "--pid-file", f"--port={port}",
                          "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv",
                          "--no-hosts", f"--host-record={host},127.0.0.1")


def free_ports(count):
    """That nothing listened on a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
