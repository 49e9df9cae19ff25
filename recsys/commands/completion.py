"""Shell completion: completion."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from recsys.commands.steps import PROGRAM, Parser, add_step

ALIAS = "recsys"  # the name that is completed: shells complete one word, not `python -m recsys`


def add(steps: Any, make_parser: Callable[[str], Parser]) -> None:
    """Describes the command.

    Args:
        make_parser: makes the whole parser under another name.
    """
    step = add_step(
        steps, "completion", print_completion, "print the script that lets a shell complete commands and options",
        "completion bash",
        "completion zsh",
    )  # fmt: skip
    step.add_argument("shell", choices=["bash", "zsh", "tcsh"])
    step.set_defaults(make_parser=make_parser)


def print_completion(chosen: argparse.Namespace) -> dict[str, Any]:
    """The command `completion`. The script is static (shtab): a press of Tab does not start Python."""
    import shtab

    script = shtab.complete(chosen.make_parser(ALIAS), shell=chosen.shell)
    alias = f"alias {ALIAS} '{PROGRAM}'" if chosen.shell == "tcsh" else f"alias {ALIAS}='{PROGRAM}'"
    return {"text": f"{alias}\n{script}"}
