"""What the classifier and the regressor have in common."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_consistent_length, validate_data

from . import _full_batch, _parameters, _parts, _stochastic

#: Attributes that are made again from the others: no pickle has them.
_MADE = ("_model", "_flat")


@dataclass
class Sets:
    """What a training gets: C-contiguous arrays of the network's dtype."""

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    held_x: np.ndarray | None = None
    held_y: np.ndarray | None = None
    held_weights: np.ndarray | None = None
    #: The network's costs times ``factor`` plus ``offset`` are scikit-learn's losses.
    factor: float = 1.0
    offset: float = 0.0


class BaseMLP(BaseEstimator):
    """Validation, the life of ``coefs_``, and the two ways to train."""

    #: Checks of the parameters that only one kind has.
    _more_parameters: dict[str, _parameters.Check] = {}

    # What the two kinds differ in.

    def _outputs(self, y: np.ndarray) -> tuple[int, str]:
        """Units of the output layer, and the name of its activation in ``out_activation_``."""
        raise NotImplementedError

    def _network_loss(self) -> str:
        raise NotImplementedError

    def _validated(self, x: Any, y: Any, incremental: bool, reset: bool) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError

    def _class_weights(self, y: np.ndarray) -> np.ndarray | None:
        """A weight a sample from its class."""
        return None

    # Training.

    def _dtypes(self) -> Any:
        return (np.float64, np.float32) if self.dtype is None else np.dtype(self.dtype).type

    def _fit(self, x: Any, y: Any, sample_weight: Any = None, incremental: bool = False) -> BaseMLP:
        _parameters.check(self, self._more_parameters)
        sizes = _parameters.hidden_sizes(self.hidden_layer_sizes)
        stochastic = self.solver in _parameters.STOCHASTIC
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        x, targets = self._validated(x, y, incremental, reset=first)
        weights = self._weights(sample_weight, x, y)
        if targets.ndim == 1:
            targets = targets.reshape(-1, 1)
        self.n_outputs_ = targets.shape[1]
        self._random_state = check_random_state(self.random_state)
        last, name = self._outputs(targets)
        units = [x.shape[1], *sizes, last]
        if first:
            self._begin(units, name, x.dtype)
        elif units != _parts.units_of(self.coefs_):
            raise ValueError(
                f"the layers are {_parts.units_of(self.coefs_)} from the last fit: expected {units}, as "
                "features, hidden_layer_sizes and outputs are now"
            )
        if first and stochastic:
            self._begin_course()
        model = _parts.Model(self._kind(), self._vector())
        if stochastic:
            if not incremental or not hasattr(self, "_optimizer"):
                self._optimizer = _stochastic.Descent(self)
            sets = self._split(x, targets, weights)
            flat = _stochastic.train(self, model.network, sets, incremental)
        else:
            flat = _full_batch.train(self, model.network, self._sets(x, targets, weights))
        if not np.isfinite(flat).all():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and"
                " need to be preprocessed."
            )
        self._take(flat)
        model.take(flat)
        self._model = model
        return self

    def _weights(self, sample_weight: Any, x: np.ndarray, y: Any) -> np.ndarray | None:
        weights = None
        if sample_weight is not None:
            if np.isscalar(sample_weight):
                sample_weight = np.full(x.shape[0], sample_weight)
            weights = check_array(sample_weight, ensure_2d=False, dtype=x.dtype, input_name="sample_weight")
            if weights.ndim != 1:
                raise ValueError("Sample weights must be 1D array or scalar")
            if weights.shape != (x.shape[0],):
                raise ValueError(f"sample_weight.shape == {weights.shape}, expected {(x.shape[0],)}!")
            if not weights.any():
                raise ValueError("Sample weights must contain at least one non-zero number.")
        of_classes = self._class_weights(y)
        if of_classes is not None:
            of_classes = of_classes.astype(x.dtype)
            weights = of_classes if weights is None else weights * of_classes
        return None if weights is None else np.ascontiguousarray(weights)

    def _begin(self, units: list[int], activation: str, dtype: np.dtype) -> None:
        self.n_iter_ = self.t_ = 0
        self.n_layers_ = len(units)
        self.out_activation_ = activation
        self._take(_parts.starting(units, self.activation, self._random_state, dtype), units)

    def _begin_course(self) -> None:
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = [] if self.early_stopping else None
        self.best_validation_score_ = -np.inf if self.early_stopping else None

    def _sets(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> Sets:
        y = np.ascontiguousarray(y, dtype=x.dtype)
        factor, offset = self._loss_terms(y, weights)
        return Sets(np.ascontiguousarray(x), y, weights, factor=factor, offset=offset)

    def _loss_terms(self, y: np.ndarray, weights: np.ndarray | None) -> tuple[float, float]:
        """The loss that scikit-learn reports is the network's cost times the one plus the other."""
        return 1.0, 0.0

    def _split(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> Sets:
        """All samples, or with early stopping those that are not held out."""
        if not self.early_stopping:
            return self._sets(x, y, weights)
        # As scikit-learn does: of one column of labels alone.
        stratify = y if is_classifier(self) and self.n_outputs_ == 1 else None
        arrays = (x, y) if weights is None else (x, y, weights)
        parts = train_test_split(
            *arrays, random_state=self._random_state, test_size=self.validation_fraction, stratify=stratify
        )
        if parts[1].shape[0] < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                "your dataset."
            )
        sets = self._sets(parts[0], parts[2], None if weights is None else np.ascontiguousarray(parts[4]))
        sets.held_x, sets.held_y = np.ascontiguousarray(parts[1]), parts[3]
        sets.held_weights = None if weights is None else parts[5]
        return sets

    def _check_solver(self) -> bool:
        if self.solver not in _parameters.STOCHASTIC:
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    # Parameters.

    def _take(self, flat: np.ndarray, units: list[int] | None = None) -> None:
        """Makes the lists views of this vector."""
        units = _parts.units_of(self.coefs_) if units is None else units
        self.coefs_, self.intercepts_ = _parts.views(flat, units)
        self._flat = (flat, [*self.coefs_, *self.intercepts_])

    def _vector(self) -> np.ndarray:
        """All parameters, also if somebody has put other arrays into the lists."""
        flat, parts = self.__dict__.get("_flat", (None, ()))
        now = [*self.coefs_, *self.intercepts_]
        if (
            flat is not None
            and len(now) == len(parts)
            and all(a is b for a, b in zip(now, parts, strict=True))
        ):
            return flat
        dtype = np.result_type(*self.coefs_)
        dtype = dtype if dtype == np.float32 else np.dtype(np.float64)
        flat = _parts.packed(self.coefs_, self.intercepts_, dtype)
        self._take(flat)
        return flat

    def _kind(self) -> tuple:
        """All that a network is made from, but for its parameters."""
        names = {"logistic": "sigmoid"}
        output = names.get(self.out_activation_, self.out_activation_)
        units = _parts.units_of(self.coefs_)
        return units, self.activation, output, self._network_loss(), str(self._vector().dtype)

    def _network(self) -> _parts.Model:
        """The network with the parameters as they are now."""
        flat = self._vector()
        model, kind = self.__dict__.get("_model"), self._kind()
        if model is None or not model.is_of(kind, flat):
            # Another one, and not the old one changed: another thread may be predicting with that.
            model = _parts.Model(kind, flat)
            self._model = model
        return model.network

    def _raw(self, x: Any) -> np.ndarray:
        """The network's outputs, shape (n_samples, units of the last layer)."""
        dtype = self.coefs_[0].dtype if hasattr(self.coefs_[0], "dtype") else np.float64
        x = validate_data(self, x, accept_sparse=["csr", "csc"], dtype=dtype, order="C", reset=False)
        return self._network().predict(_dense(x))

    def _loss_grad_lbfgs(
        self, packed: np.ndarray, x: Any, y: Any, sample_weight: Any = None, *_: Any
    ) -> Any:
        """The loss with its penalty, and the gradient in scikit-learn's order: coefs_, intercepts_."""
        units = _parts.units_of(self.coefs_)
        coefs, intercepts, start = [], [], 0
        for inputs, outputs in pairwise(units):
            coefs.append(packed[start : start + inputs * outputs].reshape(inputs, outputs))
            start += inputs * outputs
        for outputs in units[1:]:
            intercepts.append(packed[start : start + outputs])
            start += outputs
        model = _parts.Model(self._kind(), _parts.packed(coefs, intercepts, packed.dtype))
        sets = self._sets(x, y.reshape(len(y), -1), sample_weight)
        cost, gradient = model.network.backward(sets.x, sets.y, sets.weights)
        total = len(sets.x) if sample_weight is None else sample_weight.sum()
        of_coefs, of_intercepts = _parts.views(gradient, units)
        of_coefs = [d + self.alpha / total * w for d, w in zip(of_coefs, coefs, strict=True)]
        penalty = self.alpha / total / 2 * sum(float(np.sum(w * w)) for w in coefs)
        parts = [part.ravel() for part in of_coefs + of_intercepts]
        return cost * sets.factor + sets.offset + penalty, np.concatenate(parts)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in _MADE}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _dense(x: Any) -> np.ndarray:
    """Sparse samples as rows: the library has no sparse products."""
    return np.ascontiguousarray(x.toarray()) if hasattr(x, "toarray") else x


def checked(estimator: Any, x: Any, y: Any, **options: Any) -> tuple[np.ndarray, Any]:
    """Samples and targets as scikit-learn validates them; samples are dense."""
    x, y = validate_data(estimator, x, y, accept_sparse=["csr", "csc"], multi_output=True, **options)
    check_consistent_length(x, y)
    return _dense(x), y
