"""Transfer methods: how the interests of a source become scores for a target."""

from recsys.transfer.methods.protocol import TransferMethod
from recsys.transfer.methods.table import DEFAULT, METHODS, fit_method, load_method, save_method, usable_methods

__all__ = ["DEFAULT", "METHODS", "TransferMethod", "fit_method", "load_method", "save_method", "usable_methods"]
