"""Writes the samples that tools/mpi.sh trains on: .npy, IDX and CSV. Argument: the folder."""

import math
import pathlib
import random
import struct
import sys

SAMPLES = 2400
FEATURES = 5


def npy(path: pathlib.Path, kind: str, shape: tuple[int, ...], values: list[float]) -> None:
    """An array in C order, of struct's type `kind`."""
    descr = {"f": "<f4", "d": "<f8", "q": "<i8"}[kind]
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    data = struct.pack(f"<{len(values)}{kind}", *values)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)


def idx(path: pathlib.Path, shape: tuple[int, ...], values: list[int]) -> None:
    """An array of bytes."""
    header = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    path.write_bytes(header + bytes(values))


def main() -> None:
    """Three classes by the distance of two features from 0; one feature is 0 and 1, one constant."""
    folder = pathlib.Path(sys.argv[1])
    rng = random.Random(1)
    rows, classes, values = [], [], []
    for _ in range(SAMPLES):
        a, b, noise = rng.gauss(0, 1), rng.gauss(0, 1), rng.gauss(1e4, 1)
        rows.append([a, 1e-3 * b, noise, float(rng.random() < 0.3), 0.1])
        radius = math.hypot(a, b)
        classes.append(0 if radius < 0.8 else 1 if radius < 1.5 else 2)
        values.append(100 + 10 * math.sin(a) + b)
    x = [value for row in rows for value in row]
    npy(folder / "x.npy", "f", (SAMPLES, FEATURES), x)
    npy(folder / "y.npy", "q", (SAMPLES,), classes)
    npy(folder / "values.npy", "d", (SAMPLES,), values)
    # Not a number, in the last third.
    x[FEATURES * (SAMPLES - 100)] = math.nan
    npy(folder / "broken.npy", "f", (SAMPLES, FEATURES), x)
    pixels = [min(255, int(abs(100 * value))) for row in rows for value in (row[0], 1e3 * row[1], 1, 2)]
    idx(folder / "x.idx", (SAMPLES, 2, 2), pixels)
    idx(folder / "y.idx", (SAMPLES,), classes)
    lines = ["a,b,colour,kind"]
    for (a, b, *_), kind in zip(rows, classes, strict=True):
        colour = rng.choice(["red", "green", "blue"])
        lines.append(f"{a if rng.random() < 0.9 else ''},{b},{colour},k{kind}")
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    quoted(folder, rows, classes)
    swapped(folder)
    plain(folder, rows, classes, values)
    parts(folder, rows, classes)


def quoted(folder: pathlib.Path, rows: list[list[float]], classes: list[int]) -> None:
    """Texts in quotes, with commas, quotes and line ends in them; a category further down, labels that are texts."""
    rng = random.Random(2)
    lines = ['"a","b","town","size","flag","kind"']
    for at, ((a, b, *_), kind) in enumerate(zip(rows, classes, strict=True)):
        town = rng.choice(['"Ulm, on the\nDanube"', '"a ""small"" town"', "Köln", '""', "NA"])
        town = '"only\nonce"' if at == 1900 else town
        size = "huge" if at > 2000 else rng.choice(["small", "large"])
        flag = rng.choice(["True", "False", "False", ""])
        lines.append(f'{a},"{b}",{town},{size},{flag},"class, {kind}"')
    (folder / "quoted.csv").write_text("\n".join(lines) + "\n")
    # A quote that stands for itself misleads the count of quotes.
    lines[1200] = lines[1200].replace(",small,", ',5",').replace(",large,", ',5",')
    (folder / "stray.csv").write_text("\n".join(lines) + "\n")


def swapped(folder: pathlib.Path) -> None:
    """Two tables of the same size, whose columns are in another order."""
    (folder / "swapped").mkdir()
    for name, header in (("0", "a,b,kind"), ("1", "b,a,kind")):
        lines = [f"{at % 7}.5,{at % 5}.25,{at % 2}" for at in range(200)]
        (folder / "swapped" / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")


def plain(folder: pathlib.Path, rows: list[list[float]], classes: list[int], values: list[float]) -> None:
    """A table of numbers, some of them missing, with a blank line; as one file and as a folder of three."""
    lines = []
    for at, (row, kind, value) in enumerate(zip(rows, classes, values, strict=True)):
        cells = [repr(cell) for cell in row]
        cells[1] = "NA" if at % 37 == 5 else cells[1]
        # A class that is spelled otherwise further down.
        lines.append(",".join([*cells, f"{kind}.0" if at == 1500 else str(kind), repr(value)]))
    lines.insert(1000, "")
    header = "a,b,noise,bit,constant,kind,value\n"
    (folder / "plain.csv").write_text(header + "\n".join(lines))
    (folder / "tables").mkdir()
    for part, (start, end) in enumerate([(0, 700), (700, 705), (705, len(lines))]):
        text = header + "\r\n".join(lines[start:end]) + "\r\n"
        (folder / "tables" / f"{part}.csv").write_bytes(text.encode())
    # Numbers alone up to the last third.
    lines[-300] = lines[-300].replace(",", ",x", 1)
    (folder / "late.csv").write_text(header + "\n".join(lines))


def parts(folder: pathlib.Path, rows: list[list[float]], classes: list[int]) -> None:
    """The samples and labels as folders of three .npy files; one folder whose last part is broken."""
    for name in ("x", "y", "narrow"):
        (folder / f"{name}-parts").mkdir()
    for part, (start, end) in enumerate([(0, 900), (900, 901), (901, SAMPLES)]):
        x = [value for row in rows[start:end] for value in row]
        npy(folder / "x-parts" / f"{part}.npy", "f", (end - start, FEATURES), x)
        npy(folder / "y-parts" / f"{part}.npy", "q", (end - start,), classes[start:end])
        width = FEATURES - (part == 2)
        x = [value for row in rows[start:end] for value in row[:width]]
        npy(folder / "narrow-parts" / f"{part}.npy", "f", (end - start, width), x)


main()
