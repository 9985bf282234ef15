"""Between an estimator's ``coefs_`` and ``intercepts_`` and a network's parameters.

The network has all its parameters in one vector: layer by layer, W of shape (units, inputs), then b. The
estimator's lists are views of such a vector: ``coefs_[i]`` is a W, transposed.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .. import Network


def views(flat: np.ndarray, units: list[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """``coefs_`` and ``intercepts_`` in this vector; ``units`` begins with the features."""
    coefs, intercepts, start = [], [], 0
    for inputs, outputs in pairwise(units):
        end = start + inputs * outputs
        coefs.append(flat[start:end].reshape(outputs, inputs).T)
        intercepts.append(flat[end : end + outputs])
        start = end + outputs
    return coefs, intercepts


def packed(coefs: list[np.ndarray], intercepts: list[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """The vector of these, a copy."""
    parts = [
        part
        for c, i in zip(coefs, intercepts, strict=True)
        for part in (np.ravel(np.transpose(c)), np.ravel(i))
    ]
    return np.concatenate(parts).astype(dtype, copy=False)


def units_of(coefs: list[np.ndarray]) -> list[int]:
    return [coefs[0].shape[0], *(coef.shape[1] for coef in coefs)]


def starting(
    units: list[int], activation: str, random_state: np.random.RandomState, dtype: np.dtype
) -> np.ndarray:
    """Glorot's weights and biases, from the numbers that scikit-learn draws, in its order."""
    factor = 2.0 if activation == "logistic" else 6.0
    coefs, intercepts = [], []
    for inputs, outputs in pairwise(units):
        bound = np.sqrt(factor / (inputs + outputs))
        coefs.append(random_state.uniform(-bound, bound, (inputs, outputs)))
        intercepts.append(random_state.uniform(-bound, bound, outputs))
    return packed(coefs, intercepts, dtype)


class Model:
    """A network and the parameters that it has: what predicts until an estimator's lists change."""

    def __init__(self, kind: tuple, flat: np.ndarray) -> None:
        units, activation, output, loss, dtype = kind
        hidden = "sigmoid" if activation == "logistic" else activation
        layers = [(size, hidden) for size in units[1:-1]] + [(units[-1], output)]
        self.kind = kind
        # The estimators check values before they come here.
        self.network = Network(units[0], layers, loss=loss, init="zeros", dtype=dtype, checks=False)
        self.take(flat)

    def take(self, flat: np.ndarray) -> None:
        self.parameters = flat.copy()
        self.network.set_parameters(self.parameters)

    def is_of(self, kind: tuple, flat: np.ndarray) -> bool:
        return self.kind == kind and np.array_equal(self.parameters, flat)
