"""A job as data: everything that its work needs, as JSON, so that it can run in another process or by hand."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from recsys.code_version import code_version
from recsys.errors import DAMAGED_FILE, ArtifactError, InputError
from recsys.wording import Message

FORMAT = 1
_TOKEN = re.compile(r"[0-9a-f]{24,32}")  # of a job; it names a folder, so it must not lead elsewhere


@dataclass(frozen=True)
class JobDescription:
    """What a job is to do.

    Attributes:
        id: 24 to 32 hex digits.
        kind: one of `recsys.jobs.kinds.KINDS`.
        space: id of the space that its result is saved in.
        dataset, run: ids of saved entries that it works on; "" for none.
        settings: JSON values, such as the plan of a training with its seed. "name" is what the result is called.
    """

    id: str
    kind: str
    space: str
    dataset: str = ""
    run: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_id(self.id)

    def to_json(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self), "settings": dict(self.settings)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> JobDescription:
        """Raises InputError, KeyError, TypeError where `values` is not what `to_json` gave."""
        if values["format"] != FORMAT:
            raise InputError("the job", Message("must be of format {version}", version=FORMAT), values["format"])
        texts = {name: str(values[name]) for name in ("id", "kind", "space", "dataset", "run")}
        return cls(**texts, settings=_Settings(values["settings"]))

    def key(self, fingerprint: str) -> str:
        """Equal for jobs with the same result: a digest of kind, data, settings without the name, and code version.

        Args:
            fingerprint: of the dataset, with its catalogue; of a job that works on a run, the run's (`run_digest`).
        """
        settings = {name: value for name, value in self.settings.items() if name != "name"}
        content = json.dumps([self.kind, fingerprint, settings, code_version()], sort_keys=True)
        return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


class _Settings(dict[str, Any]):
    """Settings that were read: the work asks for those of its kind, and one that is missing is named."""

    def __missing__(self, name: str) -> Any:
        raise InputError("the settings of the job", Message("must have “{name}”", name=name))


def check_id(job_id: str) -> str:
    """The id, if it is one of a job. Raises InputError."""
    if not _TOKEN.fullmatch(job_id):
        raise InputError("the job's id", "must be 24 to 32 hex digits", job_id)
    return job_id


def read_description(file: Path) -> JobDescription:
    """The job of a file. Raises ArtifactError when it is damaged or not of a job."""
    try:
        return JobDescription.from_json(json.loads(Path(file).read_text("utf-8")))
    except DAMAGED_FILE as error:
        raise ArtifactError(
            Message("the job in {file}", file=Path(file).name), "can't be read", f"{type(error).__name__}: {error}"
        ) from error
