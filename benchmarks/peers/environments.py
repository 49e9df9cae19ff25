"""The virtual environments of the peers, one each, in .peers (never committed); created on first use."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent.parent / ".peers"


@dataclass(frozen=True)
class Peer:
    """A library to compare with.

    Args:
        environment: folder of its virtual environment.
        script: to run in it.
        steps: the arguments of each call of `pip install`.
        arguments: of the script, after the common ones.
    """

    environment: str
    script: str
    steps: tuple[tuple[str, ...], ...]
    arguments: tuple[str, ...] = ()


_IMPLICIT = (("implicit==0.7.3", "pandas"),)
# LightFM's last release (2023) can't be built by pip's current method; the old method works with an old setuptools.
_LIGHTFM = (
    ("numpy<2", "scipy", "requests", "scikit-learn", "pandas", "setuptools==65.5.0", "wheel"),
    ("--no-use-pep517", "--no-build-isolation", "lightfm==1.17"),
)
_RECBOLE = (("recbole==1.2.1", "numpy<2", "pandas<2.2", "scipy<1.12", "setuptools<81"),)
PEERS = {
    "lightfm": Peer("lightfm", "lightfm_model.py", _LIGHTFM),
    "surprise": Peer("surprise", "surprise_model.py", (("scikit-surprise==1.1.5", "pandas"),)),
    "als": Peer("implicit", "implicit_models.py", _IMPLICIT, ("als",)),
    "bpr": Peer("implicit", "implicit_models.py", _IMPLICIT, ("bpr",)),
    "item-item": Peer("implicit", "implicit_models.py", _IMPLICIT, ("item-item",)),
    "rectools": Peer("rectools", "rectools_sasrec.py", (("rectools[torch]==0.19.0",),)),
    "recbole": Peer("recbole", "recbole_sasrec.py", _RECBOLE),
}


class DoesNotInstall(Exception):
    """A peer could not be installed here; the message is pip's last error line."""


def python_of(peer: Peer) -> Path:
    """The interpreter of the peer's environment, which is created if necessary.

    Raises:
        DoesNotInstall: pip failed.
    """
    home = FOLDER / peer.environment
    python, ready = home / ("Scripts" if sys.platform == "win32" else "bin") / "python", home / "ready"
    if ready.exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
    for step in peer.steps:
        done = subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", *step], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DoesNotInstall(error_line(done.stderr))
    ready.touch()
    return python


def error_line(text: str) -> str:
    """The last line of pip's output that names an error, else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    named = [line for line in lines if "Error" in line and "subprocess" not in line]
    return (named or lines or ["pip printed nothing"])[-1][:300]
