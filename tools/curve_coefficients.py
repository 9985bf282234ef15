#!/usr/bin/env python3
"""Coefficients and constants of src/kernels/{sine,gauss}.rs and of their test's reference.

Needs only mpmath, as tools/coefficients.py, whose fit and rounding it uses:

    python3 tools/curve_coefficients.py

Each polynomial is the least squares fit at Chebyshev nodes, weighted so that the error is relative
to the function; coefficients are rounded to the type one at a time, lowest first, and those above
are fitted again.
"""

from coefficients import round_to, show
from mpmath import mp, mpf

mp.dps = 60
NODES = 80
GRID = 3000


def nodes(low, high):
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle + half * mp.cos(mp.pi * (2 * i + 1) / (2 * NODES)) for i in range(NODES)]


def least_squares(rows, powers):
    """Coefficients of the powers from rows of (x, weight, value)."""
    a = mp.matrix(len(rows), len(powers))
    b = mp.matrix(len(rows), 1)
    for i, (x, w, v) in enumerate(rows):
        for j, k in enumerate(powers):
            a[i, j] = w * x**k
        b[i] = w * v
    return mp.lu_solve(a.T * a, a.T * b)


def polynomial(f, weight, low, high, degree, bits):
    """Rounded coefficients of f on [low, high], lowest first, and the greatest weighted error."""
    exact = {x: (weight(x), f(x)) for x in nodes(low, high)}
    done = []
    for k in range(degree + 1):
        rows = [(x, w, v - sum(c * x**i for i, c in enumerate(done))) for x, (w, v) in exact.items()]
        done.append(round_to(least_squares(rows, range(k, degree + 1))[0], bits))
    worst = 0
    for i in range(GRID):
        x = low + (high - low) * (2 * mpf(i) + 1) / (2 * GRID)
        value = sum(c * x**i for i, c in enumerate(done))
        worst = max(worst, abs(weight(x) * (value - f(x))))
    return done, worst


def tail(u):
    """Q(u) = Phi(-u) e^(u^2/2)."""
    return mp.erfc(u / mp.sqrt(2)) / 2 * mp.exp(u * u / 2)


def parts(x, lengths, bits):
    """x as a sum of numbers of so many bits each, the last of all bits."""
    out = []
    for length in lengths:
        # Cut, not rounded, so that every part has the sign of x.
        m, e = mp.frexp(x)
        part = mp.ldexp(mp.floor(mp.ldexp(m, length)), int(e) - length)
        out.append(part)
        x -= part
    return out + [round_to(x, bits)]


def print_all(name, found, bits):
    coefficients, worst = found
    print(f"// {name}: greatest error 2^{mp.nstr(mp.log(worst, 2), 4)}")
    for c in coefficients:
        show("    c", c, bits)


def main():
    reach = (mp.pi / 2 * mpf("1.0001")) ** 2
    eps = mpf(10) ** -30
    for kind, bits, sine, cosine, degree, k, far, small in (
        ("f32", 24, 4, 5, 11, 4, mpf("13.5"), 6),
        ("f64", 53, 9, 10, 25, 5, mpf(39), 15),
    ):
        print(f"==== {kind}")
        # sin r = r + r^3 s(r^2), by an error relative to sin r.
        f = lambda x: (mp.sin(mp.sqrt(x)) / mp.sqrt(x) - 1) / x
        w = lambda x: x * mp.sqrt(x) / mp.sin(mp.sqrt(x))
        print_all("SIN", polynomial(f, w, eps, reach, sine, bits), bits)
        # cos r = 1 - r^2/2 + r^4 c(r^2), by its absolute error.
        f = lambda x: (mp.cos(mp.sqrt(x)) - 1 + x / 2) / x**2
        w = lambda x: x**2
        print_all("COS", polynomial(f, w, mpf("1e-6"), reach, cosine - 1, bits), bits)
        lengths = [12, 12, 12, 12] if kind == "f32" else [26, 27, 27, 27]
        for part in parts(mp.pi, lengths, bits):
            show("PI part", part, bits)
        show("1/pi", round_to(1 / mp.pi, bits), bits)
        # Q(u) as a polynomial in t = (u - k)/(u + k).
        f = lambda t: tail(k * (1 + t) / (1 - t))
        w = lambda t: 1 / f(t)
        low, high = mpf(-1), (far - k) / (far + k)
        print_all(f"TAIL, k = {k}", polynomial(f, w, low, high, degree, bits), bits)
        # erf x = x + x e(x^2) for x^2 < 1, relative to erf x.
        f = lambda x: mp.erf(mp.sqrt(x)) / mp.sqrt(x) - 1
        w = lambda x: mp.sqrt(x) / mp.erf(mp.sqrt(x))
        print_all("ERF", polynomial(f, w, eps, mpf(1), small, bits), bits)
        show("1/sqrt(2 pi)", round_to(1 / mp.sqrt(2 * mp.pi), bits), bits)


if __name__ == "__main__":
    main()
