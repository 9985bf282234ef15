"""Time and accuracy of `fit` beside scikit-learn's, at equal epochs, over five seeds.

    python bench/beside_sklearn.py [--quick]

Both get the same standardized samples and the same parameters (32 hidden units, 200 epochs, batches of 64,
no early end), so that they take the same number of steps; times are medians over the seeds, taken in turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as Theirs
from sklearn.preprocessing import StandardScaler

import shallownet
from shallownet import MLPClassifier as Ours

SETS = {"digits": load_digits, "breast cancer": load_breast_cancer, "wine": load_wine}
SEEDS = range(5)


def splits(load, dtype):
    """Training and test samples of each seed: x, test x, y, test y."""
    x, y = load(return_X_y=True)
    for seed in SEEDS:
        parts = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
        scaler = StandardScaler().fit(parts[0])
        scaled = (np.ascontiguousarray(scaler.transform(part), dtype=dtype) for part in parts[:2])
        yield seed, (*scaled, *parts[2:])


def row(name, of_seeds, hidden, epochs, batch_size):
    """A row of the table: median seconds and mean accuracies of theirs and ours."""
    seconds, scores = {Theirs: [], Ours: []}, {Theirs: [], Ours: []}
    for seed, (train, test, y, test_y) in of_seeds:
        options = {"max_iter": epochs, "batch_size": batch_size, "tol": 0, "n_iter_no_change": epochs}
        for kind in (Theirs, Ours):
            model = kind(hidden, random_state=seed, **options)
            begin = time.perf_counter()
            model.fit(train, y)
            seconds[kind].append(time.perf_counter() - begin)
            if model.n_iter_ != epochs:
                raise RuntimeError(f"{model.n_iter_} epochs instead of {epochs}")
            scores[kind].append(model.score(test, test_y))
    theirs, ours = (statistics.median(all_of) for all_of in seconds.values())
    accuracy = [f"{np.mean(all_of):.4f} +- {np.std(all_of):.4f}" for all_of in scores.values()]
    return (
        f"| {name} | {train.dtype} | {theirs:.3f} | {ours:.4f} | {theirs / ours:.1f} | {accuracy[0]} "
        f"| {accuracy[1]} |"
    )


def head(epochs):
    """The first lines of a table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    level = shallownet.Network(1, [(1, "tanh")]).level
    print(f"{epochs} epochs, {shallownet.threads()} thread(s), level {level}")
    print("| samples | dtype | scikit-learn s | shallownet s | ratio | accuracy there | accuracy here |")
    print("| --- | --- | --- | --- | --- | --- | --- |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 epochs")
    epochs = 20 if parser.parse_args().quick else 200
    head(epochs)
    for name, load in SETS.items():
        for dtype in ("float64", "float32"):
            print(row(name, splits(load, dtype), 32, epochs, 64), flush=True)
