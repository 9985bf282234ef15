"""Train and run small dense neural networks on a CPU.

``Network`` and ``Population`` are the library's own verbs on NumPy arrays; ``MLPClassifier`` and
``MLPRegressor`` have scikit-learn's parameters, attributes and behaviour, and need it to be installed.
"""

from __future__ import annotations

import os as _os
from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from . import _core
from ._core import (
    Diverged,
    Model,
    Network,
    Optimizer,
    Population,
    Report,
    Solution,
    set_threads,
    threads,
)

if TYPE_CHECKING:
    from .sklearn import MLPClassifier, MLPEnsembleClassifier, MLPEnsembleRegressor, MLPRegressor

__version__ = "0.2.0"

_OF_SKLEARN = ("MLPClassifier", "MLPEnsembleClassifier", "MLPEnsembleRegressor", "MLPRegressor")

__all__ = [
    "Diverged",
    "MLPClassifier",
    "MLPEnsembleClassifier",
    "MLPEnsembleRegressor",
    "MLPRegressor",
    "Model",
    "Network",
    "Optimizer",
    "Population",
    "Report",
    "Solution",
    "set_threads",
    "threads",
]


def __getattr__(name: str) -> Any:
    # scikit-learn takes a second to import: only who asks for its estimators waits for it.
    if name == "sklearn" or name in _OF_SKLEARN:
        module = _import_module(".sklearn", __name__)
        return module if name == "sklearn" else getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))


def _restored(
    inputs: int, layers: list[tuple[int, str]], keywords: dict[str, Any], parameters: Any
) -> Network:
    """A network as it was pickled."""
    network = Network(inputs, layers, init="zeros", **keywords)
    network.set_parameters(parameters)
    return network


# The threads of a pool are not there after a fork.
if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_core._after_fork)
