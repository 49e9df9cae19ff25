"""The table of models: one line each, from which storage, runs, the shell, Train and the reports are built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from recsys.errors import InputError
from recsys.wording import Message

if TYPE_CHECKING:
    from recsys.models.trainable import Learner, ModelConfig, Storable

EARLIER_NAMES = {"bpr": "bpr-item-mean", "ncf": "mean-item-mlp"}  # in runs of earlier versions -> names of today


@dataclass(frozen=True)
class FittedModel:
    """Stands where a `ModelConfig` does for a model that is fitted at once: its settings are tuned, not given."""

    name: str
    uses_item_features: ClassVar[bool] = False

    def to_json(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class ModelEntry:
    """One model. Its classes are named as "module:Class" and imported when they are needed.

    Attributes:
        name: in files, links and the shell; label: on screen; sentence: what it does.
        family: "popularity", "repeats" (ranks the history itself), "neighbours", "linear", "factorization", "network",
            "sequence" or "graph".
        model: the class that scores.
        config, learner: of a trainable model; "" for one that is fitted at once.
        device_learner: the learner on an accelerator; "" where `learner` trains there too.
    """

    name: str
    label: str
    sentence: Message
    family: str
    model: str
    config: str = ""
    learner: str = ""
    device_learner: str = ""

    @property
    def trainable(self) -> bool:
        """Whether it is trained epoch by epoch, with a curve, stop and resume."""
        return bool(self.learner)

    @property
    def model_class(self) -> type[Storable]:
        model: type[Storable] = _load(self.model)
        return model

    @property
    def config_class(self) -> type[ModelConfig]:
        config: type[ModelConfig] = _load(self.config)
        return config

    @property
    def learner_class(self) -> type[Learner]:
        learner: type[Learner] = _load(self.learner)
        return learner

    def learner_on(self, device: str) -> type[Learner]:
        """The learner for a device of `recsys.models.training.device`."""
        learner: type[Learner] = _load(self.learner if device == "cpu" else self.device_learner or self.learner)
        return learner

    def read_config(self, values: Mapping[str, Any]) -> ModelConfig | FittedModel:
        """The config that `to_json` wrote, {} for the defaults. Raises InputError at a field that is not known."""
        return self.config_class.from_json(values) if self.trainable else FittedModel(self.name)


_ATTENTION, _GRU, _GCN = ("recsys.models." + package for package in ("attention", "gru4rec", "lightgcn"))
_BASELINES = "recsys.models.baselines"
_SEQUENCE_LEARNERS = (
    "recsys.models.sequence.learner:SequenceLearner",
    "recsys.models.sequence.device_learner:DeviceLearner",
)
MODELS = (
    ModelEntry(
        "attention",
        Message("Self-attention"),
        Message("Reads a history with layers of self-attention and adds Markov scores (SASRec, Kang & McAuley 2018)."),
        "sequence",
        f"{_ATTENTION}.model:AttentionModel",
        f"{_ATTENTION}.config:AttentionConfig",
        *_SEQUENCE_LEARNERS,
    ),
    ModelEntry(
        "gru4rec",
        Message("GRU4Rec"),
        Message("Reads a history item by item with a recurrent network (Hidasi et al. 2016)."),
        "sequence",
        f"{_GRU}.model:GRU4Rec",
        f"{_GRU}.config:GRU4RecConfig",
        *_SEQUENCE_LEARNERS,
    ),
    ModelEntry(
        "lightgcn",
        Message("LightGCN"),
        Message("Averages embeddings over the graph of users and items, without their order (He et al. 2020)."),
        "graph",
        f"{_GCN}.model:LightGCN",
        f"{_GCN}.config:LightGCNConfig",
        f"{_GCN}.learner:LightGCNLearner",
    ),
    ModelEntry(
        "markov",
        Message("Markov scores"),
        Message("Scores items by how often they followed the items of the history within a few steps."),
        "sequence",
        f"{_BASELINES}.markov:Markov",
    ),
    ModelEntry(
        "popularity",
        Message("Most popular"),
        Message("Scores items by their number of interactions, the same for every user."),
        "popularity",
        f"{_BASELINES}.popularity:Popularity",
    ),
    ModelEntry(
        "recent-popularity",
        Message("Recently popular"),
        Message("As most popular, with newer interactions counting more."),
        "popularity",
        f"{_BASELINES}.popularity:RecentPopularity",
    ),
    ModelEntry(
        "recent-items",
        Message("Again what was last"),
        Message("Recommends the most recent items of the history again, then the most popular."),
        "repeats",
        f"{_BASELINES}.recent_items:RecentItems",
    ),
    ModelEntry(
        "item-knn",
        Message("Item-kNN"),
        Message("Scores items by their similarity to the items of the history (Sarwar et al. 2001)."),
        "neighbours",
        f"{_BASELINES}.item_knn:ItemKNN",
    ),
    ModelEntry(
        "ease",
        Message("EASE"),
        Message("Ridge regression of every item on all others (Steck 2019)."),
        "linear",
        f"{_BASELINES}.ease:EASE",
    ),
    ModelEntry(
        "als",
        Message("ALS"),
        Message("Matrix factorization by least squares, by the library implicit (Hu et al. 2008)."),
        "factorization",
        f"{_BASELINES}.factorization:ImplicitALS",
    ),
    ModelEntry(
        "bpr-item-mean",
        Message("BPR, users as item means"),
        Message(
            "Item vectors of BPR (Rendle et al. 2009); a user is the mean of those of the history, "
            "not a trained vector."
        ),
        "factorization",
        f"{_BASELINES}.factorization:BPRItemMean",
    ),
    ModelEntry(
        "mean-item-mlp",
        Message("MLP on item means"),
        Message(
            "A small network on an item and the mean of the item vectors of the history (after NCF, He et al. 2017)."
        ),
        "network",
        f"{_BASELINES}.mean_item_mlp:MeanItemMLP",
    ),
)
MODEL_ON_DATA = Message("{model} on {data}")
"""The name of a run that was given none."""
_BY_NAME = {entry.name: entry for entry in MODELS}
TRAINABLE = tuple(entry.name for entry in MODELS if entry.trainable)
FITTED = tuple(entry.name for entry in MODELS if not entry.trainable)
DEFAULT_MODEL = TRAINABLE[0]


def current_name(name: str) -> str:
    """A model's name of today for one that may be of an earlier version."""
    return EARLIER_NAMES.get(name, name)


