"""Is a running server well? `python -m ui.shell.health --port 8501` prints one JSON object; exit code 0 or 2."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from http.client import HTTPException


def health(port: int, host: str = "127.0.0.1", timeout: float = 5.0) -> dict[str, object]:
    """Asks the server's own health page. Never raises: an unreachable server is an answer too."""
    url = f"http://{host}:{port}/_stcore/health"
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return {"url": url, "healthy": answer.status == 200, "answer": answer.read(100).decode("utf-8", "replace")}
    except (OSError, HTTPException) as error:  # unreachable, too slow, or no web server at all
        return {"url": url, "healthy": False, "answer": str(error)}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m ui.shell.health", description=__doc__)
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--host", default="127.0.0.1")
    chosen = parser.parse_args()
    answer = health(chosen.port, chosen.host)
    print(json.dumps(answer))
    return 0 if answer["healthy"] else 2


if __name__ == "__main__":
    sys.exit(main())
