"""Types of the compiled part; the docstrings are with the classes themselves."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Float = TypeVar("_Float", np.float32, np.float64)
_Array = NDArray[np.float32] | NDArray[np.float64]
_Layers = Sequence[tuple[int, str]]
_Held = tuple[_Array, _Array, _Array | None]

class Diverged(ValueError): ...

class Report:
    @property
    def epochs(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def stop(self) -> str: ...
    @property
    def cost(self) -> float | None: ...
    @property
    def training_costs(self) -> list[float]: ...
    @property
    def validation_costs(self) -> list[float]: ...
    @property
    def best_epoch(self) -> int | None: ...
    @property
    def best_cost(self) -> float | None: ...

class Solution:
    @property
    def iterations(self) -> int: ...
    @property
    def evaluations(self) -> int: ...
    @property
    def stop(self) -> str: ...
    @property
    def cost(self) -> float: ...
    @property
    def objective(self) -> float: ...
    @property
    def gradient_norm(self) -> float: ...
    @property
    def objectives(self) -> list[float]: ...

class Network:
    def __init__(
        self,
        inputs: int,
        layers: _Layers,
        *,
        loss: str | None = None,
        init: str = "auto",
        seed: int = 0,
        dtype: str = "float32",
        parallel: bool = True,
        checks: bool = True,
        backend: str = "auto",
    ) -> None: ...
    @classmethod
    def mean_of(cls, networks: Sequence[Network]) -> Network: ...
    @property
    def inputs(self) -> int: ...
    @property
    def outputs(self) -> int: ...
    @property
    def targets(self) -> int: ...
    @property
    def layers(self) -> list[tuple[int, str]]: ...
    @property
    def loss(self) -> str: ...
    @property
    def dtype(self) -> str: ...
    @property
    def backend(self) -> str: ...
    @property
    def level(self) -> str | None: ...
    @property
    def parameter_count(self) -> int: ...
    @property
    def parameters(self) -> _Array: ...
    @parameters.setter
    def parameters(self, values: _Array) -> None: ...
    def set_parameters(self, values: _Array) -> None: ...
    def weights(self, layer: int) -> _Array: ...
    def bias(self, layer: int) -> _Array: ...
    def set_weights(self, layer: int, values: _Array) -> None: ...
    def set_bias(self, layer: int, values: _Array) -> None: ...
    def initialize(self, init: str = "auto", seed: int = 0) -> None: ...
    def copy(self) -> Network: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    @staticmethod
    def load(path: str | PathLike[str]) -> Network: ...
    def predict(self, x: NDArray[_Float], out: NDArray[_Float] | None = None) -> NDArray[_Float]: ...
    def cost(self, x: _Array, y: _Array, weights: _Array | None = None) -> float: ...
    def backward(
        self, x: NDArray[_Float], y: NDArray[_Float], weights: NDArray[_Float] | None = None
    ) -> tuple[float, NDArray[_Float]]: ...
    def step(self, x: _Array, y: _Array, learning_rate: float, weights: _Array | None = None) -> float: ...
    def step_with(
        self,
        x: _Array,
        y: _Array,
        optimizer: Optimizer,
        learning_rate: float,
        *,
        l2: float = 0.0,
        weights: _Array | None = None,
    ) -> float: ...
    def epoch(
        self,
        x: _Array,
        y: _Array,
        optimizer: Optimizer,
        *,
        learning_rate: float,
        batch_size: int,
        order: NDArray[np.int64] | None = None,
        alpha: float = 0.0,
        weights: _Array | None = None,
        dropout: float = 0.0,
        dropout_seed: int = 0,
    ) -> tuple[float, float]: ...
    def fit(
        self,
        x: _Array,
        y: _Array,
        *,
        epochs: int,
        batch_size: int | None = None,
        optimizer: str = "adam",
        learning_rate: float = 0.001,
        schedule: str = "constant",
        warm_up: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        dropout: float = 0.0,
        weights: _Array | None = None,
        validation: _Held | None = None,
        patience: int | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
        seed: int = 0,
        callback: Callable[[int, float, float | None], Any] | None = None,
        **constants: float,
    ) -> Report: ...
    def solve(
        self,
        x: _Array,
        y: _Array,
        *,
        method: str = "lbfgs",
        iterations: int = 1000,
        cost: float | None = None,
        gradient_norm: float = 1e-10,
        step_norm: float = 0.0,
        seconds: float | None = None,
        evaluations: int | None = None,
        decrease: float = 0.0,
        l2: float = 0.0,
        weights: _Array | None = None,
        callback: Callable[[int, float], Any] | None = None,
        **options: float,
    ) -> Solution: ...
    def jacobian(self, x: NDArray[_Float]) -> NDArray[_Float]: ...

class Model:
    def __init__(
        self,
        network: Network,
        *,
        features: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
        label: str | None = None,
        means: Sequence[float] | None = None,
        stds: Sequence[float] | None = None,
    ) -> None: ...
    @classmethod
    def load(cls, path: str | PathLike[str]) -> Model: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    @property
    def network(self) -> Network: ...
    @property
    def columns(self) -> int: ...
    @property
    def features(self) -> list[str] | None: ...
    @property
    def classes(self) -> list[str]: ...
    @property
    def label(self) -> str | None: ...
    def code(self, column: int, text: str) -> float: ...
    def predict(self, x: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def predict_classes(self, x: NDArray[np.float64]) -> list[str]: ...

class Optimizer:
    def __init__(
        self, network: Network, name: str = "adam", *, clip_norm: float | None = None, **constants: float
    ) -> None: ...
    @property
    def steps(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def moments(self) -> list[_Array | None]: ...
    def restore(self, steps: int, m: _Array | None, v: _Array | None) -> None: ...

class Population:
    def __init__(
        self,
        inputs: int,
        layers: _Layers,
        *,
        seeds: Sequence[int],
        loss: str | None = None,
        init: str = "auto",
        dtype: str = "float32",
        parallel: bool = True,
        checks: bool = True,
        backend: str = "auto",
    ) -> None: ...
    @staticmethod
    def of(networks: Sequence[Network]) -> Population: ...
    @property
    def members(self) -> int: ...
    @property
    def inputs(self) -> int: ...
    @property
    def outputs(self) -> int: ...
    @property
    def parameter_count(self) -> int: ...
    @property
    def is_in_lanes(self) -> bool: ...
    @property
    def parameters(self) -> _Array: ...
    @parameters.setter
    def parameters(self, values: _Array) -> None: ...
    def network(self, member: int) -> Network: ...
    def predict(self, x: NDArray[_Float]) -> NDArray[_Float]: ...
    def cost(self, x: _Array, y: _Array, weights: _Array | None = None) -> NDArray[np.float64]: ...
    def step(
        self,
        x: _Array,
        y: _Array,
        learning_rate: float | Sequence[float],
        weights: _Array | None = None,
    ) -> NDArray[np.float64]: ...
    def fit(
        self,
        x: _Array,
        y: _Array,
        *,
        epochs: int,
        batch_size: int | None = None,
        optimizer: str = "adam",
        learning_rate: float = 0.001,
        schedule: str = "constant",
        warm_up: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = None,
        weights: _Array | None = None,
        validation: _Held | None = None,
        patience: int | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
        seed: int = 0,
        learning_rates: Sequence[float] | None = None,
        l2s: Sequence[float] | None = None,
        seeds: Sequence[int] | None = None,
        **constants: float,
    ) -> list[Report | None]: ...
    def __len__(self) -> int: ...

def set_threads(number: int) -> None: ...
def threads() -> int: ...
def _after_fork() -> None: ...
