"""The histogram of a class."""

from __future__ import annotations

import numpy as np

from recsys.charts.learn import BINS, predictions_figure


def test_every_prediction_is_in_a_bin_and_the_measured_value_is_marked_only_when_given() -> None:
    values = np.array([0.0, 10.0, 10.0, 100.0])
    figure = predictions_figure(values, (0, 100), "4 predictions", ("prediction", "students"))
    assert figure.data[0].y.sum() == 4 and len(figure.data[0].y) == BINS
    assert not figure.layout.shapes
    marked = predictions_figure(values, (0, 100), "4 predictions", ("prediction", "students"), 2.7, "measured: 2.7%")
    assert marked.layout.shapes[0].x0 == 2.7
    assert "measured: 2.7%" in [note.text for note in marked.layout.annotations]
