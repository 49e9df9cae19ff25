"""Step 4: whose taste is blended with whose, the exact path over α, what is recommended, whether α helps, privacy."""

from recsys.transfer.path import AlphaPath, Change, Step, alpha_path

__all__ = ["AlphaPath", "Change", "Step", "alpha_path"]
