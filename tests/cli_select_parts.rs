//! Promise: a selection in parts is the selection: its table, its JSON and its picture have the
//! bits of the run that was not divided; parts that are missing are named, with what writes them.

#[path = "common/parts.rs"]
mod parts;
#[path = "common/place.rs"]
mod place;

use parts::{SELECT, part_of, place, run_parts, same};
use place::{Place, notes};
use serde_json::Value;

/// Lines, JSON, notes and pictures of `select` in so many parts, and undivided.
fn merges_to_the_same(place: &Place, select: &str, parts: usize) {
    run_parts(place, select, 1..=parts, parts);
    let names = place.names("parts");
    assert_eq!(names.len(), parts, "{names:?}");
    same(place, select, "select --merge parts");
    same(place, &format!("{select} --json"), "select --merge parts --json");
    place.said(&format!("{select} --out whole"));
    place.said("select --merge parts --out merged");
    let pictures = place.names("whole");
    assert_eq!(pictures, ["selection.png", "selection.svg"]);
    assert_eq!(place.names("merged"), pictures);
    for picture in pictures {
        let of = |folder: &str| place.read(&format!("{folder}/{picture}"));
        assert!(of("whole") == of("merged"), "{picture}");
    }
    std::fs::remove_dir_all(place.path("parts")).unwrap();
}

#[test]
fn parts_merge_to_the_bits_of_the_undivided_run() {
    for parts in [1, 5, 12] {
        merges_to_the_same(&place(), SELECT, parts);
    }
    // The note on a constant answer, values, costs, the other type of numbers, three
    // classes, the built-in set.
    let more = [
        "select --data d.csv --label kind --hidden 1 --epochs 1 --learning-rate 1e-5 --folds 2",
        "select --data d.csv --label b --regression --ignore kind,n --hidden 3 --epochs 4 \
         --activation relu --precision f32 --target-transform log",
        "select --data d.csv --label kind --score cost --plain --hidden none,2 --epochs 3 --folds 2",
        "select --data d.csv --label shade --ignore n --hidden 2,3 --epochs 3 --folds 2",
        "select --hidden 2,none --init he_normal,uniform --epochs 3 --folds 2",
    ];
    for select in more {
        merges_to_the_same(&place(), select, 3);
    }
}

/// JSON has no word for a cost that is no number, and `null` would not say which.
#[test]
fn candidates_that_diverge_are_told_as_in_the_undivided_run() {
    let place = place();
    let select = "select --data d.csv --label a --regression --standardize=false --hidden 4 \
                  --activation identity --target-transform none --optimizer sgd --epochs 10 \
                  --folds 2 --learning-rate";
    merges_to_the_same(&place, &format!("{select} 1e-5,1e9"), 3);
    // There is nothing to draw.
    let all = format!("{select} 1e8,1e9");
    run_parts(&place, &all, 1..=2, 2);
    assert_eq!(part_of(&place, "part-1-of-2.json")["scores"][0]["score"], "NaN");
    same(&place, &all, "select --merge parts");
    let (_, notes) = place.done("select --merge parts --out drawn");
    let last = notes.last().unwrap();
    assert!(last.starts_with("every candidate diverged: try a --learning-rate below 1"), "{last}");
    assert!(last.contains("--standardize"), "{last}");
    assert!(!place.path("drawn").exists());
}

#[test]
fn a_part_is_a_file_and_says_so() {
    let place = place();
    let (said, _) = place.said(&format!("{SELECT} --shard 3/5 --out parts"));
    assert!(said.contains("60 samples of d.csv, 4 candidates, 3 folds"), "{said}");
    assert!(
        said.ends_with("part 3/5: 2 of 12 trainings\nwrote parts/part-3-of-5.json\n"),
        "{said}"
    );
    assert_eq!(place.names("parts"), ["part-3-of-5.json"]);
    let before = place.read("parts/part-3-of-5.json");
    // Again, on one thread, by another spelling: the same but for the command.
    let results = place.json(&format!("{SELECT} --shard=3/5 --threads 1 --out parts"));
    assert_eq!((&results["part"], &results["parts"]), (&3.into(), &5.into()));
    assert_eq!(
        (&results["trainings"], &results["file"]),
        (&2.into(), &"parts/part-3-of-5.json".into())
    );
    assert!(notes(&results)[0].contains("counts the rows"));
    let (mut after, mut first) = (part_of(&place, "part-3-of-5.json"), before);
    let mut first: Value = serde_json::from_slice(&std::mem::take(&mut first)).unwrap();
    assert_ne!(first["command"], after["command"]);
    for part in [&mut first, &mut after] {
        part["command"].take();
    }
    assert_eq!(first, after);
    // Trainings 2 and 7 of 0 to 11.
    let scores = after["scores"].as_array().unwrap();
    let places: Vec<_> =
        scores.iter().map(|s| (s["candidate"].as_u64(), s["fold"].as_u64())).collect();
    assert_eq!(places, [(Some(1), Some(3)), (Some(3), Some(2))]);
}

#[test]
fn parts_that_are_not_there_are_named_with_their_commands() {
    let place = place();
    let error = place.refused(2, "select --merge parts");
    assert_eq!(error, "parts: No such file or directory");
    std::fs::create_dir(place.path("parts")).unwrap();
    place.file("parts/slurm-1.out", "x").file("parts/table.json", "");
    let error = place.refused(2, "select --merge parts");
    assert!(error.starts_with("parts: no part here: expected files such as part-3-of-"), "{error}");

    run_parts(&place, SELECT, [2, 3, 5, 9], 9);
    let error = place.refused(2, "select --merge parts --json");
    let command = format!("shallownet {SELECT}").split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = format!(
        "parts 1,4,6-8 of 9 are missing: {command} --out parts --shard 1/9 writes the first, \
         and so on"
    );
    assert_eq!(error, expected);
    assert!(place.run("select --merge parts").stdout.is_empty());
    run_parts(&place, SELECT, [1, 4, 6, 7], 9);
    let error = place.refused(2, "select --merge parts");
    let command = format!("{command} --out parts --shard 8/9");
    assert_eq!(error, format!("part 8 of 9 is missing: shallownet {} writes it", &command[11..]));
    // What the error says is run as it stands.
    place.said(command.strip_prefix("shallownet ").unwrap());
    same(&place, SELECT, "select --merge parts");
}
