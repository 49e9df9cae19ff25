"""Starts one machine's part of a Ray cluster: `python -m recsys.jobs.ray_node`, which `make ray` does.

    python -m recsys.jobs.ray_node                                        a cluster of this machine alone, on loopback
    python -m recsys.jobs.ray_node --host 10.0.0.1                        the first of several machines, at this address
    python -m recsys.jobs.ray_node --join 10.0.0.1:6379                   another machine

Whoever reaches a Ray cluster can run code on it. Therefore nothing listens on the network unless `--host` or `--join`
asks for it, and everything asks for a token: a random one in the workspace, which all machines of the cluster share.
Left alone, Ray listens on all interfaces, even for `--node-ip-address 127.0.0.1`, and a cluster of several machines
asks for no token.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from recsys.files import replace_file

ROOT = Path(__file__).resolve().parents[2]
PORT = 6379
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOOPBACK_ONLY = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Ray replaces 127.0.0.1 by the machine's public address, except under this setting (its default on two systems)."""


def default_home() -> Path:
    """The folder of the workspace, as the app finds it."""
    return Path(os.environ.get("STUDIO_HOME", ROOT / "workspace"))


def ray_environment(home: Path, loopback: bool, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a process that belongs to the cluster: the token of the workspace, no usage statistics.

    What the caller has set for Ray stays as it is.

    Args:
        home: folder of the workspace; without a token in it, one is made.
        loopback: whether the cluster is of this machine alone.
    """
    made = {**environment}
    made.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    made.setdefault("RAY_AUTH_MODE", "token")
    if made["RAY_AUTH_MODE"] == "token" and not made.keys() & {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}:
        made["RAY_AUTH_TOKEN_PATH"] = str(token_file(home))
    return made | (LOOPBACK_ONLY if loopback else {})


def token_file(home: Path) -> Path:
    """The file with the cluster's token, which only its owner can read; it is made when missing."""
    file = home / "ray-token"
    home.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32))
    return file


def cluster_address(address: str, home: Path) -> str:
    """An address, or for "auto" that of the cluster which was started with this workspace; else "auto", for Ray to find
    one on this machine."""
    file = home / "ray-address"
    return file.read_text("utf-8").strip() if address == "auto" and file.is_file() else address


def is_loopback(address: str) -> bool:
    """Whether an address, with or without a port, is of this machine alone."""
    return address.rpartition(":")[0] in LOOPBACK or address in LOOPBACK


def main() -> None:
    """The command; it becomes `ray start` and ends with Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python -m recsys.jobs.ray_node", description=__doc__)
    parser.add_argument("--host", default=LOOPBACK[0], help="address of this machine for the others; default: none")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--join", default="", help="address of the first machine, with its port")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="that jobs may use")
    chosen, home = parser.parse_args(), default_home()
    command = [str(Path(sys.executable).with_name("ray")), "start", "--block", f"--num-cpus={chosen.cores}"]
    command += ["--disable-usage-stats", "--include-log-monitor=false"]
    if chosen.join:
        command += [f"--address={chosen.join}"]
    else:
        command += ["--head", f"--port={chosen.port}", f"--node-ip-address={chosen.host}", "--include-dashboard=false"]
        replace_file(home / "ray-address", f"{chosen.host}:{chosen.port}")
    environment = ray_environment(home, not chosen.join and is_loopback(chosen.host))
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    main()
