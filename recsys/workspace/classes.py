"""A class that answers the questions of the lessons together: `classes/<code>/` in the workspace's folder.

    class.json      what the teacher shows (lesson, run, language), the teacher's key as a digest, the salt, the day
    answers.jsonl   one line per answer: participant, lesson, kind, value; a later answer replaces an earlier one

No name, no address and no time of an answer is stored. A participant is a keyed digest of the id of the student's
space; its salt is deleted with the class, so that participants of two classes can't be matched. Answers to a class are
stored nowhere else, and closing it deletes its folder.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
import secrets
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from recsys.errors import DAMAGED_FILE, ArtifactError, InputError, StudioError, UnknownIdError
from recsys.files import make_folder, replace_file
from recsys.wording import Message
from recsys.workspace.learning import forget_classes

CODE = re.compile(r"[2-9A-HJ-NP-Z]{6}")  # without 0, 1, I and O, which are easily confused
KINDS = ("before", "prediction", "after")
MOST_PARTICIPANTS, MOST_CLASSES = 400, 500
DAYS = 30
"""A class that was not closed is deleted after so many days."""
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_KEY = re.compile(r"[a-z_]{1,40}")
_WRITING = threading.RLock()


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        participant: 16 hex digits.
        lesson: its key.
        kind: "prediction" (a number), "before" or "after" (the number of the chosen option).
    """

    participant: str
    lesson: str
    kind: str
    value: float


@dataclass(frozen=True)
class OpenClass:
    """What is known about a class.

    Attributes:
        lesson: the one that the teacher shows; run: that its figures are measured on, "" for the sample.
        opened: the day.
    """

    code: str
    lesson: str
    run: str
    language: str
    opened: date


def open_class(root: Path, lesson: str, run: str, language: str) -> tuple[OpenClass, str]:
    """Opens a class. Returns it, and the key that only its teacher may know.

    Args:
        root: the workspace's folder.

    Raises:
        StudioError: too many classes are open.
    """
    close_old(root)
    folder = root / "classes"
    make_folder(folder)
    if len(list(folder.iterdir())) >= MOST_CLASSES:
        raise StudioError(
            "open classes", Message("must be at most {n}", n=MOST_CLASSES), fix="Close one that has ended."
        )
    key = secrets.token_hex(16)
    today = datetime.now(UTC).date()
    content = {"key": _digest(key), "salt": secrets.token_hex(16), "opened": today.isoformat()}
    with _WRITING:
        while True:
            code = "".join(secrets.choice(_ALPHABET) for _ in range(6))
            try:
                (folder / code).mkdir()
                break
            except FileExistsError:
                continue
        _write(root, code, {**content, "lesson": lesson, "run": run, "language": language})
    return OpenClass(code, lesson, run, language, today), key


def find_class(root: Path, code: str) -> OpenClass:
    """The class of a code; small letters and spaces around it are accepted. Raises UnknownIdError, ArtifactError."""
    code = code.strip().upper()
    content = _read(root, code)
    try:
        lesson, run, language = (str(content[name]) for name in ("lesson", "run", "language"))
        return OpenClass(code, lesson, run, language, date.fromisoformat(content["opened"]))
    except DAMAGED_FILE as error:
        raise ArtifactError(
            Message("the class {code}", code=code), "is damaged", type(error).__name__, "Open another class."
        ) from error


def is_teacher(root: Path, code: str, key: str) -> bool:
    """Whether this is the key of the class; False where there is no such class."""
    try:
        return hmac.compare_digest(str(_read(root, code)["key"]), _digest(key))
    except (UnknownIdError, ArtifactError, KeyError):
        return False


def show_lesson(root: Path, code: str, key: str, lesson: str) -> None:
    """Changes the lesson that the class is shown. Raises InputError without the teacher's key."""
    _check_teacher(root, code, key)
    with _WRITING:
        _write(root, code, {**_read(root, code), "lesson": lesson})


def close_class(root: Path, code: str, key: str) -> None:
    """Deletes a class with all its answers. Raises InputError without the teacher's key."""
    _check_teacher(root, code, key)
    with _WRITING:
        shutil.rmtree(root / "classes" / code)


def close_old(root: Path, today: date | None = None) -> None:
    """Deletes the classes that were opened more than 30 days ago, damaged ones, and what spaces keep of closed ones."""
    with _WRITING:
        for folder in (root / "classes").glob("*/"):
            try:
                old = _is_old(find_class(root, folder.name).opened, today)
            except (UnknownIdError, ArtifactError):
                old = (folder / "class.json").exists() or not CODE.fullmatch(folder.name)
            if old:
                shutil.rmtree(folder, ignore_errors=True)
        still_open = {folder.name for folder in (root / "classes").glob("*/")}
        for space in (root / "spaces").glob("*/"):
            forget_classes(space, still_open)


