"""Writes tests/fixtures/numpy*: arrays saved by NumPy. pip install numpy; the files are committed.

`numpy.npz` (np.savez) and `numpy_compressed.npz` hold one 3 x 2 array in every type and order that
is read, and labels. `numpy_kinds.npz` holds half floats, samples of more dimensions, and labels
that are floats or texts.
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

# The largest half float, the smallest normal and the smallest of all, and a tenth as it is rounded.
halves = np.array([[65504, 2.0**-14, 2.0**-24], [-0.1, 1 / 3, 0]])
solid = np.arange(2 * 3 * 4 * 5, dtype=np.int16).reshape(2, 3, 4, 5)
words = np.array(["rose", "lily", "Zoë 🌷", "rose"])
kinds = {
    "half_little": halves.astype("<f2"),
    "half_big": halves.astype(">f2"),
    "half_wide": halves.astype("<f2").astype("<f8"),
    "images": np.ascontiguousarray(solid[0]),
    "images_F": np.asfortranarray(solid[0]),
    "solid": solid,
    "solid_F": np.asfortranarray(solid),
    "channel_F": np.asfortranarray(solid[0, :, :, :, None]),
    "whole_f2": np.array([3, -1, 3, 2047], "<f2"),
    "whole_f4": np.array([3, -1, 3, 16777215], ">f4"),
    "whole_f8": np.array([[3], [-1], [3], [9007199254740991]], "<f8"),
    "fraction": np.array([3, -1, 2.5, 4], "<f4"),
    "rounded": np.array([3, -1, 16777216, 4], "<f4"),
    "nan": np.array([3, np.nan], "<f8"),
    "words_little": words.astype("<U6"),
    "words_big": words.astype(">U9"),
    "words_bytes": np.char.encode(words, "utf-8"),
    "words_latin": np.char.encode(np.array(["rose", "Zoë"]), "latin-1"),
    "words_empty": np.array(["rose", "", "lily"]),
    "numbers": np.array(["10", "9", "-1", "10"]),
    "are_roses": words == "rose",
}
np.savez_compressed(FOLDER / "numpy_kinds.npz", **kinds)
