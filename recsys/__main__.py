"""The same steps from a shell: `python -m recsys inspect|train|recommend|transfer|cases|evaluate|study|tune|bundle …`.

Exit code 0, or 2 with one line on stderr. With `--json`, stdout holds one JSON object and nothing else.
"""

from __future__ import annotations

import json
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
    if chosen.json:
        print(json.dumps(answer, ensure_ascii=False, allow_nan=False))
    elif answer.keys() == {"text"}:
        print(answer["text"])
    else:
        _show(answer)
    return 0


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
