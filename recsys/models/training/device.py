"""Where a model is trained: on the processor, or on an accelerator that this machine has."""

from __future__ import annotations

from typing import Any

from recsys.errors import InputError
from recsys.wording import Message

DEVICES = {
    "auto": Message("Automatic"),
    "cpu": Message("CPU"),
    "cuda": Message("GPU (CUDA)"),
    "mps": Message("GPU (Apple MPS)"),
}


def found_accelerators() -> tuple[str, ...]:
    """Names of the accelerators of this machine: of "cuda" and "mps"."""
    import torch

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return tuple(name for name, there in found.items() if there)


def choose_device(name: str) -> str:
    """The device that a name of DEVICES stands for here: "cpu", "cuda" or "mps".

    "auto" is CUDA where there is a GPU for it, else the CPU. MPS has to be asked for by its name: nobody has tested it.

    Raises:
        InputError: this machine does not have it.
    """
    if name == "cpu":
        return name
    found = found_accelerators()
    if name == "auto":
        return "cuda" if "cuda" in found else "cpu"
    if name not in found:
        fix = Message("Use {devices}.", devices=" or ".join(("auto", "cpu", *found)))
        raise InputError("device", "must be one that this machine has", name, fix)
    return name


def device_here(name: str) -> str:
    """The name, or "auto" where this machine does not have that device: for a training that was made on another."""
    return name if name in ("auto", "cpu", *found_accelerators()) else "auto"


def device_labels() -> dict[str, Message]:
    """{name: label} of the devices to choose from here; that of "auto" says what was found."""
    found = found_accelerators()
    chosen = DEVICES[choose_device("auto")]
    if found:
        first = Message("Automatic: {device}", device=chosen)
    else:
        first = Message("Automatic: {device} (no accelerator found)", device=chosen)
    return {"auto": first} | {name: DEVICES[name] for name in ("cpu", *found)}


def autocast_type(device: str) -> Any:
    """torch.bfloat16 on a CUDA device that computes with it, else None: float32.

    bfloat16 has the range of float32, so that gradients need no scaling; float16 would.
    """
    import torch

    if device != "cuda" or not torch.cuda.is_bf16_supported(including_emulation=False):
        return None
    return torch.bfloat16
