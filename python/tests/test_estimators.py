"""`MLPClassifier` and `MLPRegressor` beside scikit-learn's, and inside its tools."""

import pickle
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import shallownet
from shallownet import MLPClassifier, MLPEnsembleClassifier, MLPEnsembleRegressor, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SAME = [
    {},
    {"solver": "sgd", "learning_rate_init": 0.05},
    {"solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False, "momentum": 0.5},
    {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0, "learning_rate": "invscaling"},
    {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0, "learning_rate": "adaptive", "tol": 0.01},
    {"activation": "tanh", "hidden_layer_sizes": (9, 7), "alpha": 0.5},
    {"activation": "logistic", "batch_size": 33, "shuffle": False},
    {"early_stopping": True, "max_iter": 40, "n_iter_no_change": 4},
    {"activation": "identity", "batch_size": 20, "max_iter": 200, "tol": 1e-3},
]


def data(kind):
    x, y = (load_wine if kind == "classifier" else load_diabetes)(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    return (x, y) if kind == "classifier" else (x, (y - y.mean()) / y.std())


@pytest.mark.parametrize("options", SAME, ids=range(len(SAME)))
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_the_same_seed_is_the_same_training(kind, options, weighted):
    """Start, order, steps, losses, scores and the end are scikit-learn's, but for rounding."""
    ours, theirs = (
        (MLPClassifier, TheirClassifier) if kind == "classifier" else (MLPRegressor, TheirRegressor)
    )
    options = {"hidden_layer_sizes": 10, "max_iter": 20, "random_state": 3, **options}
    x, y = data(kind)
    weights = np.linspace(0.5, 1.5, len(x)) if weighted else None
    a, b = ours(**options).fit(x, y, weights), theirs(**options).fit(x, y, weights)
    assert (a.n_iter_, a.t_, a.n_layers_, a.n_outputs_) == (b.n_iter_, b.t_, b.n_layers_, b.n_outputs_)
    assert a.out_activation_ == b.out_activation_
    np.testing.assert_allclose(a.loss_curve_, b.loss_curve_, rtol=1e-5)
    for mine, their in zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_, strict=True):
        np.testing.assert_allclose(mine, their, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(a.predict(x), b.predict(x), rtol=1e-4, atol=1e-5)
    assert a.score(x, y) == pytest.approx(b.score(x, y), rel=1e-4)
    for name in ("best_loss_", "best_validation_score_", "validation_scores_"):
        mine, their = getattr(a, name), getattr(b, name)
        assert mine == (None if their is None else pytest.approx(their, rel=1e-5)), name


def test_poisson_and_labels_are_the_same_training():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 4))
    options = {"hidden_layer_sizes": 6, "max_iter": 10, "random_state": 0}
    counts = rng.poisson(np.exp(x[:, :2]))
    a = MLPRegressor(loss="poisson", **options).fit(x, counts)
    b = TheirRegressor(loss="poisson", **options).fit(x, counts)
    np.testing.assert_allclose(a.loss_curve_, b.loss_curve_, rtol=1e-6)
    np.testing.assert_allclose(a.predict(x), b.predict(x), rtol=1e-5)
    labels = (x[:, :3] > 0).astype(int)
    a, b = MLPClassifier(**options).fit(x, labels), TheirClassifier(**options).fit(x, labels)
    np.testing.assert_allclose(a.predict_proba(x), b.predict_proba(x), rtol=1e-5)
    np.testing.assert_array_equal(a.predict(x), b.predict(x))


