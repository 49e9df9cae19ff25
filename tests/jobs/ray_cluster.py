"""Two raylets of this machine on loopback: `python -m tests.jobs.ray_cluster`.

Prints the address and the process id of the second raylet; adds one for each line on stdin; ends everything with stdin.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from ray._private import services
from ray.cluster_utils import Cluster

CORES = 4  # as Ray counts; the machine may have fewer
SMALL = {"num_cpus": CORES, "object_store_memory": 80_000_000}
PATIENCE = 300  # seconds; Ray gives a node 30 to start, however busy the machine is


def get_node_patiently(*arguments: Any, find: Any = services.get_node) -> Any:
    """`ray._private.services.get_node`, which raises RuntimeError while the node starts."""
    begun = time.monotonic()
    while True:
        try:
            return find(*arguments)
        except RuntimeError:
            if time.monotonic() - begun > PATIENCE:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    services.get_node = get_node_patiently
    least = {"include_dashboard": False, "include_log_monitor": False}
    cluster = Cluster(initialize_head=True, head_node_args={**SMALL, **least})

    def add_node() -> None:
        node = cluster.add_node(wait=False, **SMALL)
        (raylet,) = node.all_processes["raylet"]
        print(json.dumps({"address": cluster.address, "raylet": raylet.process.pid}), flush=True)

    add_node()
    for _ in sys.stdin:
        add_node()
    cluster.shutdown()
