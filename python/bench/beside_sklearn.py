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


def measure(load, dtype, epochs):
    """Median seconds and mean accuracies of theirs and ours."""
    x, y = load(return_X_y=True)
    seconds, scores = {Theirs: [], Ours: []}, {Theirs: [], Ours: []}
    for seed in SEEDS:
        parts = train_test_split(x, y, test_size=0.25, random_state=seed, stratify=y)
        scaler = StandardScaler().fit(parts[0])
        train, test = (np.ascontiguousarray(scaler.transform(part), dtype=dtype) for part in parts[:2])
        options = {"max_iter": epochs, "batch_size": 64, "tol": 0, "n_iter_no_change": epochs}
        for kind in (Theirs, Ours):
            model = kind(32, random_state=seed, **options)
            begin = time.perf_counter()
            model.fit(train, parts[2])
            seconds[kind].append(time.perf_counter() - begin)
            if model.n_iter_ != epochs:
                raise RuntimeError(f"{model.n_iter_} epochs instead of {epochs}")
            scores[kind].append(model.score(test, parts[3]))
    times = {kind: statistics.median(all_of) for kind, all_of in seconds.items()}
    return times, {kind: (np.mean(all_of), np.std(all_of)) for kind, all_of in scores.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 epochs")
    epochs = 20 if parser.parse_args().quick else 200
    warnings.simplefilter("ignore", ConvergenceWarning)
    level = shallownet.Network(1, [(1, "tanh")]).level
    print(f"{epochs} epochs, {shallownet.threads()} thread(s), level {level}")
    print("| samples | dtype | scikit-learn s | shallownet s | ratio | accuracy there | accuracy here |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, load in SETS.items():
        for dtype in ("float64", "float32"):
            seconds, scores = measure(load, dtype, epochs)
            accuracy = [f"{mean:.4f} +- {deviation:.4f}" for mean, deviation in scores.values()]
            theirs, ours = seconds.values()
            times = f"{theirs:.3f} | {ours:.4f} | {theirs / ours:.1f}"
            print(f"| {name} | {dtype} | {times} | {accuracy[0]} | {accuracy[1]} |", flush=True)
