"""Frameworks that Python reaches, a file each; each brings its own imports when it is made."""

from .jax_peer import Jax
from .numpy_peer import Numpy
from .onnx_peer import OnnxRuntime
from .torch_peer import Torch

FRAMEWORKS = {f.name: f for f in (Numpy, Torch, Jax, OnnxRuntime)}
