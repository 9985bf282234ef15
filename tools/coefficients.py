#!/usr/bin/env python3
"""Polynomial coefficients and constants of the exp, tanh and sigmoid kernels.

Needs only mpmath (`pip install mpmath`). Run it and compare the printed Rust
text with src/kernels/exp.rs:

    python3 tools/coefficients.py

The kernels need q(r) with expm1(r) = r + r^2 q(r) on |r| <= REACH. Each q is
the least squares fit at Chebyshev nodes, weighted by 1/expm1(r) and computed
with 60 digits, which comes close to the least greatest relative error. The
coefficients are rounded to the target type
one at a time, lowest first, and the higher ones are fitted again after each
rounding, so they absorb the error of the lower ones.
"""

from mpmath import mp, mpf

mp.dps = 60

# The reduced argument may exceed ln2/2 by the rounding of x*log2(e). The tanh
# of f64 chooses n with a bias (TANH_EXTRA) that takes r up to ln(3/2).
REACH = {"f32": mp.ln(2) / 2 * mpf("1.0005"), "f64": mp.ln(1.5) * mpf("1.0005")}
NODES = 60
GRID = 4000


def round_to(x, bits):
    """x rounded to `bits` significant binary digits (normal range only)."""
    if x == 0:
        return mpf(0)
    m, e = mp.frexp(x)
    return mp.ldexp(mp.nint(mp.ldexp(m, bits)), int(e) - bits)


def target(r):
    """(expm1(r) - r) / r^2, the function that q approximates."""
    return (mp.expm1(r) - r) / r**2


def weight(r):
    """Turns an error of q into an error relative to expm1(r)."""
    return r**2 / mp.expm1(r)


def fit(f, powers):
    """Weighted least squares fit of sum c_k r^k, k in powers, to f (dict r -> f(r))."""
    rows = list(f)
    a = mp.matrix(len(rows), len(powers))
    b = mp.matrix(len(rows), 1)
    for i, r in enumerate(rows):
        w = weight(r)
        for j, k in enumerate(powers):
            a[i, j] = w * r**k
        b[i] = w * f[r]
    return mp.lu_solve(a.T * a, a.T * b)


def expm1_tail(reach, degree, bits):
    """Rounded coefficients of q and the greatest relative error reached."""
    nodes = [reach * mp.cos(mp.pi * (2 * i + 1) / (2 * NODES)) for i in range(NODES)]
    exact = {r: target(r) for r in nodes}
    done = []
    for k in range(degree + 1):
        rest = {r: v - sum(c * r**i for i, c in enumerate(done)) for r, v in exact.items()}
        done.append(round_to(fit(rest, range(k, degree + 1))[0], bits))
    grid = [reach * (2 * mpf(i) + 1 - GRID) / GRID for i in range(GRID)]
    worst = max(
        abs(weight(r) * (target(r) - sum(c * r**i for i, c in enumerate(done)))) for r in grid
    )
    return done, worst


def show(name, x, bits):
    # The fewest digits that read back as the same float.
    digits = next(d for d in range(1, 18) if round_to(mpf(mp.nstr(x, d)), bits) == x)
    print(f"{name} = {mp.nstr(x, digits)}  // {float(x).hex()}")


def main():
    # (type, significand bits, degree of q, bits kept in LN2_HI so that n*LN2_HI is exact)
    for name, bits, degree, hi_bits in (("f32", 24, 4, 15), ("f64", 53, 10, 42)):
        coefs, worst = expm1_tail(REACH[name], degree, bits)
        print(f"// {name}: greatest relative error 2^{mp.nstr(mp.log(worst, 2), 5)}")
        for c in coefs:
            show("    c", c, bits)
        ln2 = mp.ln(2)
        hi = round_to(ln2, hi_bits)
        show("LOG2_E", round_to(1 / ln2, bits), bits)
        show("LN2", round_to(ln2, bits), bits)
        show("LN2 rest (TANH_EXTRA)", round_to(ln2 - round_to(ln2, bits), bits), bits)
        show("LN2_HI", hi, bits)
        show("LN2_LO", round_to(ln2 - hi, bits), bits)


if __name__ == "__main__":
    main()
