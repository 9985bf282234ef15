"""scikit-learn's ``MLPClassifier`` and ``MLPRegressor``, computed by shallownet; ensembles of them.

Parameters, attributes, warnings and random numbers are scikit-learn's: the same ``random_state`` begins
with the same weights and takes the samples in the same order.
"""

try:
    import sklearn as _sklearn  # noqa: F401
except ImportError as error:
    raise ImportError(
        "shallownet.sklearn needs scikit-learn 1.6 or later: pip install scikit-learn"
    ) from error

from ._classifier import MLPClassifier
from ._ensemble import MLPEnsembleClassifier, MLPEnsembleRegressor
from ._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPEnsembleClassifier", "MLPEnsembleRegressor", "MLPRegressor"]
