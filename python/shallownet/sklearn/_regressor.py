"""``MLPRegressor``."""

from __future__ import annotations

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from . import _parameters
from ._base import BaseMLP, checked


class MLPRegressor(RegressorMixin, BaseMLP):
    """scikit-learn's multi-layer perceptron regressor, computed by shallownet.

    The parameters that scikit-learn's has mean what they mean there, and have its defaults; what is new:

    Parameters
    ----------
    loss : str
        squared_error and poisson, as there; also huber, absolute_error, quantile, and gaussian_nll, which
        learns a mean and a variance for each target.
    activation : str
        Also leaky_relu[:SLOPE], elu[:ALPHA], softplus, silu, gelu, gelu_tanh, sin.
    solver : str
        Also adamw, rmsprop (mini-batches), lm (Levenberg-Marquardt, for squared_error), rprop, scg.
    delta : float
        Of loss="huber": where it becomes linear.
    quantile : float
        Of loss="quantile": the share of targets that shall lie below the predictions.
    weight_decay : float
        Of solver="adamw".
    dropout : float
        The share of the hidden units that a step leaves out; of mini-batches.
    clip_norm : float or None
        The most that a gradient's norm may be; of mini-batches.
    dtype : {"float32", "float64"} or None
        What is computed in; None: float32 if X is, else float64.
    """

    _more_parameters = {
        "loss": _parameters.words(
            "squared_error", "poisson", "huber", "absolute_error", "quantile", "gaussian_nll"
        ),
        "delta": _parameters.number(0, closed="neither"),
        "quantile": _parameters.number(0, 1, closed="neither"),
    }

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        delta=1.0,
        quantile=0.5,
        weight_decay=0.01,
        dropout=0.0,
        clip_norm=None,
        dtype=None,
    ):
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.delta = delta
        self.quantile = quantile
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.clip_norm = clip_norm
        self.dtype = dtype

    def fit(self, X, y, sample_weight=None):
        """Train on X of shape (n_samples, n_features) and y of shape (n_samples,) or (n_samples,
        n_outputs); ``sample_weight`` of shape (n_samples,)."""
        return self._fit(X, y, sample_weight)

    @available_if(lambda estimator: estimator._check_solver())
    def partial_fit(self, X, y, sample_weight=None):
        """One more epoch on these samples."""
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X, return_std=False):
        """The values of every sample, shape (n_samples,) or (n_samples, n_outputs).

        With loss="gaussian_nll" these are means, and ``return_std=True`` returns (means, standard
        deviations).
        """
        check_is_fitted(self)
        outputs, deviations = self._raw(X), None
        if self.loss == "gaussian_nll":
            outputs, logarithms = np.split(outputs, 2, axis=1)
            deviations = np.exp(logarithms / 2)
        if self.n_outputs_ == 1:
            outputs = outputs.ravel()
            deviations = None if deviations is None else deviations.ravel()
        if not return_std:
            return outputs
        if deviations is None:
            raise ValueError(f"return_std is True: expected loss='gaussian_nll', which is {self.loss!r}")
        return outputs, deviations

    def _outputs(self, y):
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError("y holds values below 0: expected none with loss='poisson'")
        units = 2 * y.shape[1] if self.loss == "gaussian_nll" else y.shape[1]
        return units, "exp" if self.loss == "poisson" else "identity"

    def _network_loss(self):
        numbers = {"huber": self.delta, "quantile": self.quantile}
        name = "absolute" if self.loss == "absolute_error" else self.loss
        return f"{name}:{float(numbers[name])!r}" if name in numbers else name

    def _loss_terms(self, y, weights):
        if self.loss == "poisson":
            # Half the deviance, of which the network's cost lacks what no parameter changes.
            constant = (np.where(y > 0, y * np.log(np.where(y > 0, y, 1)), 0) - y).sum(axis=1)
            return 1.0, float(np.average(constant, weights=weights))
        return (1.0 if self.loss == "gaussian_nll" else 1.0 / y.shape[1]), 0.0

    def _validated(self, x, y, incremental, reset):
        x, y = checked(self, x, y, y_numeric=True, dtype=self._dtypes(), reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return x, y

    def _held_score(self, outputs, y, weights):
        """R^2, the mean over the outputs."""
        y = y.astype(outputs.dtype, copy=False)
        if self.loss == "gaussian_nll":
            outputs = outputs[:, : outputs.shape[1] // 2]
        of = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
        left = of @ (y - outputs).astype(np.float64) ** 2
        all_of = of @ (y - np.average(y, axis=0, weights=weights)).astype(np.float64) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = np.where(all_of > 0, 1 - left / all_of, np.where(left == 0, 1.0, 0.0))
        return float(scores.mean())
