"""A real container engine for tests, on a bare Debian, in a folder of its own.

``python scripts/engine.py start DIR`` installs Debian's engine where it is missing and starts it; its socket
is ``DIR/docker.sock``. ``base DIR`` makes the image ``openenv-test-base`` there: Debian with Python, from the
mirror that apt is set up with, so that no registry is needed. ``stop DIR`` stops that engine and no other.
Needs root. What a killed engine has left behind is tidied up at the next start.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound

BASE_IMAGE = "openenv-test-base:latest"
PACKAGES = {
    "dockerd": "docker.io",
    "iptables": "iptables",
    "debootstrap": "debootstrap",
    "docker-registry": "docker-registry",
}
INCLUDED = "python3,python3-venv,ca-certificates"
LONGEST_SOCKET_PATH = 107
START_S = 60.0
STOP_S = 60.0
PAUSE_S = 0.05
AUTHORITIES = "usr/local/share/ca-certificates"
"""Where a machine keeps certificate authorities of its own; builds need them wherever this machine does."""


class Engine:
    """An engine whose every file lies below one folder.

    Args:
        folder: The folder; its path is short, as that of a socket has to be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.socket = self.folder / "docker.sock"
        self.host = f"unix://{self.socket}"
        if len(str(self.socket)) > LONGEST_SOCKET_PATH:
            sys.exit(f"error: {self.socket} is too long for a socket; take another folder")

    @property
    def pid(self) -> int | None:
        """The id of its process, if it runs."""
        return _running(self.folder / "pid", "dockerd")

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self.pid is not None and self._answers():
            return
        install_missing()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._tidy_up()
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(self._command(), stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + START_S
        while not self._answers():
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                tail = (self.folder / "log").read_text(errors="replace").splitlines()[-15:]
                sys.exit("\n".join(["error: the engine does not start", *tail]))
            time.sleep(PAUSE_S)

    def stop(self) -> None:
        """Stop it, if it runs; its images stay for the next start, and the folder can be removed."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + STOP_S
        while self.pid is not None:
            if time.monotonic() > until:
                sys.exit(f"error: the engine (process {pid}) does not stop")
            time.sleep(PAUSE_S)
        self._tidy_up()

    def make_base(self) -> None:
        """Make the base image, unless it is there."""
        with closing(docker.DockerClient(self.host)) as client:
            try:
                client.images.get(BASE_IMAGE)
            except ImageNotFound:
                install_missing()
                root = self.folder / "root"
                shutil.rmtree(root, ignore_errors=True)
                make_root(root)
                _import(client, root)
                shutil.rmtree(root)

    def _command(self) -> list[str]:
        paths = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        options = [f"--{option}={self.folder / name}" for option, name in paths.items()]
        return ["dockerd", *options, f"--host={self.host}"]

    def _answers(self) -> bool:
        try:
            with closing(docker.DockerClient(self.host)) as client:
                return bool(client.ping())
        except DockerException:
            return False

    def _tidy_up(self) -> None:
        """Remove what a killed engine leaves: ids of processes, for which the next one would wait, and mounts."""
        for path, name in (
            (self.folder / "pid", "dockerd"),
            (self.folder / "exec" / "containerd" / "containerd.pid", "containerd"),
        ):
            if _running(path, name) is None:
                path.unlink(missing_ok=True)
        mounted = (line.split()[1] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines())
        for place in reversed([place for place in mounted if self.folder in Path(place).parents]):
            subprocess.run(["umount", "--lazy", place], check=True)


def install_missing() -> None:
    """Install what an engine and a base image need, and is not here."""
    missing = [package for command, package in PACKAGES.items() if shutil.which(command) is None]
    if missing:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        subprocess.run(install, check=True, env=quiet, stdout=subprocess.DEVNULL)


def make_root(root: Path) -> None:
    """Make the files of a small Debian with Python, in which pip trusts what this machine trusts."""
    mirror, codename = _mirror()
    command = ["debootstrap", "--variant=minbase", f"--include={INCLUDED}", codename, str(root), mirror]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    for certificate in Path("/", AUTHORITIES).glob("*.crt"):
        shutil.copy(certificate, root / AUTHORITIES)
    subprocess.run(["chroot", str(root), "update-ca-certificates"], check=True, stdout=subprocess.DEVNULL)
    (root / "etc" / "pip.conf").write_text("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n", encoding="utf-8")
    for cached in ("var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / cached)


def _mirror() -> tuple[str, str]:
    """Where apt gets this machine's packages from, and the release's name."""
    form = "$(REPO_URI) $(CODENAME)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages", "Component: main"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    # The plain release comes before what is named after it: bookworm, bookworm-updates.
    mirror, codename = min((line.split() for line in listed), key=lambda found: len(found[1]))
    return mirror, codename


def _import(client: docker.DockerClient, root: Path) -> None:
    name, _, tag = BASE_IMAGE.partition(":")
    packing = subprocess.Popen(["tar", "--numeric-owner", "-C", str(root), "-c", "."], stdout=subprocess.PIPE)
    with packing:
        assert packing.stdout is not None
        changes = ["ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"]
        client.api.import_image_from_stream(packing.stdout, name, tag, changes=changes)
    if packing.returncode:
        sys.exit("error: the base image cannot be packed")


def _running(path: Path, name: str) -> int | None:
    """Read the id of a process from a file; ``None`` where no such process runs (a zombie does not)."""
    try:
        pid = int(path.read_text(encoding="ascii"))
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return pid if facts["Name"] == name and not facts["State"].startswith("Z") else None


if __name__ == "__main__":
    deeds = {"start": Engine.start, "base": Engine.make_base, "stop": Engine.stop}
    if len(sys.argv) != 3 or sys.argv[1] not in deeds:
        sys.exit(f"usage: engine.py {'|'.join(deeds)} DIR")
    deeds[sys.argv[1]](Engine(Path(sys.argv[2])))
