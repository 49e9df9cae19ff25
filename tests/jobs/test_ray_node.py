"""The command that starts a node of a Ray cluster: who can reach it, and what it asks for."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from recsys.code_version import code_version
from recsys.errors import MissingExtraError, StudioError
from recsys.jobs import ray_node, ray_runner
from recsys.jobs.processes import Limits
from recsys.jobs.ray_driver import unfit
from recsys.jobs.ray_node import cluster_address, is_loopback, ray_environment
from recsys.jobs.ray_runner import RayRunner
from recsys.workspace import Workspace

LOOPBACK_SETTING = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


def started(monkeypatch: pytest.MonkeyPatch, home: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command that the module becomes, and its environment."""
    seen: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setenv("STUDIO_HOME", str(home))
    monkeypatch.setattr(sys, "argv", ["ray_node", *arguments])
    monkeypatch.setattr(os, "execve", lambda path, command, environment: seen.append((command, environment)))
    ray_node.main()
    return seen[0]


def test_a_cluster_is_of_this_machine_alone_and_asks_for_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, environment = started(monkeypatch, tmp_path)
    assert {"--head", "--node-ip-address=127.0.0.1", "--include-dashboard=false"} <= set(command)
    assert environment[LOOPBACK_SETTING] == "0" and environment["RAY_AUTH_MODE"] == "token"
    token = Path(environment["RAY_AUTH_TOKEN_PATH"])
    assert len(token.read_text("utf-8")) == 64 and stat.S_IMODE(token.stat().st_mode) == 0o600
    assert cluster_address("auto", tmp_path) == "127.0.0.1:6379" and is_loopback("127.0.0.1:6379")
    again = ray_environment(tmp_path, loopback=True)
    assert again["RAY_AUTH_TOKEN_PATH"] == str(token) and len(token.read_text("utf-8")) == 64, "it stays"


def test_several_machines_share_the_token_and_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, first = started(monkeypatch, tmp_path, "--host", "10.0.0.1")
    command, second = started(monkeypatch, tmp_path, "--join", "10.0.0.1:6379")
    assert "--address=10.0.0.1:6379" in command and "--head" not in command
    assert first["RAY_AUTH_TOKEN_PATH"] == second["RAY_AUTH_TOKEN_PATH"]
    assert LOOPBACK_SETTING not in first and LOOPBACK_SETTING not in second
    assert cluster_address("auto", tmp_path) == "10.0.0.1:6379" and not is_loopback("10.0.0.1:6379")
    assert cluster_address("10.0.0.2:1", tmp_path) == "10.0.0.2:1" and cluster_address("auto", tmp_path / "x") == "auto"


def test_what_an_operator_has_set_for_ray_stays(tmp_path: Path) -> None:
    made = ray_environment(tmp_path, loopback=False, environment={"RAY_AUTH_TOKEN": "t", "PATH": "p"})
    assert made["RAY_AUTH_TOKEN"] == "t" and "RAY_AUTH_TOKEN_PATH" not in made and made["PATH"] == "p"
    assert (
        ray_environment(tmp_path, loopback=False, environment={"RAY_AUTH_MODE": "disabled"})["RAY_AUTH_MODE"]
        == "disabled"
    )


def test_ray_is_asked_for_only_where_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_runner, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"requirements-ray\.txt"):
        RayRunner(Workspace(tmp_path), Limits(memory=1))


def test_a_node_that_is_not_fit_for_jobs_is_named_with_what_to_do() -> None:
    node = {"host": "two", "code": code_version(), "workspace": True}
    assert unfit(node, "/shared/workspace") is None
    other_code = StudioError(*unfit({**node, "code": "0" * 24}, "/shared/workspace") or ())
    assert str(other_code).startswith("the node two of the Ray cluster must have this server’s version of the project")
    no_folder = StudioError(*unfit({**node, "workspace": False}, "/shared/workspace") or ())
    assert "must reach the workspace /shared/workspace" in str(no_folder) and "one path" in str(no_folder)


def test_the_app_and_its_connection_start_without_ray() -> None:
    """It is imported where it is used: in the process that is connected, and on the nodes."""
    code = "import sys; from recsys.jobs import ray_driver, ray_host, ray_runner; sys.exit('ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ray_node.ROOT, check=False).returncode == 0
