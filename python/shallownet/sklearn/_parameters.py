"""The ranges of the estimators' parameters."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np

#: By mini-batches.
STOCHASTIC = {
    "adam": "adam",
    "adamw": "adam_w",
    "rmsprop": "rms_prop",
    "sgd": "",  # by momentum and nesterovs_momentum
}
#: By all samples at every step.
FULL_BATCH = ("lbfgs", "lm", "rprop", "scg")

ACTIVATIONS = (
    "identity",
    "logistic",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "softplus",
    "silu",
    "gelu",
    "gelu_tanh",
    "sin",
)

Check = tuple[Callable[[Any], bool], str]


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def number(low: float, high: float = np.inf, *, closed: str = "left") -> Check:
    def fits(value: Any) -> bool:
        if not _is_number(value) or not np.isfinite(value):
            return False
        above = value >= low if closed in ("left", "both") else value > low
        return above and (value <= high if closed in ("right", "both") else value < high)

    brackets = ("[" if closed in ("left", "both") else "(", "]" if closed in ("right", "both") else ")")
    return fits, f"a number in {brackets[0]}{low:g}, {high:g}{brackets[1]}"


def whole(least: int) -> Check:
    def fits(value: Any) -> bool:
        return isinstance(value, Integral) and not isinstance(value, bool | np.bool_) and value >= least

    return fits, f"a whole number, at least {least}"


def words(*names: str) -> Check:
    return (lambda value: isinstance(value, str) and value in names), "one of " + ", ".join(names)


def either(*checks: Check) -> Check:
    return (lambda value: any(fits(value) for fits, _ in checks)), " or ".join(what for _, what in checks)


NOTHING: Check = ((lambda value: value is None), "None")
TRUTH: Check = ((lambda value: isinstance(value, bool | np.bool_)), "True or False")
ENDLESS: Check = ((lambda value: _is_number(value) and value == np.inf), "numpy.inf")


def _is_activation(value: Any) -> bool:
    # A number may follow a name: leaky_relu:0.2. What it may be is checked with the network.
    return isinstance(value, str) and value.split(":")[0] in ACTIVATIONS


def _is_size(value: Any) -> bool:
    if isinstance(value, Integral):
        return not isinstance(value, bool | np.bool_)
    return not isinstance(value, str | bytes | dict) and hasattr(value, "__iter__")


COMMON: dict[str, Check] = {
    "hidden_layer_sizes": (_is_size, "a whole number or several"),
    "activation": (_is_activation, "one of " + ", ".join(ACTIVATIONS)),
    "solver": words(*STOCHASTIC, *FULL_BATCH),
    "alpha": number(0),
    "batch_size": either(words("auto"), whole(1)),
    "learning_rate": words("constant", "invscaling", "adaptive"),
    "learning_rate_init": number(0, closed="neither"),
    "power_t": number(0),
    "max_iter": whole(1),
    "shuffle": TRUTH,
    "tol": number(0),
    "verbose": either(TRUTH, whole(0)),
    "warm_start": TRUTH,
    "momentum": number(0, 1),
    "nesterovs_momentum": TRUTH,
    "early_stopping": TRUTH,
    "validation_fraction": number(0, 1),
    "beta_1": number(0, 1),
    "beta_2": number(0, 1),
    "epsilon": number(0, closed="neither"),
    "n_iter_no_change": either(whole(1), ENDLESS),
    "max_fun": whole(1),
    "weight_decay": number(0),
    "dropout": number(0, 1),
    "clip_norm": either(NOTHING, number(0, closed="neither")),
    "dtype": either(
        NOTHING,
        ((lambda value: value in ("float32", "float64", np.float32, np.float64)), "float32 or float64"),
    ),
}


def check(estimator: Any, more: dict[str, Check]) -> None:
    """Refuses a parameter outside its range, naming it."""
    for name, (fits, expected) in {**COMMON, **more}.items():
        value = getattr(estimator, name)
        if not fits(value):
            of = type(estimator).__name__
            raise ValueError(f"The {name!r} parameter of {of} is {value!r}: expected {expected}.")


def hidden_sizes(given: Any) -> list[int]:
    """The units of each hidden layer."""
    sizes = [given] if not hasattr(given, "__iter__") else list(given)
    whole_numbers = all(isinstance(size, Integral) for size in sizes)
    if not whole_numbers or any(size <= 0 for size in sizes):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return [int(size) for size in sizes]
