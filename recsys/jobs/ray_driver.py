"""The process beside the app that is connected to a Ray cluster: started by `recsys.jobs.ray_runner`.

Ray ends a process that loses its cluster, takes its signals, and can't be started in a thread. None of that may happen
to the app. So the app speaks to this process in lines that each hold one JSON object, and never imports Ray:

    in    {"start": n, "module": …, "memory": …, "threads": …}     a worker with the number n
          {"to": n, "message": …}, {"kill": n}                     see `recsys.jobs.worker` for the messages
    out   {"from": n, "message": …}, {"from": n, "usage": …}, {"from": n, "stderr": …},
          {"cluster": …} every two seconds

It ends with stdin.
"""

from __future__ import annotations

import argparse
import queue
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from recsys.code_version import code_version
from recsys.jobs.lines import MessageLines
from recsys.jobs.ray_host import LEASE, RayHost
from recsys.wording import Message, to_json

POLL = 0.25  # seconds that a node waits for a message of its worker before it answers
WAITING = 2.0  # seconds after which a job that has found no node says so
NEWS = 2.0  # seconds between two looks at the cluster


def main() -> None:
    """Works until stdin ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--home", required=True, help="folder of the workspace")
    chosen = parser.parse_args()
    driver = Driver(chosen.home)
    try:
        connect(chosen.address)
    except (OSError, RuntimeError, ValueError) as error:
        driver.send(unreachable=f"{type(error).__name__}: {error}"[:2_000])
        sys.exit(1)
    threading.Thread(target=driver.look, name="cluster", daemon=True).start()
    driver.listen()


def connect(address: str) -> None:
    """Connects this process to a cluster. Raises OSError, RuntimeError, ValueError."""
    import ray
    from ray.exceptions import RayError

    host, _, port = address.rpartition(":")
    if port.isdecimal():  # Ray would try for most of a minute
        socket.create_connection((host, int(port)), timeout=10).close()
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except RayError as error:
        raise RuntimeError(str(error)) from error


class Driver(MessageLines):
    """Starts workers on the cluster, and passes messages on in both directions."""

    def __init__(self, home: str) -> None:
        super().__init__()
        self.home = home
        self._orders: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        self._ended: set[int] = set()
        self._hosts: dict[int, str] = {}  # where each worker is; "" while it waits for a node

    def listen(self) -> None:
        """Takes orders until the app is gone; Ray ends the actors of a process that has ended."""
        for order in self.received():
            if "start" in order:
                number = order["start"]
                self._orders[number], self._hosts[number] = queue.SimpleQueue(), ""
                threading.Thread(target=self._serve, args=(number, order), name=f"worker-{number}", daemon=True).start()
            elif "kill" in order:
                self._ended.add(order["kill"])
            else:
                self._orders[order["to"]].put(order["message"])

    def look(self) -> None:
        """Says again and again which nodes there are, and how many workers wait for one."""
        import ray

        while True:
            nodes = [node for node in ray.nodes() if node["Alive"]]
            told = [{"host": node["NodeManagerHostname"], "cores": node["Resources"].get("CPU", 0)} for node in nodes]
            hosts = list(self._hosts.values())
            self.send(cluster={"nodes": told, "waiting": hosts.count(""), "running": len(hosts) - hosts.count("")})
            time.sleep(NEWS)

    def _serve(self, number: int, order: dict[str, Any]) -> None:
        """One worker, until it is ended or lost."""
        import ray
        from ray.exceptions import RayError

        options = {"num_cpus": order["threads"], "scheduling_strategy": "SPREAD", "max_restarts": 0}
        actor = ray.remote(RayHost).options(**options).remote(order["module"], order["memory"], order["threads"])
        cause: str = Message("was ended")
        try:
            if self._begin(number, actor):
                self._relay(number, actor)
        except RayError as error:
            host = self._hosts[number]
            cause = Message("was lost with its node {host}", host=host) if host else Message("found no node")
            self._tell(number, stderr=str(error)[:2_000])
            self._fence(actor)
        finally:
            ray.kill(actor)
            del self._hosts[number]
            self._tell(number, message={"ended": to_json(cause)})

    def _tell(self, number: int, **what: Any) -> None:
        self.send(**{"from": number}, **what)

    def _begin(self, number: int, actor: Any) -> bool:
        """Waits for a node. Returns whether there is one that is fit for jobs; False also once the worker is ended."""
        import ray

        begun, known, told = time.monotonic(), actor.begin.remote(self.home), False
        while not ray.wait([known], timeout=0.5)[0]:
            if number in self._ended:
                return False
            if not told and time.monotonic() - begun > WAITING:
                told, waiting = True, Message("Waiting for free cores on a node of the cluster …")
                self._tell(number, message={"report": to_json([0.0, waiting, None, {}])})
            self._tell(number, message={"alive": True})
        node = ray.get(known)
        self._hosts[number] = node["host"]
        problem = unfit(node, self.home)
        if problem is not None:
            self._tell(number, message={"failed": to_json(problem)})
        return problem is None

    def _relay(self, number: int, actor: Any) -> None:
        import ray

        orders = self._orders[number]
        while number not in self._ended:
            passed = []
            with suppress(queue.Empty):
                while True:
                    passed.append(orders.get_nowait())
            messages, usage, stderr = ray.get(actor.exchange.remote(passed, POLL))
            if stderr:
                self._tell(number, stderr=stderr)
            if usage is not None:
                self._tell(number, usage=usage)
            for message in messages:
                self._tell(number, message=message)

    @staticmethod
    def _fence(actor: Any) -> None:
        """Waits until a lost worker has surely ended, so that it never works beside the one that replaces it."""
        import ray
        from ray.exceptions import ActorDiedError, RayError

        begun = time.monotonic()
        while time.monotonic() - begun < LEASE + 5:
            try:
                ray.kill(actor)
                ray.get(actor.exchange.remote([], 0.0), timeout=1.0)
            except ActorDiedError:
                return
            except RayError:
                time.sleep(0.5)


def unfit(node: dict[str, Any], home: str) -> list[Any] | None:
    """Subject, rule, got and fix of what makes a node unfit for jobs; None where it is fit."""
    name = Message("the node {host} of the Ray cluster", host=node["host"])
    if node["code"] != code_version():
        rule = Message("must have this server’s version of the project and of its packages")
        return [name, rule, None, Message("Update it there, and start the node again.")]
    if not node["workspace"]:
        rule = Message("must reach the workspace {folder}", folder=home)
        fix = Message("Put the workspace (STUDIO_HOME) into a folder that all nodes share under one path.")
        return [name, rule, None, fix]
    return None


if __name__ == "__main__":
    main()
