"""Writes tests/fixtures/numpy*: arrays saved by NumPy. pip install numpy; the files are committed.

`numpy.npz` (np.savez) and `numpy_compressed.npz` hold one 3 x 2 array in every type and order that
is read, and labels.
"""

import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent.parent / "tests" / "fixtures"

x = np.array([[0, 1], [2, 3], [100, 5]])
arrays = {"y": np.array([7, 0, 9]), "line": np.array([0.5, -1.5], np.float32)}
for kind in ["f4", "f8", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]:
    for order in "<>":
        for layout in "CF":
            name = f"{'big' if order == '>' else 'little'}_{kind}_{layout}"
            arrays[name] = np.array(x, dtype=order + kind, order=layout)
np.savez(FOLDER / "numpy.npz", **arrays)
np.savez_compressed(FOLDER / "numpy_compressed.npz", **arrays)
np.save(FOLDER / "numpy.npy", np.asfortranarray(x / 8))
