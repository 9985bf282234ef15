#!/usr/bin/env python3
"""Polynomial coefficients of the normal deviates of src/kernels/normal.rs.

Needs only mpmath (`pip install mpmath`). Run it and compare the printed numbers with that file:

    python3 tools/normal_coefficients.py

Three functions of the Box-Muller transform are needed, each as a polynomial in the square of its
argument:

    LN   -2 ln m / s,            s = (m - 1) / (m + 1), m from sqrt(1/2) to sqrt 2
    SIN  sin(pi x / 2) / x,      |x| <= 1/2
    COS  (cos(pi x / 2) - 1) / x^2, |x| <= 1/2

Each is the least squares fit at Chebyshev nodes, weighted so that its error is that of the function
itself (relative; for the cosine absolute), computed with 60 digits. The coefficients are rounded to the
target type one at a time, lowest first, and the higher ones are fitted again after each rounding.
"""

from coefficients import round_to, show
from mpmath import mp, mpf

NODES = 60
GRID = 2000


def ln(y):
    """-4 artanh(s) / s for y = s^2."""
    s = mp.sqrt(y)
    return -4 * mp.atanh(s) / s


def sin(y):
    x = mp.sqrt(y)
    return mp.sin(mp.pi * x / 2) / x


def cos(y):
    """(cos(pi x / 2) - 1) / x^2 = -2 sin(pi x / 4)^2 / x^2."""
    return -2 * mp.sin(mp.pi * mp.sqrt(y) / 4) ** 2 / y


REACH_OF_LN = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.0005")
QUARTER = mpf(1) / 4
# The function, the greatest y, and the weight of an error.
FUNCTIONS = {
    "LN": (ln, REACH_OF_LN, lambda y: 1 / ln(y)),
    "SIN": (sin, QUARTER, lambda y: 1 / sin(y)),
    "COS": (cos, QUARTER, lambda y: y),
}
COUNTS = {"f32": {"LN": 4, "SIN": 4, "COS": 3}, "f64": {"LN": 8, "SIN": 7, "COS": 7}}
BITS = {"f32": 24, "f64": 53}


def fit(f, weight, powers):
    """Weighted least squares fit of sum c_k y^k, k in powers, to f (dict y -> f(y))."""
    a = mp.matrix(len(f), len(powers))
    b = mp.matrix(len(f), 1)
    for i, (y, value) in enumerate(f.items()):
        w = weight(y)
        for j, k in enumerate(powers):
            a[i, j] = w * y**k
        b[i] = w * value
    return mp.lu_solve(a.T * a, a.T * b)


def coefficients(name, count, bits):
    function, reach, weight = FUNCTIONS[name]
    nodes = [reach / 2 * (1 + mp.cos(mp.pi * (2 * i + 1) / (2 * NODES))) for i in range(NODES)]
    exact = {y: function(y) for y in nodes}
    done = []
    for k in range(count):
        rest = {y: v - sum(c * y**i for i, c in enumerate(done)) for y, v in exact.items()}
        done.append(round_to(fit(rest, weight, range(k, count))[0], bits))
    grid = [reach * (i + 1) / GRID for i in range(GRID)]
    worst = max(
        abs(weight(y) * (function(y) - sum(c * y**i for i, c in enumerate(done)))) for y in grid
    )
    return done, worst


def main():
    for kind, counts in COUNTS.items():
        for name, count in counts.items():
            done, worst = coefficients(name, count, BITS[kind])
            print(f"{kind} {name}: greatest error 2^{float(mp.log(worst, 2)):.1f}")
            for i, c in enumerate(done):
                show(f"  [{i}]", c, BITS[kind])


if __name__ == "__main__":
    main()
