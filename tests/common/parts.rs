//! A table, a selection on it, and its parts.
#![allow(dead_code, reason = "every test file is a crate of its own and uses its part of this")]

use serde_json::Value;

use crate::place::Place;

/// 4 candidates on 3 folds: 12 trainings. The column `n` is noted, since it counts the rows.
pub(crate) const SELECT: &str = "select --data d.csv --label kind --hidden 2,8 --activation tanh \
                      --learning-rate 0.003,0.03 --epochs 15 --folds 3 --seed 5";

pub(crate) fn table() -> String {
    let row = |i: u32| {
        let (a, b) = (i * 7 % 31, i * 11 % 17);
        let kind = if 2 * a + b * b % 23 > 38 { "yes" } else { "no" };
        let colour = if i.is_multiple_of(5) { String::new() } else { format!("c{}", i % 3) };
        let shade = ["light", "half", "dark"][(a / 11) as usize];
        format!("{i},{a},{b}.5,{colour},{shade},{kind}\n")
    };
    format!("n,a,b,colour,shade,kind\n{}", (0..60).map(row).collect::<String>())
}

pub(crate) fn place() -> Place {
    let place = Place::new();
    place.file("d.csv", table());
    place
}

/// Runs parts of `select` into the folder `parts`.
pub(crate) fn run_parts(
    place: &Place,
    select: &str,
    which: impl IntoIterator<Item = usize>,
    of: usize,
) {
    for part in which {
        place.said(&format!("{select} --shard {part}/{of} --out parts"));
    }
}

pub(crate) fn part_of(place: &Place, name: &str) -> Value {
    serde_json::from_slice(&place.read(&format!("parts/{name}"))).unwrap()
}

/// Both have the same standard output, and the same standard error.
pub(crate) fn same(place: &Place, one: &str, other: &str) {
    assert_eq!(place.said(one), place.said(other), "{one}, {other}");
}
