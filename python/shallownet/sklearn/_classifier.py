"""``MLPClassifier``."""

from __future__ import annotations

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted

from . import _parameters
from ._base import BaseMLP, checked


class MLPClassifier(ClassifierMixin, BaseMLP):
    """scikit-learn's multi-layer perceptron classifier, computed by shallownet.

    The parameters that scikit-learn's has mean what they mean there, and have its defaults; what is new:

    Parameters
    ----------
    activation : str
        Also leaky_relu[:SLOPE], elu[:ALPHA], softplus, silu, gelu, gelu_tanh, sin.
    solver : str
        Also adamw, rmsprop (mini-batches), rprop, scg (full batches), lm (full batches, for
        loss="squared_error").
    class_weight : dict, "balanced" or None
        Weights of the classes, as elsewhere in scikit-learn.
    loss : {"log_loss", "squared_error"}
        What is minimised; the outputs are probabilities either way.
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
        "class_weight": (
            lambda value: value is None or value == "balanced" or isinstance(value, dict),
            "None, 'balanced' or a dict",
        ),
        "loss": _parameters.words("log_loss", "squared_error"),
    }

    def __init__(
        self,
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
        class_weight=None,
        loss="log_loss",
        weight_decay=0.01,
        dropout=0.0,
        clip_norm=None,
        dtype=None,
    ):
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
        self.class_weight = class_weight
        self.loss = loss
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.clip_norm = clip_norm
        self.dtype = dtype

    def fit(self, X, y, sample_weight=None):
        """Train on X of shape (n_samples, n_features) and the classes y, one a sample or (n_samples,
        n_labels) of 0 and 1; ``sample_weight`` of shape (n_samples,)."""
        return self._fit(X, y, sample_weight)

    @available_if(lambda estimator: estimator._check_solver())
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """One more epoch on these samples. ``classes`` are all that there will be; the first call needs
        them."""
        first = getattr(self, "classes_", None) is None
        if first and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if classes is not None:
            given = unique_labels(classes)
            if not first and not np.array_equal(self.classes_, given):
                raise ValueError(
                    f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                    f"{self.classes_!r}"
                )
            if first:
                multilabel = type_of_target(y).startswith("multilabel")
                self._label_binarizer = LabelBinarizer().fit(y if multilabel else classes)
                self.classes_ = given
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X):
        """The class of every sample, shape (n_samples,), or its labels, (n_samples, n_labels)."""
        check_is_fitted(self)
        outputs = self._raw(X)
        if self.out_activation_ == "softmax":
            return self.classes_[outputs.argmax(axis=1)]
        if self.n_outputs_ == 1:
            if len(self.classes_) == 1:
                return np.repeat(self.classes_, len(outputs))
            if not self._label_binarizer.y_type_.startswith("multilabel"):
                return self.classes_[(outputs[:, 0] > 0.5).astype(np.intp)]
            outputs = outputs.ravel()
        return self._label_binarizer.inverse_transform(outputs)

    def predict_proba(self, X):
        """The probability of every class, in the order of ``classes_``, shape (n_samples, n_classes)."""
        check_is_fitted(self)
        outputs = self._raw(X)
        if self.n_outputs_ == 1:
            return np.hstack([1 - outputs, outputs])
        return outputs

    def predict_log_proba(self, X):
        """The logarithm of ``predict_proba``."""
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities, out=probabilities)

    def _outputs(self, y):
        if self._label_binarizer.y_type_ == "multiclass":
            return y.shape[1], "softmax"
        return y.shape[1], "logistic"

    def _network_loss(self):
        if self.loss != "log_loss":
            return "squared_error"
        return "categorical_cross_entropy" if self.out_activation_ == "softmax" else "binary_cross_entropy"

    def _loss_terms(self, y, weights):
        return (1.0 if self.loss == "log_loss" else 1.0 / y.shape[1]), 0.0

    def _validated(self, x, y, incremental, reset):
        x, y = checked(self, x, y, dtype=self._dtypes(), reset=reset)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            classes = unique_labels(y)
            if self.warm_start and set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to "
                    f"fit. Previously got {self.classes_}, `y` has {classes}"
                )
            if not set(classes) <= set(self.classes_):
                raise ValueError(
                    f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                    f"'y' has {classes}."
                )
        self._incremental = incremental
        return x, self._label_binarizer.transform(y).astype(bool)

    def _class_weights(self, y):
        if self.class_weight is None:
            return None
        if self.class_weight == "balanced" and self._incremental:
            raise ValueError(
                "class_weight 'balanced' is not supported for partial_fit: give the weights as a dict, as "
                "sklearn.utils.compute_class_weight('balanced', classes=classes, y=y) computes them"
            )
        return compute_sample_weight(self.class_weight, y)

    def _held_score(self, outputs, y, weights):
        """Accuracy."""
        if self.out_activation_ == "softmax":
            right = outputs.argmax(axis=1) == y.argmax(axis=1)
        else:
            right = ((outputs > 0.5) == y).all(axis=1)
        return np.average(right, weights=weights)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