@pytest.mark.parametrize("solver", ["adam", "sgd", "adamw", "rmsprop"])
def test_partial_fit_goes_on_after_a_pickle(solver):
    x, y = data("classifier")
    model = MLPClassifier(10, solver=solver, random_state=0)
    for _ in range(3):
        model.partial_fit(x, y, classes=[0, 1, 2])
    again = pickle.loads(pickle.dumps(model))
    for _ in range(3):
        model.partial_fit(x, y)
        again.partial_fit(x, y)
    # The random state is an int, so that both take the samples in the same order.
    for a, b in zip(model.coefs_, again.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_pickles_clones_and_joblib(tmp_path):
    x, y = data("classifier")
    model = MLPClassifier(10, max_iter=20, random_state=0).fit(x, y)
    joblib.dump(model, tmp_path / "model")
    for other in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model")):
        np.testing.assert_array_equal(model.predict_proba(x), other.predict_proba(x))
        assert other.loss_curve_ == model.loss_curve_
    assert not hasattr(clone(model), "coefs_")
    parallel = joblib.Parallel(n_jobs=2)(joblib.delayed(model.predict)(x) for _ in range(4))
    assert all(np.array_equal(predicted, model.predict(x)) for predicted in parallel)


def test_a_fork_does_not_wait_for_threads_that_are_gone():
    x, y = load_digits(return_X_y=True)
    x = np.tile(x, (4, 1))
    model = MLPClassifier((256, 256), max_iter=1, random_state=0).fit(x, np.tile(y, 4))
    here = model.predict_proba(x)
    with warnings.catch_warnings():
        # Python 3.12 and later warn of forks beside threads.
        warnings.simplefilter("ignore", DeprecationWarning)
        there = joblib.Parallel(n_jobs=2, backend="multiprocessing", timeout=60)(
            joblib.delayed(model.predict_proba)(x) for _ in range(2)
        )
    assert all(np.array_equal(probabilities, here) for probabilities in there)


def test_pipelines_grids_and_cross_validation():
    x, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(8, learning_rate_init=0.02, random_state=0))
    assert cross_val_score(pipeline, x, y, cv=3, n_jobs=2).mean() > 0.9
    grid = {"mlpclassifier__alpha": [1e-4, 1e-2], "mlpclassifier__activation": ["relu", "gelu"]}
    search = GridSearchCV(pipeline, grid, cv=3).fit(x, y)
    assert search.best_score_ > 0.9 and len(search.cv_results_["params"]) == 4


def test_parameters_that_are_changed_by_hand_are_those_that_predict():
    x, y = data("regressor")
    model = MLPRegressor(hidden_layer_sizes=5, max_iter=5, random_state=0).fit(x, y)
    before = model.predict(x)
    model.intercepts_[-1] += 1
    np.testing.assert_allclose(model.predict(x), before + 1)
    model.intercepts_[-1] = model.intercepts_[-1] - 2
    np.testing.assert_allclose(model.predict(x), before - 1)
    model.coefs_ = [np.zeros_like(coef) for coef in model.coefs_]
    assert np.ptp(model.predict(x)) == 0
    by_hand = (
        np.maximum(x @ model.coefs_[0] + model.intercepts_[0], 0) @ model.coefs_[1] + model.intercepts_[1]
    )
    np.testing.assert_allclose(model.predict(x), by_hand[:, 0])


@pytest.mark.parametrize(
    "activation", ["leaky_relu:0.1", "elu", "softplus", "silu", "gelu", "gelu_tanh", "sin"]
)
@pytest.mark.parametrize("solver", ["adamw", "rmsprop", "rprop", "scg"])
def test_what_scikit_learn_lacks_learns(activation, solver):
    x, y = data("classifier")
    model = MLPClassifier(
        8, activation, solver=solver, learning_rate_init=0.01, max_iter=100, random_state=0
    )
    assert model.fit(x, y).score(x, y) > 0.95


@pytest.mark.parametrize("loss", ["huber", "absolute_error", "quantile", "gaussian_nll"])
def test_losses_for_outliers_intervals_and_uncertainty(loss):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(400, 1))
    noise = 0.1 + 0.4 * (x[:, 0] > 0)
    y = x[:, 0] + noise * rng.normal(size=400)
    model = MLPRegressor(
        loss, 16, activation="tanh", learning_rate_init=0.01, max_iter=150, quantile=0.9, random_state=0
    ).fit(x, y)
    if loss == "quantile":
        assert 0.85 < (y < model.predict(x)).mean() < 0.95
    else:
        assert np.abs(model.predict(x) - x[:, 0]).mean() < 0.1
    if loss == "gaussian_nll":
        _, deviation = model.predict(x, return_std=True)
        assert deviation[x[:, 0] > 0].mean() > 2 * deviation[x[:, 0] < 0].mean()
    else:
        with pytest.raises(ValueError, match="gaussian_nll"):
            model.predict(x, return_std=True)


