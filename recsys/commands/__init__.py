"""The commands of `python -m recsys`: one module per step, each with an `add` that describes them."""
