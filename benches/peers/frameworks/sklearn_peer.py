"""scikit-learn's networks, trained end to end, and the data for both sides."""

import csv
import warnings
from pathlib import Path

import numpy as np

from timing import measure

FITS = Path(__file__).parent.parent / "fits.tsv"


def fits():
    """The rows of fits.tsv."""
    with open(FITS) as file:
        return list(csv.DictReader(file, delimiter="\t"))


def data(name):
    """Features and classes or values in float32, prepared and shuffled: three quarters to learn."""
    from sklearn import datasets

    if name == "digits":
        x, y = datasets.load_digits(return_X_y=True)
        x = x / 16
    else:
        x, y = datasets.make_friedman1(n_samples=4000, noise=1.0, random_state=1)
        y = (y - y.mean()) / y.std()
        x = (x - x.mean(axis=0)) / x.std(axis=0)
    order = np.random.default_rng(1).permutation(len(x))
    x, y = x[order].astype(np.float32), y[order].astype(np.float32)
    cut = len(x) * 3 // 4
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def write_data(folder):
    """A file for each fit: the number of classes, then train or test, target and features."""
    for fit in fits():
        parts = data(fit["data"])
        with open(Path(folder) / f"{fit['fit']}.tsv", "w") as file:
            print(len(np.unique(parts[0][1])) if fit["data"] == "digits" else 0, file=file)
            for part, (x, y) in zip(["train", "test"], parts):
                for sample, target in zip(x, y):
                    print(part, target, *sample, sep="\t", file=file)


def run(budget):
    """Yields (fit, median nanoseconds, samples, score)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    # It warns that it went through all epochs, as it was told to.
    warnings.simplefilter("ignore", ConvergenceWarning)
    for fit in fits():
        kind = MLPClassifier if fit["data"] == "digits" else MLPRegressor
        (x, y), (held_x, held_y) = data(fit["data"])
        epochs = int(fit["epochs"])

        def train():
            # No penalty, and no stop before the last epoch.
            return kind(
                hidden_layer_sizes=[int(units) for units in fit["hidden_units"].split("-")],
                activation=fit["activation"],
                batch_size=int(fit["batch"]),
                learning_rate_init=float(fit["learning_rate"]),
                max_iter=epochs,
                n_iter_no_change=epochs,
                tol=0,
                alpha=0,
                random_state=0,
            ).fit(x, y)

        score = train().score(held_x, held_y)
        if not score >= float(fit["at_least"]):
            raise ValueError(f"{fit['fit']}: a score of {score}, not {fit['at_least']}")
        yield fit["fit"], *measure(train, budget), score
