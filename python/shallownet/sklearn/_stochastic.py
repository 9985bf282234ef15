"""Training by mini-batches: the loop over epochs, as scikit-learn means it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .. import Diverged, Network, Optimizer
from ._parameters import STOCHASTIC


class Descent:
    """An optimiser and its learning rate; ``learning_rate`` has the name that scikit-learn's has."""

    def __init__(self, estimator: Any) -> None:
        name, constants = STOCHASTIC[estimator.solver], {}
        if estimator.solver == "sgd":
            momentum = estimator.momentum
            name = "sgd" if momentum == 0 else "nesterov" if estimator.nesterovs_momentum else "momentum"
            constants = {} if momentum == 0 else {"beta": float(momentum)}
        elif estimator.solver == "rmsprop":
            constants = {"rho": float(estimator.beta_2), "epsilon": float(estimator.epsilon)}
        else:
            betas = {"beta1": float(estimator.beta_1), "beta2": float(estimator.beta_2)}
            constants = {**betas, "epsilon": float(estimator.epsilon)}
            if estimator.solver == "adamw":
                constants["weight_decay"] = float(estimator.weight_decay)
        self.name, self.constants, self.clip_norm = name, constants, estimator.clip_norm
        # Only plain descent has other courses than a constant.
        self.course = estimator.learning_rate if estimator.solver == "sgd" else "constant"
        self.learning_rate = self.learning_rate_init = float(estimator.learning_rate_init)
        self.power_t = estimator.power_t
        self._core: Optimizer | None = None
        self._saved: tuple | None = None

    def of(self, network: Network) -> Optimizer:
        """The optimiser's state for this network: as it was, or as it was pickled."""
        if self._core is None:
            self._core = Optimizer(network, self.name, clip_norm=self.clip_norm, **self.constants)
            if self._saved is not None:
                self._core.restore(*self._saved)
                self._saved = None
        return self._core

    def epoch_ends(self, samples: int) -> None:
        if self.course == "invscaling":
            self.learning_rate = self.learning_rate_init / (samples + 1) ** self.power_t

    def shall_stop(self, message: str, verbose: Any) -> bool:
        """After epochs without an improvement: is it the end, or does the learning rate fall?"""
        if self.course != "adaptive":
            ending = " Stopping."
        elif self.learning_rate <= 1e-6:
            ending = " Learning rate too small. Stopping."
        else:
            self.learning_rate /= 5.0
            ending = f" Setting learning rate to {self.learning_rate:f}"
        if verbose:
            print(message + ending)
        return "Stopping" in ending

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if self._core is not None:
            state["_saved"] = (self._core.steps, *self._core.moments)
        state["_core"] = None
        return state


def train(estimator: Any, network: Network, sets: Any, incremental: bool) -> np.ndarray:
    """Trains the network; returns the parameters that the estimator is to have.

    ``sets`` has x, y, weights and, with early stopping, held samples. The estimator's attributes of the
    course of the training are set here.
    """
    descent, m = estimator._optimizer, len(sets.x)
    optimizer = descent.of(network)
    order = np.arange(m, dtype=np.int64)
    batch_size = _batch_size(estimator.batch_size, m)
    options: dict[str, Any] = {
        "batch_size": batch_size,
        "alpha": float(estimator.alpha),
        "weights": sets.weights,
    }
    if estimator.dropout > 0:
        options["dropout"] = float(estimator.dropout)
        options["dropout_seed"] = int(estimator._random_state.randint(2**31))
    best = network.parameters if estimator.early_stopping else None
    estimator.n_iter_ = 0
    try:
        for _ in range(estimator.max_iter):
            if estimator.shuffle:
                places = np.arange(m)
                estimator._random_state.shuffle(places)
                order = order[places]
                options["order"] = order
            try:
                cost, penalty = network.epoch(
                    sets.x, sets.y, optimizer, learning_rate=descent.learning_rate, **options
                )
            except Diverged:
                cost, penalty = np.nan, 0.0
            estimator.n_iter_ += 1
            estimator.loss_ = cost * sets.factor + sets.offset + penalty
            estimator.t_ += m
            estimator.loss_curve_.append(estimator.loss_)
            if estimator.verbose:
                print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")
            if _judge(estimator, network, sets):
                best = network.parameters
            if np.isnan(cost):
                _diverged(estimator)
                break
            descent.epoch_ends(estimator.t_)
            if estimator._no_improvement_count > estimator.n_iter_no_change:
                if descent.shall_stop(_message(estimator), estimator.verbose):
                    break
                estimator._no_improvement_count = 0
            if incremental:
                break
            if estimator.n_iter_ == estimator.max_iter:
                warnings.warn(
                    f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the "
                    "optimization hasn't converged yet.",
                    ConvergenceWarning,
                    stacklevel=5,
                )
    except KeyboardInterrupt:
        warnings.warn("Training interrupted by user.", stacklevel=5)
    return network.parameters if best is None else best


def _batch_size(given: Any, m: int) -> int:
    if isinstance(given, str):
        return min(200, m)
    if given > m:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped",
            stacklevel=6,
        )
    return int(min(given, m))


def _judge(estimator: Any, network: Network, sets: Any) -> bool:
    """Counts epochs without an improvement. Is this the best by the score of the held samples?"""
    tol = estimator.tol
    if not estimator.early_stopping:
        worse = estimator.loss_ > estimator.best_loss_ - tol
        estimator._no_improvement_count = estimator._no_improvement_count + 1 if worse else 0
        estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_)
        return False
    score = np.nan
    if np.isfinite(estimator.loss_):
        outputs = network.predict(sets.held_x)
        if np.isfinite(outputs).all():
            score = float(estimator._held_score(outputs, sets.held_y, sets.held_weights))
    estimator.validation_scores_.append(score)
    if estimator.verbose:
        print(f"Validation score: {score:f}")
    worse = score < estimator.best_validation_score_ + tol
    estimator._no_improvement_count = estimator._no_improvement_count + 1 if worse else 0
    if score > estimator.best_validation_score_:
        estimator.best_validation_score_ = score
        return True
    return False


def _diverged(estimator: Any) -> None:
    if not estimator.early_stopping:
        raise ValueError(
            "Solver produced non-finite parameter weights. The input data may contain large values and"
            " need to be preprocessed."
        )
    warnings.warn(
        f"The loss is not finite after epoch {estimator.n_iter_ - 1}: training stopped, and the parameters "
        "of the best epoch are kept. Try a smaller learning_rate_init, or standardized features.",
        ConvergenceWarning,
        stacklevel=6,
    )


def _message(estimator: Any) -> str:
    what = "Validation score" if estimator.early_stopping else "Training loss"
    return (
        f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change} "
        "consecutive epochs."
    )
