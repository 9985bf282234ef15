"""What the tests share."""

import numpy as np
import pytest


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture
def moons(dtype):
    """200 points of two classes: x of shape (200, 2), y of shape (200, 1)."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, np.pi, 200)
    label = np.arange(200) % 2
    x = np.column_stack(
        [np.cos(angle) * (1 - 2 * label) + label, np.sin(angle) * (1 - 2 * label) + label / 2]
    )
    x += rng.normal(scale=0.1, size=x.shape)
    return np.ascontiguousarray(x, dtype=dtype), np.ascontiguousarray(label[:, None], dtype=dtype)
