"""The same steps from a shell: `python -m recsys inspect|train|recommend|transfer|cases|evaluate|study|tune|bundle …`.

Exit code 0, or 2 with one line on stderr. With `--json`, stdout holds one JSON object and nothing else.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from recsys.commands import bundles, cases, completion, data, evaluations, groups, jobs, maps, transfers, tuning
from recsys.commands.steps import PROGRAM, Parser
from recsys.errors import StudioError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        answer = chosen.command(chosen)
    except StudioError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'a file'} can't be read or written: {error.strerror or error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 2
    _write(answer, as_json=chosen.json)
    return 0


def _write(answer: Mapping[str, Any], *, as_json: bool) -> None:
    """Writes the answer to stdout: what its encoding lacks is escaped, and a reader that has gone is no error."""
    of_unicode = codecs.lookup(sys.stdout.encoding or "utf-8").name.startswith("utf")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        if as_json:
            print(json.dumps(answer, ensure_ascii=not of_unicode, allow_nan=False))
        elif answer.keys() == {"text"}:
            print(answer["text"])
        else:
            _show(answer)
        sys.stdout.flush()
    except BrokenPipeError:  # such as `| head`; Python would write the rest again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser(program: str = PROGRAM) -> Parser:
    parser = Parser(prog=program, description="From a file of interactions to an honest answer, step by step.")
    steps = parser.add_subparsers(required=True, metavar="STEP", parser_class=Parser)
    for module in (data, transfers, cases, groups, maps, evaluations, tuning, bundles, jobs):
        module.add(steps)
    completion.add(steps, _parser)
    return parser


def _show(answer: Mapping[str, Any], indent: str = "") -> None:
    for name, value in answer.items():
        if isinstance(value, Mapping):
            print(f"{indent}{name}:")
            _show(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            print(f"{indent}{name}:")
            for row in value:
                print(f"{indent}  " + "  ".join(f"{key}={one}" for key, one in row.items()))
        else:
            print(f"{indent}{name}: {value}")


if __name__ == "__main__":
    sys.exit(main())
