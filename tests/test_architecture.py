"""The rules of the code base: the direction of imports, the sizes of modules and functions, what is forbidden."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STEPS = ["data", "metrics", "models", "embeddings", "transfer", "evaluation", "explain"]
FOUNDATION = {"errors", "files", "code_version", "wording"}  # imported by every step
ON_TOP = {"cases", "charts", "jobs", "workspace", "runs", "arguments", "commands", "__main__"}
LIBRARY = sorted((ROOT / "recsys").rglob("*.py"))
APP = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
INTERFACE = sorted((ROOT / "ui").rglob("*.py"))
EVERYTHING = [
    *LIBRARY,
    *APP,
    *INTERFACE,
    *sorted((ROOT / "benchmarks").rglob("*.py")),
    *sorted((ROOT / "docs").glob("*.py")),
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[str]:
    """Every module a file imports, at the top or inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_the_library_imports_no_user_interface(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in ("streamlit", "ui", "pages")}


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_a_step_imports_only_steps_before_it(path: Path) -> None:
    context = path.relative_to(ROOT / "recsys").parts[0].removesuffix(".py")
    if context in STEPS:
        allowed = {*STEPS[: STEPS.index(context) + 1], *FOUNDATION}
        packages = {name.split(".")[1] for name in imported(path) if name.startswith("recsys.")}
        assert packages <= allowed, f"{name_of(path)} imports {packages - allowed}"
    else:
        assert context in ON_TOP | FOUNDATION | {"__init__"}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): imported(path) for path in [*LIBRARY, *INTERFACE]}


def test_no_two_modules_import_each_other() -> None:
    """Imports for types alone count as well; a package may collect what its modules define."""
    mutual = {
        (one, other)
        for one, names in MODULES.items()
        for other in names & set(MODULES)
        if one < other and one in MODULES[other] and not other.startswith(one + ".")
    }
    in_progress = {
        ("recsys.models.attention.checkpoint", "recsys.models.attention.trainer"),
    }
    assert mutual <= in_progress


@pytest.mark.parametrize("package", [m for m in MODULES if (ROOT / m.replace(".", "/")).is_dir()])
def test_no_package_exports_an_object_under_the_name_of_a_module(package: str) -> None:
    tree = ast.parse((ROOT / package.replace(".", "/") / "__init__.py").read_text("utf-8"))
    exported = {alias.asname or alias.name for n in tree.body if isinstance(n, ast.ImportFrom) for alias in n.names}
    assert not {name for name in exported if f"{package}.{name}" in MODULES}


def test_the_cache_imports_nothing_else_of_the_interface() -> None:
    """Its language apart, in which the spinners of the caches are worded."""
    found = {name for name in MODULES["ui.cache"] if name.startswith("ui.")}
    assert not {name for name in found if not name.startswith("ui.language")}


@pytest.mark.parametrize("path", [*APP, *INTERFACE], ids=name_of)
def test_the_interface_imports_no_pages_tests_or_benchmarks(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in ("pages", "app", "tests", "benchmarks")}


@pytest.mark.parametrize("path", APP, ids=name_of)
def test_pages_are_thin(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 120
    assert not imported(path) & {"pandas", "numpy", "torch"}
    assert "open_page(" in text


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 350
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 60, f"{node.name} is too long"


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_nothing_forbidden_is_used(path: Path) -> None:
    text = path.read_text("utf-8")
    forbidden = (
        r"\bpickle\b|joblib\.load|torch\.load|unsafe_allow_html|except Exception|except:|allow_pickle=True|innerHTML"
    )
    assert not re.findall(forbidden, text.replace("allow_pickle=False", ""))
    assert not {name for name in imported(path) if name.split(".")[0] in ("pickle", "shelve", "marshal", "joblib")}


@pytest.mark.parametrize("path", [*APP, *INTERFACE], ids=name_of)
def test_every_error_on_screen_is_marked_by_the_boundary(path: Path) -> None:
    """A direct `st.error` has no mark, so that tests would miss it."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)]
    bare = [node.lineno for node in nodes if node.attr in ("error", "exception") and ast.unparse(node.value) == "st"]
    assert not bare or name_of(path) == "ui/shell/errors.py"


@pytest.mark.parametrize("path", INTERFACE, ids=name_of)
def test_one_segment_of_a_segmented_control_is_always_chosen(path: Path) -> None:
    """Without `required` a second click removes the choice, while the page still shows the result of the first."""
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    controls = [call for call in calls if ast.unparse(call.func) == "st.segmented_control"]
    assert all(any(word.arg == "required" for word in call.keywords) for call in controls)


@pytest.mark.parametrize("path", sorted((ROOT / "ui").rglob("*.js")), ids=name_of)
def test_components_show_data_as_text_only(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://", text
    )


def test_importing_recsys_and_ui_loads_no_heavy_library() -> None:
    code = "import sys, recsys, ui; print([m for m in ('torch', 'umap', 'sklearn', 'implicit') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_every_step_has_tests() -> None:
    for step in STEPS:
        tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / step).glob("test_*.py")}
        assert tested, f"tests/{step} is empty"


def test_the_public_api_is_pinned() -> None:
    import recsys

    assert sorted(recsys.__all__) == sorted(PUBLIC)
    for name in recsys.__all__:
        assert getattr(recsys, name).__doc__, f"{name} has no docstring"


PUBLIC = [
    "AlphaPath",
    "CleaningPlan",
    "Dataset",
    "EpochReport",
    "IdMap",
    "Case",
    "ListComparison",
    "ListedItem",
    "OpenRun",
    "compare_lists",
    "list_of_case",
    "open_run",
    "AttentionConfig",
    "Recommender",
    "Run",
    "Split",
    "StudioError",
    "TransferParty",
    "TrainConfig",
    "alpha_path",
    "evaluate_models",
    "extract",
    "interpolate",
    "leave_one_out",
    "load",
    "load_run",
    "load_sample",
    "project",
    "recommend",
    "save_run",
    "train",
    "train_run",
]


@pytest.mark.parametrize("path", [*APP, *INTERFACE], ids=name_of)
def test_every_figure_has_its_data_in_words(path: Path) -> None:
    """`show_figure` writes them below it."""
    if path.name != "figures.py":
        assert "plotly_chart(" not in path.read_text("utf-8")
