"""Ensembles of networks from several seeds, whose spread says how uncertain a prediction is.

B. Lakshminarayanan, A. Pritzel and C. Blundell, "Simple and scalable predictive uncertainty estimation
using deep ensembles", NeurIPS 30 (2017).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ._classifier import MLPClassifier
from ._regressor import MLPRegressor


class _Ensemble(BaseEstimator):
    """Networks that differ in their ``random_state`` alone, trained beside each other on threads."""

    _member: type = BaseEstimator

    def __init__(self, estimator=None, n_estimators=5, *, random_state=None, n_jobs=None):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y, sample_weight=None):
        """Train every network on all samples; the arguments are those of the networks' ``fit``."""
        count = self.n_estimators
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"n_estimators is {count!r}: expected a whole number, at least 1")
        model = self._member() if self.estimator is None else self.estimator
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=count)
        members = [clone(model).set_params(random_state=int(seed)) for seed in seeds]
        self.estimators_ = self._each(members, lambda member: member.fit(X, y, sample_weight))
        self.n_features_in_ = self.estimators_[0].n_features_in_
        if hasattr(self.estimators_[0], "feature_names_in_"):
            self.feature_names_in_ = self.estimators_[0].feature_names_in_
        self._after_fit()
        return self

    def _after_fit(self) -> None:
        pass

    def _each(self, members: list[Any], work: Any) -> list[Any]:
        """``work`` of every member, whose results do not depend on the number of threads."""
        threads = 1 if self.n_jobs is None else self.n_jobs
        threads = (os.cpu_count() or 1) + 1 + threads if threads < 0 else threads
        if threads <= 1 or len(members) == 1:
            return [work(member) for member in members]
        with ThreadPoolExecutor(min(threads, len(members))) as pool:
            return list(pool.map(work, members))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class MLPEnsembleClassifier(ClassifierMixin, _Ensemble):
    """Classifiers of several seeds; their probabilities are averaged.

    Parameters
    ----------
    estimator : MLPClassifier, optional
        What each network is like; by default ``MLPClassifier()``.
    n_estimators : int, default 5
    random_state : int, RandomState instance or None
        Where the networks' own come from.
    n_jobs : int or None
        On how many threads they are trained; -1 is one a core.

    Attributes
    ----------
    estimators_ : list of MLPClassifier
    classes_ : array of shape (n_classes,)
    """

    _member = MLPClassifier

    def _after_fit(self) -> None:
        self.classes_ = self.estimators_[0].classes_

    def _probabilities(self, X) -> np.ndarray:
        check_is_fitted(self)
        return np.stack(self._each(self.estimators_, lambda member: member.predict_proba(X)))

    def predict_proba(self, X, return_std=False):
        """The mean probability of every class, shape (n_samples, n_classes); with ``return_std`` also the
        standard deviation over the networks, of the same shape."""
        probabilities = self._probabilities(X)
        mean = probabilities.mean(axis=0)
        return (mean, probabilities.std(axis=0)) if return_std else mean

    def predict(self, X):
        """The most probable class of every sample, shape (n_samples,), or its labels."""
        mean = self.predict_proba(X)
        if self.estimators_[0]._label_binarizer.y_type_.startswith("multilabel"):
            return (mean > 0.5).astype(int)
        # Of one class alone the probabilities of both outcomes are there.
        return self.classes_[np.minimum(mean.argmax(axis=1), len(self.classes_) - 1)]

    def predict_entropy(self, X):
        """How uncertain every prediction is, in nats, shape (n_samples,): (total, of the model).

        The total is the entropy of the mean probabilities; the model's part is what the networks' own
        entropies leave of it, which more data would lower.
        """
        probabilities = self._probabilities(X)
        total = _entropy(probabilities.mean(axis=0))
        return total, np.maximum(total - _entropy(probabilities).mean(axis=0), 0.0)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _entropy(probabilities: np.ndarray) -> np.ndarray:
    logarithms = np.log(np.where(probabilities > 0, probabilities, 1.0))
    return -(probabilities * logarithms).sum(axis=-1)


class MLPEnsembleRegressor(RegressorMixin, _Ensemble):
    """Regressors of several seeds; their predictions are averaged.

    Parameters
    ----------
    estimator : MLPRegressor, optional
        What each network is like; by default ``MLPRegressor()``. With loss="gaussian_nll" the noise of the
        targets is part of the deviations.
    n_estimators : int, default 5
    random_state : int, RandomState instance or None
        Where the networks' own come from.
    n_jobs : int or None
        On how many threads they are trained; -1 is one a core.

    Attributes
    ----------
    estimators_ : list of MLPRegressor
    """

    _member = MLPRegressor

    def predict(self, X, return_std=False):
        """The mean of the networks, shape (n_samples,) or (n_samples, n_outputs); with ``return_std`` also
        the standard deviation, of the same shape: how far they differ, and the noise that they expect if
        their loss is gaussian_nll."""
        check_is_fitted(self)
        has_noise = getattr(self.estimators_[0], "loss", None) == "gaussian_nll"
        if has_noise and return_std:
            told = self._each(self.estimators_, lambda member: member.predict(X, return_std=True))
            means, noise = np.stack([mean for mean, _ in told]), np.stack([std for _, std in told])
            return means.mean(axis=0), np.sqrt(means.var(axis=0) + (noise**2).mean(axis=0))
        means = np.stack(self._each(self.estimators_, lambda member: member.predict(X)))
        return (means.mean(axis=0), means.std(axis=0)) if return_std else means.mean(axis=0)
