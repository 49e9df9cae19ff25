"""Why a training can't go on: the errors that end it, recognised again where a run has saved one in English."""

from __future__ import annotations

from recsys.errors import TrainingError
from recsys.wording import Message, recognised

_GOT = "{got}"  # stands for the value in the sentences that are recognised


def not_a_number(loss: object) -> TrainingError:
    """The loss has become infinite or NaN."""
    fix = Message("Lower learning_rate; the best model of the epochs so far is kept.")
    return TrainingError("the loss", "must stay a number", loss, fix)


def out_of_memory() -> TrainingError:
    """The memory of this machine or of its accelerator is full."""
    fix = Message("Lower batch_size first, then negatives, embedding_size or max_length.")
    return TrainingError(Message("memory"), "ran out while training", fix=fix)


def device_failed(device: str, got: str) -> TrainingError:
    """An accelerator has failed with the error `got`."""
    subject = Message("the device {device}", device=device)
    return TrainingError(subject, "must be able to train", got, "Use the device cpu.")


def known_problem(text: str) -> str:
    """A saved problem of a run as a message; the text itself where it is none of the errors above."""
    if text == str(out_of_memory()):
        return out_of_memory().message
    if isinstance(found := recognised(text, str(not_a_number(_GOT))), Message):
        return not_a_number(found.values["got"]).message
    if isinstance(found := recognised(text, str(device_failed("{device}", _GOT))), Message):
        return device_failed(str(found.values["device"]), str(found.values["got"])).message
    return text
