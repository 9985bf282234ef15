//! Double-double numbers: a value as the unevaluated sum of two `f64`, about 100 bits of it.

/// Sum of two doubles, exactly.
#[inline(always)]
pub(super) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// Product of two doubles, exactly (barring underflow).
#[inline(always)]
pub(super) fn two_prod(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

/// A double-double number.
pub(super) type Pair = (f64, f64);

#[inline(always)]
pub(super) fn add(a: Pair, b: Pair) -> Pair {
    let (s, e) = two_sum(a.0, b.0);
    let (t, f) = two_sum(a.1, b.1);
    let (s, e) = two_sum(s, e + t);
    two_sum(s, e + f)
}

#[inline(always)]
pub(super) fn mul(a: Pair, b: Pair) -> Pair {
    let (p, e) = two_prod(a.0, b.0);
    two_sum(p, e + (a.0 * b.1 + a.1 * b.0))
}

#[inline(always)]
pub(super) fn div(a: Pair, b: Pair) -> Pair {
    let q = a.0 / b.0;
    let r = add(a, mul((-q, 0.0), b));
    let q2 = r.0 / b.0;
    let r = add(r, mul((-q2, 0.0), b));
    add((q, 0.0), (q2, r.0 / b.0))
}