def model_entry(name: str) -> ModelEntry:
    """The line of a model; names of earlier versions are known too. Raises InputError for an unknown name."""
    if current_name(name) not in _BY_NAME:
        raise InputError("the model", Message("must be one of {names}", names=", ".join(_BY_NAME)), name)
    return _BY_NAME[current_name(name)]


def model_label(name: str) -> str:
    """A model's name on screen and in reports; `name` itself where it is not the name of a model."""
    entry = _BY_NAME.get(current_name(name))
    return name if entry is None else entry.label


def setting_label(name: str) -> str:
    """A setting's name on screen: "embedding_size" → "Embedding size"; the name's words where no model has it."""
    for options in _options_with(name):
        return Message(options[name].label)
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def setting_value(name: str, value: object) -> str:
    """A setting's value on screen: the label of a choice, yes or no, else the value's text."""
    if isinstance(value, bool):
        return Message("yes") if value else Message("no")
    for options in _options_with(name):
        if value in options[name].choices:
            return Message(options[name].choices[str(value)])
    return str(value)


def _options_with(name: str) -> Iterator[Mapping[str, Any]]:
    """The options of every config that has one of this name."""
    training = "recsys.models.training.config:TrainConfig"
    for config in (*(entry.config for entry in MODELS if entry.trainable), training):
        options = _load(config).options()
        if name in options:
            yield options


def _load(path: str) -> Any:
    module, name = path.split(":")
    return getattr(import_module(module), name)