def test_levenberg_marquardt_fits_a_curve():
    x = np.linspace(-1, 1, 60).reshape(-1, 1)
    y = np.sin(4 * x[:, 0])
    options = {"hidden_layer_sizes": 6, "activation": "tanh", "alpha": 0, "tol": 1e-9, "random_state": 0}
    model = MLPRegressor(solver="lm", max_iter=200, **options).fit(x, y)
    assert model.loss_ < 1e-5
    with pytest.raises(ValueError, match="the solver lm needs squared_error"):
        MLPClassifier(solver="lm").fit(x, y > 0)
    model = MLPClassifier(6, solver="lm", loss="squared_error", random_state=0).fit(x, y > 0)
    assert model.score(x, y > 0) > 0.8


def test_class_weights_count():
    x, y = load_breast_cancer(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    y[20:] = np.where(np.arange(len(y) - 20) % 9 == 0, y[20:], 0)  # few of class 1, and hard to tell
    share = [
        (
            MLPClassifier(4, class_weight=weight, max_iter=60, random_state=0).fit(x, y).predict(x) == 1
        ).mean()
        for weight in (None, "balanced", {0: 1.0, 1: 1000.0})
    ]
    assert share[0] < share[1] <= share[2]
    with pytest.raises(ValueError, match="not supported for partial_fit"):
        MLPClassifier(class_weight="balanced").partial_fit(x, y, classes=[0, 1])


def test_ensembles_say_how_uncertain_they_are():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    y = np.sin(3 * x[:, 0])
    member = MLPRegressor(hidden_layer_sizes=16, activation="tanh", solver="lbfgs", max_iter=200)
    one = MLPEnsembleRegressor(member, 5, random_state=0).fit(x, y)
    two = MLPEnsembleRegressor(member, 5, random_state=0, n_jobs=2).fit(x, y)
    mean, deviation = one.predict(np.array([[0.0], [5.0]]), return_std=True)
    assert abs(mean[0]) < 0.05 and deviation[1] > 10 * deviation[0]
    np.testing.assert_array_equal(one.predict(x), two.predict(x))
    x, y = data("classifier")
    model = MLPEnsembleClassifier(MLPClassifier(8, learning_rate_init=0.02), 4, random_state=0).fit(x, y)
    mean, deviation = model.predict_proba(x, return_std=True)
    assert mean.shape == deviation.shape == (178, 3) and model.score(x, y) > 0.95
    np.testing.assert_allclose(mean.sum(axis=1), 1)
    total, of_the_model = model.predict_entropy(x)
    assert (total >= of_the_model).all() and (of_the_model >= 0).all() and total.max() <= np.log(3)


def test_float32_is_asked_for_by_the_data_or_by_name():
    x, y = data("classifier")
    for given, name, expected in [
        (x, None, "float64"),
        (x.astype("f4"), None, "float32"),
        (x, "float32", "float32"),
    ]:
        model = MLPClassifier(5, max_iter=5, dtype=name, random_state=0).fit(given, y)
        assert {coef.dtype for coef in model.coefs_} == {np.dtype(expected)}
        assert model.predict_proba(given).dtype == expected


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"alpha": -1}, "The 'alpha' parameter of MLPClassifier is -1: expected a number in"),
        ({"solver": "newton"}, "The 'solver' parameter .* expected one of adam"),
        ({"activation": "step"}, "The 'activation' parameter"),
        ({"activation": "elu:-1"}, "ELU's alpha is -1"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
        ({"momentum": 1.0}, "The 'momentum' parameter"),
        ({"max_iter": 0}, "The 'max_iter' parameter"),
        ({"dropout": 1.0}, "The 'dropout' parameter"),
        ({"class_weight": "even"}, "The 'class_weight' parameter"),
    ],
)
def test_parameters_outside_their_ranges_are_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        MLPClassifier(**options).fit(*load_iris(return_X_y=True))


def test_targets_below_zero_and_other_layers_are_refused():
    x, y = data("regressor")
    with pytest.raises(ValueError, match="below 0"):
        MLPRegressor(loss="poisson").fit(x, y)
    model = MLPRegressor(hidden_layer_sizes=5, warm_start=True, max_iter=3).fit(x, y)
    with pytest.raises(
        ValueError, match=r"the layers are \[10, 5, 1\] from the last fit: expected \[10, 6, 1\]"
    ):
        model.set_params(hidden_layer_sizes=6).fit(x, y)


def test_a_training_that_does_not_end_says_so():
    x, y = data("classifier")
    for solver in ("adam", "lbfgs", "scg"):
        with pytest.warns(ConvergenceWarning):
            MLPClassifier(5, solver=solver, max_iter=2).fit(x, y)
    assert shallownet.__version__
