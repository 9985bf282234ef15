"""What is compared: each method fits one train file and scores the test file."""

import json
import resource
import subprocess
import time
import warnings
from dataclasses import dataclass

import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tables import TARGET, frame

OURS = "shallownet"
PEERS = ["MLP", "HistGradientBoosting", "linear"]


@dataclass
class Measured:
    """One fit: the test's accuracy or R^2, and the fit's seconds. No score where it failed."""

    score: float | None
    wall: float
    cpu: float
    # What the program says its training alone took; for peers the wall time.
    training: float | None = None
    error: str = ""


def ours(program, table, train, test, folder):
    """The program without any option about the training: wall and CPU time of all of `train`."""
    words = [program, "train", "--data", train, "--label", TARGET, "--out", folder / "model"]
    words += ["--threads", "1", "--json"] + (["--regression"] if table.regression else [])
    before, start = children_cpu(), time.perf_counter()
    fit = subprocess.run(words, capture_output=True, text=True)
    wall, cpu = time.perf_counter() - start, children_cpu() - before
    if fit.returncode != 0:
        return Measured(None, wall, cpu, error=first_error(fit.stderr, folder))
    training = (json.loads(fit.stdout).get("speed") or {}).get("seconds")
    words = [program, "eval", "--model", folder / "model" / "model.safetensors"]
    words += ["--data", test, "--label", TARGET, "--json"]
    scored = subprocess.run(words, capture_output=True, text=True)
    if scored.returncode != 0:
        return Measured(None, wall, cpu, training, "eval: " + first_error(scored.stderr, folder))
    score = json.loads(scored.stdout)["r_squared" if table.regression else "accuracy"]
    return Measured(score, wall, cpu, training)


def peer(name, table, train, test, seed):
    """A pipeline as scikit-learn's documentation builds it; times are those of `fit` alone."""
    numbers = table.number_columns()
    x, y = samples(train, numbers, table.regression)
    model = pipeline(name, table.regression, numbers, [c for c in x if c not in numbers], seed)
    error = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cpu, start = time.process_time(), time.perf_counter()
        model.fit(x, y)
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    if any(issubclass(w.category, ConvergenceWarning) for w in caught):
        error = "not converged"
    return Measured(float(model.score(*samples(test, numbers, table.regression))), wall, cpu, wall, error)


def pipeline(name, regression, numbers, texts, seed):
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            (
                "texts",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent"),
                    # Dense: gradient boosting takes nothing else.
                    OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                ),
                texts,
            ),
        ]
    )
    if name == "MLP" and regression:
        network = MLPRegressor(max_iter=500, random_state=seed)
        model = TransformedTargetRegressor(network, transformer=StandardScaler())
    elif name == "MLP":
        model = MLPClassifier(max_iter=500, random_state=seed)
    elif name == "HistGradientBoosting":
        boosting = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
        model = boosting(random_state=seed)
    else:
        model = Ridge() if regression else LogisticRegression(max_iter=5000)
    return make_pipeline(columns, model)


def samples(path, numbers, regression):
    x = frame(path)
    y = x.pop(TARGET)
    x[numbers] = x[numbers].apply(pd.to_numeric)
    return x, (pd.to_numeric(y) if regression else y.astype(str))


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def first_error(stderr, folder):
    """One line, without the name of the scratch folder, which differs from run to run."""
    lines = [line.strip() for line in stderr.replace(f"{folder}/", "").splitlines() if line.strip()]
    said = [line for line in lines if line.startswith("error")] or lines or ["no message"]
    return said[0].replace("\t", " ")
