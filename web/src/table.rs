//! A table of the user's own, read by the code that the command line reads it with.

use shallownet::io::table::{Header, Table};

use crate::samples::Samples;

/// More classes than this can't be told apart by colour.
const MOST_CLASSES: usize = 8;
/// More features than this would make a step too slow to watch.
const MOST_FEATURES: usize = 256;
/// More values than this would not fit beside the network in a browser's memory.
const MOST_VALUES: usize = 4_000_000;

/// Samples of a CSV file with a header: `label` is the name of the label's column, or empty for one
/// called `label`, `class`, `species`, `target` or `y`, else the last. Every other column is a number.
/// With them a sentence that says what was taken for what.
pub(crate) fn read(name: &str, text: &[u8], label: &str) -> Result<(Samples, String), String> {
    let table = Table::new(name, text, Header::Present).map_err(|error| error.to_string())?;
    let names = table.names().unwrap_or_default().to_vec();
    let label = match label {
        "" => ["label", "class", "species", "target", "y"]
            .iter()
            .find_map(|usual| names.iter().position(|name| name.eq_ignore_ascii_case(usual)))
            .unwrap_or(names.len().saturating_sub(1)),
        name => table.column(name).map_err(|error| error.to_string())?,
    };
    let columns: Vec<usize> = (0..names.len()).filter(|column| *column != label).collect();
    if !(2..=MOST_FEATURES).contains(&columns.len()) {
        let given = columns.len();
        return Err(format!(
            "{name}: {given} columns besides the label: expected 2 to {MOST_FEATURES}"
        ));
    }
    let samples = table.samples(&columns, Some(label)).map_err(|error| error.to_string())?;
    if samples.x.len() > MOST_VALUES {
        let given = samples.x.len();
        return Err(format!("{name}: {given} numbers: at most {MOST_VALUES} are taken here"));
    }
    let place = samples.place(0, label);
    let labels = samples.labels.unwrap_or_default();
    let classes = labels.classes.len();
    if !(2..=MOST_CLASSES).contains(&classes) {
        return Err(format!(
            "{place}: the label column has {classes} different values: expected 2 to {MOST_CLASSES} \
             classes"
        ));
    }
    let mut note = format!(
        "{name}: {} samples of {} features; \"{}\" is the label, with the classes {}; features are \
         standardized.",
        labels.of_row.len(),
        columns.len(),
        names[label],
        labels.classes.join(", "),
    );
    for merged in &labels.merged {
        let class = &labels.classes[merged.class];
        note += &format!(" The label {} is taken for {class}.", merged.spelling);
    }
    for class in labels.like_missing() {
        let class = &labels.classes[class];
        note +=
            &format!(" The label {class} is a class here, though it reads like a missing value.");
    }
    let read = Samples {
        x: samples.x,
        features: columns.iter().map(|&column| names[column].clone()).collect(),
        y: labels.of_row,
        classes: labels.classes,
        label: names[label].clone(),
        is_table: true,
    };
    Ok((read, note))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_label_is_found_by_its_name_or_is_the_last() {
        let (samples, note) = read("t.csv", b"class,a,b\nu,1,2\nv,3,4\n", "").unwrap();
        assert_eq!(
            (&samples.features[..], &samples.y[..]),
            (&["a", "b"].map(str::to_owned)[..], &[0, 1][..])
        );
        assert_eq!(
            note,
            "t.csv: 2 samples of 2 features; \"class\" is the label, with the classes u, v; features \
             are standardized."
        );
        assert_eq!(read("t.csv", b"a,b,c\n1,2,u\n3,4,v\n", "").unwrap().0.label, "c");
        assert_eq!(read("t.csv", b"a,b,c\n1,2,3\n3,4,5\n", "a").unwrap().0.label, "a");
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let refused = |text: &str| read("t.csv", text.as_bytes(), "").unwrap_err();
        assert_eq!(
            refused("a,b,label\n1,2,0\n1,x,1\n"),
            "t.csv: line 3, column 2 (\"b\"): \"x\" is not a number"
        );
        assert!(refused("a,b,label\n1,2,0\n1,2\n").contains("line 3"));
        assert!(refused("a,b,label\n1,2,0\n1,2,0\n").contains("1 different values"));
        assert!(refused("a,label\n1,0\n1,1\n").contains("1 columns besides the label"));
        assert_eq!(refused(""), "t.csv: the file is empty");
    }
}
