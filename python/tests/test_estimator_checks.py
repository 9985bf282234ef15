"""scikit-learn's checks of estimators, none switched off."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from shallownet import MLPClassifier, MLPEnsembleClassifier, MLPEnsembleRegressor, MLPRegressor

ESTIMATORS = [
    MLPClassifier(max_iter=100),
    MLPRegressor(max_iter=100),
    MLPEnsembleClassifier(MLPClassifier(max_iter=100), n_estimators=2),
    MLPEnsembleRegressor(MLPRegressor(max_iter=100), n_estimators=2),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_an_estimator_is_scikit_learns(estimator, check):
    check(estimator)
