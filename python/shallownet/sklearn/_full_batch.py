"""Training by the library's full-batch solvers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .. import Diverged, Network

#: By how much an iteration of L-BFGS must lower the loss: scipy's default, which scikit-learn's has.
LEAST_DECREASE = 2.220446049250313e-09


def train(estimator: Any, network: Network, sets: Any) -> np.ndarray:
    """Minimises the loss of all samples; returns the parameters that the estimator is to have."""
    total = len(sets.x) if sets.weights is None else float(sets.weights.sum(dtype=np.float64))
    losses: list[float] = []

    def watch(iteration: int, objective: float) -> None:
        losses.append(objective)
        if estimator.verbose:
            print(f"Iteration {iteration + 1}, loss = {objective:.8f}")

    estimator.n_iter_ = 0
    try:
        solution = network.solve(
            sets.x,
            sets.y,
            method=estimator.solver,
            iterations=int(estimator.max_iter),
            gradient_norm=float(estimator.tol),
            evaluations=int(estimator.max_fun),
            decrease=LEAST_DECREASE if estimator.solver == "lbfgs" else 0.0,
            l2=float(estimator.alpha) / total if total > 0 else 0.0,
            weights=sets.weights,
            callback=watch,
        )
    except Diverged as error:
        raise ValueError(
            "Solver produced non-finite parameter weights. The input data may contain large values and"
            " need to be preprocessed."
        ) from error
    except KeyboardInterrupt:
        warnings.warn("Training interrupted by user.", stacklevel=5)
        estimator.n_iter_ = len(losses)
        estimator.loss_ = losses[-1] if losses else np.nan
        return network.parameters
    estimator.n_iter_ = solution.iterations
    estimator.loss_ = solution.cost * sets.factor + sets.offset + solution.objective - solution.cost
    limits = {"iterations": "max_iter", "evaluations": "max_fun"}
    if solution.stop in limits:
        name = limits[solution.stop]
        warnings.warn(
            f"{estimator.solver} failed to converge after {solution.iterations} iteration(s) and "
            f"{solution.evaluations} evaluations: {name} is {getattr(estimator, name)}. Increase it, "
            "or scale the data (https://scikit-learn.org/stable/modules/preprocessing.html).",
            ConvergenceWarning,
            stacklevel=5,
        )
    return network.parameters
