"""Build the API reference from the docstrings, offline: `python -m docs.api_reference [FOLDER]` (docs/api)."""

from __future__ import annotations

import pkgutil
import sys
import warnings
from pathlib import Path

import pdoc

import recsys


def build(folder: Path) -> None:
    """Write one HTML page per module of recsys, and an index with a search field.

    Args:
        folder: is created if it does not exist.

    Raises:
        Warning: a module does not import, or a public name does not resolve.
    """
    for name in recsys.__all__:  # imported on first use; pdoc reads the names that the module holds already
        vars(recsys)[name] = getattr(recsys, name)
    modules = [module.name for module in pkgutil.walk_packages(recsys.__path__, "recsys.")]
    pdoc.render.configure(docformat="google", footer_text="Interest Transfer Studio")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # types that are imported for type checking only do not resolve
        warnings.filterwarnings("error", "Cannot find spec|Error importing|.*does not resolve")
        pdoc.pdoc("recsys", *(name for name in modules if not name.endswith("__main__")), output_directory=folder)


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/api"))
