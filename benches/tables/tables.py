"""The tables, their kinds, and their seeded splits, as CSV files."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn.datasets
from sklearn.model_selection import train_test_split

TARGET = "target"
# What stands in a cell without a value. The word "None" is a category in some tables.
MISSING = ["", "NA", "NaN", "nan", "?"]
REGRESSIONS = {"car_prices", "sacramento", "meats", "diabetes", "concrete"}


@dataclass
class Table:
    """A CSV file whose column `target` is to be predicted from all others."""

    name: str
    path: Path
    regression: bool

    def read(self):
        """The header and the rows, every cell the text that it is."""
        with open(self.path, newline="") as file:
            header, *rows = csv.reader(file)
        return header, rows

    def split(self, seed, folder):
        """The paths of train and test CSV: three quarters and a quarter, classes in proportion."""
        header, rows = self.read()
        target = header.index(TARGET)
        classes = None if self.regression else [row[target] for row in rows]
        parts = train_test_split(
            np.arange(len(rows)), test_size=0.25, random_state=seed, stratify=classes
        )
        paths = [folder / "train.csv", folder / "test.csv"]
        for path, part in zip(paths, parts):
            with open(path, "w", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(header)
                writer.writerows(rows[i] for i in part)
        return paths

    def number_columns(self):
        """The columns whose cells are all numbers or missing; all others hold texts."""
        return [
            name
            for name, column in frame(self.path).drop(columns=TARGET).items()
            if pd.to_numeric(column, errors="coerce").notna().sum() == column.notna().sum()
        ]


def frame(path):
    """The file with texts in every column and NaN where a cell is missing."""
    return pd.read_csv(path, dtype=object, keep_default_na=False, na_values=MISSING)


def all_tables(data, scratch, more, only):
    """Those in the folder `data`, those of scikit-learn (written into `scratch`), and `more`."""
    for name in ["wine", "breast_cancer", "digits"]:
        bunch = getattr(sklearn.datasets, f"load_{name}")()
        columns = pd.DataFrame(bunch.data, columns=bunch.feature_names)
        columns[TARGET] = [str(bunch.target_names[k]) for k in bunch.target]
        columns.to_csv(scratch / f"{name}.csv", index=False)
    paths = [*data.glob("*.csv"), *scratch.glob("*.csv")]
    tables = [Table(path.stem, path, path.stem in REGRESSIONS) for path in paths]
    if more:
        others = more.glob("*.csv")
        tables += [Table(path.stem, path, looks_like_regression(path)) for path in others]
    names = [table.name for table in tables]
    if unknown := only - set(names):
        raise SystemExit(f"no such table: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    tables = [table for table in tables if table.name in only or not only]
    return sorted(tables, key=lambda table: (table.regression, table.name))


def looks_like_regression(path):
    """Whether the target is a number that takes more than 20 different values."""
    target = frame(path)[TARGET]
    return bool(pd.to_numeric(target, errors="coerce").notna().all() and target.nunique() > 20)
