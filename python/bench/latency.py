"""Microseconds of a prediction of one row, beside what a call costs that does nothing.

python bench/latency.py
"""

from __future__ import annotations

import statistics
import timeit

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier as Theirs

import shallownet


def microseconds(call, number=2000):
    return 1e6 * statistics.median(timeit.repeat(call, number=number, repeat=15)) / number


if __name__ == "__main__":
    x, y = load_digits(return_X_y=True)
    for dtype in ("float32", "float64"):
        net = shallownet.Network(64, [(32, "relu"), (10, "softmax")], dtype=dtype)
        rows = np.ascontiguousarray(x, dtype=dtype)
        row, out = rows[:1], np.empty((1, 10), dtype)
        nothing = microseconds(lambda net=net: net.inputs)
        alone = microseconds(lambda net=net, row=row: net.predict(row))
        into = microseconds(lambda net=net, row=row, out=out: net.predict(row, out))
        print(f"{dtype}: an attribute {nothing:.2f}, predict {alone:.2f}, predict into out {into:.2f}")
        for name, kind in (("shallownet", shallownet.MLPClassifier), ("scikit-learn", Theirs)):
            model = kind(32, max_iter=5).fit(rows, y)
            call = microseconds(lambda model=model, row=row: model.predict_proba(row), number=200)
            print(f"{dtype}: MLPClassifier.predict_proba of {name} {call:.2f}")
