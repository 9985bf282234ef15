"""scikit-learn's checks of estimators, none switched off."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from shallownet import MLPClassifier, MLPEnsembleClassifier, MLPEnsembleRegressor, MLPRegressor

OF_BATCHES = (
    "a sample of weight 2 is not in two mini-batches, and samples are shuffled: scikit-learn's own "
    "estimators are excepted for the same reason"
)
EXCEPTED = {
    "check_sample_weight_equivalence_on_dense_data": OF_BATCHES,
    "check_sample_weight_equivalence_on_sparse_data": OF_BATCHES,
}

ESTIMATORS = [
    MLPClassifier(max_iter=100),
    MLPRegressor(max_iter=100),
    MLPEnsembleClassifier(MLPClassifier(max_iter=100), n_estimators=2),
    MLPEnsembleRegressor(MLPRegressor(max_iter=100), n_estimators=2),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: EXCEPTED)
def test_an_estimator_is_scikit_learns(estimator, check):
    check(estimator)