def add_answer(root: Path, code: str, space_id: str, lesson: str, kind: str, value: float | None) -> None:
    """Adds an answer, or replaces the participant's earlier one; None removes it.

    Args:
        space_id: of the student's space; only a keyed digest of it is stored.

    Raises:
        UnknownIdError: no such class. InputError: not an answer, or the class is full.
    """
    if kind not in KINDS or not _KEY.fullmatch(lesson) or not (value is None or math.isfinite(value)):
        raise InputError(
            "the answer", Message("must be a number, of the kind {kinds}", kinds=", ".join(KINDS)), f"{kind} {value}"
        )
    with _WRITING:
        participant = _participant(root, code, space_id)
        known = {answer.participant for answer in answers_of(root, code)}
        if participant not in known and len(known) >= MOST_PARTICIPANTS:
            raise InputError(
                "the class", Message("may have at most {n} participants", n=MOST_PARTICIPANTS), len(known) + 1
            )
        line = json.dumps([participant, lesson, kind, None if value is None else round(float(value), 6)])
        with (root / "classes" / code / "answers.jsonl").open("a", encoding="utf-8") as out:
            out.write(line + "\n")


def answers_of(root: Path, code: str) -> tuple[Answer, ...]:
    """The last answer of each participant to each question, in the order of the first. A torn line is left out."""
    return _answers(root, code)


def own_answers(root: Path, code: str, space_id: str) -> Mapping[tuple[str, str], float]:
    """What the student of a space has answered: lesson and kind -> value; {} where there is no such class."""
    try:
        participant = _participant(root, code, space_id)
    except (UnknownIdError, ArtifactError):
        return {}
    own = _answers(root, code, f'["{participant}"')
    return {(answer.lesson, answer.kind): answer.value for answer in own}


def _answers(root: Path, code: str, start: str = "") -> tuple[Answer, ...]:
    """The answers in the lines that begin with `start`."""
    file = root / "classes" / code / "answers.jsonl"
    if not CODE.fullmatch(code) or not file.is_file():
        return ()
    found: dict[tuple[str, str, str], float] = {}
    for line in file.read_text("utf-8").splitlines():
        if not line.startswith(start):
            continue
        try:
            participant, lesson, kind, value = json.loads(line)
            key = (str(participant), str(lesson), str(kind))
            if value is None:
                found.pop(key, None)
            else:
                found[key] = float(value)
        except DAMAGED_FILE:
            continue
    return tuple(Answer(*key, value) for key, value in found.items())


def answers_csv(answers: Sequence[Answer]) -> str:
    """The answers as CSV: participants are numbered in the order of their first answer."""
    number: dict[str, int] = {}
    lines = ["student,lesson,question,answer"]
    for answer in answers:
        student = number.setdefault(answer.participant, len(number) + 1)
        lines.append(f"{student},{answer.lesson},{answer.kind},{answer.value:g}")
    return "\n".join(lines) + "\n"


def _check_teacher(root: Path, code: str, key: str) -> None:
    if not is_teacher(root, code, key):
        raise InputError("the class", "must be one that you opened", code, "Open it in the browser that opened it.")


def _participant(root: Path, code: str, space_id: str) -> str:
    """16 hex digits that stand for a space in this class alone. Raises UnknownIdError, ArtifactError."""
    salt = str(_read(root, code)["salt"])
    return hmac.new(salt.encode(), space_id.encode(), hashlib.sha256).hexdigest()[:16]


def _is_old(opened: date, today: date | None = None) -> bool:
    return opened < (today or datetime.now(UTC).date()) - timedelta(days=DAYS)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _read(root: Path, code: str) -> dict[str, Any]:
    """The content of class.json. Raises UnknownIdError where there is none or its days are over, ArtifactError."""
    file = root / "classes" / code / "class.json"
    unknown = UnknownIdError("the class", "must be open on this server", code, "Ask your teacher for the code.")
    if not CODE.fullmatch(code) or not file.is_file():
        raise unknown
    try:
        content = dict(json.loads(file.read_text("utf-8")))
        old = _is_old(date.fromisoformat(content["opened"]))
    except DAMAGED_FILE as error:
        raise ArtifactError(
            Message("the class {code}", code=code), "is damaged", type(error).__name__, "Open another class."
        ) from error
    if old:
        raise unknown
    return content


def _write(root: Path, code: str, content: Mapping[str, Any]) -> None:
    replace_file(root / "classes" / code / "class.json", json.dumps(content))
