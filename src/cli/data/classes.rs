//! The classes of samples: whether there are at least two, and which of a model's they are.

use shallownet::io::Quoted;
use shallownet::io::table::{Labels, classes_of};

use super::room::with_room;
use super::samples::{Data, Targets};
use crate::failure::Failure;
use crate::say::Say;

impl Data {
    /// The classes of all samples; empty if there are none.
    pub(crate) fn labels(&self) -> &Labels {
        const NONE: &Labels = &Labels {
            classes: Vec::new(),
            of_row: Vec::new(),
            first_row: Vec::new(),
            merged: Vec::new(),
        };
        if let Targets::Classes(labels) = &self.targets { labels } else { NONE }
    }

    /// There must be something to tell apart.
    pub(super) fn with_two_classes(self) -> Result<Self, Failure> {
        if let Targets::Classes(labels) = &self.targets
            && let [class] = &labels.classes[..]
        {
            let problem =
                format!("every row has the label {}: expected two classes or more", Quoted(class));
            return Err(Failure::Cell { place: self.label_place(0), problem });
        }
        Ok(self)
    }

    /// The class of every row, as an index into the classes of a model. Says which labels were
    /// taken for classes that the model spells otherwise.
    pub(crate) fn classes_among(
        &self,
        classes: &[String],
        say: &Say,
    ) -> Result<Vec<usize>, Failure> {
        let labels = self.labels();
        let found = classes_of(&labels.classes, classes);
        let mut index = with_room(found.len())?;
        let mut respelled = Vec::new();
        for ((found, label), &row) in found.iter().zip(&labels.classes).zip(&labels.first_row) {
            let Some(class) = *found else {
                return Err(self.unknown(label, row, classes));
            };
            if classes[class] != *label {
                respelled.push((row, &label[..], &classes[class][..]));
            }
            index.push(class);
        }
        self.say_respelled(&respelled, say);
        let mut of_row = with_room(labels.of_row.len())?;
        of_row.extend(labels.of_row.iter().map(|&class| index[class]));
        Ok(of_row)
    }

    fn unknown(&self, label: &str, row: usize, classes: &[String]) -> Failure {
        const SHOWN: usize = 12;
        let shown = classes.iter().take(SHOWN).map(|class| Quoted(class).to_string());
        let mut shown: Vec<String> = shown.collect();
        if classes.len() > SHOWN {
            shown.push(format!("and {} more", classes.len() - SHOWN));
        }
        let problem =
            format!("the model has no class {} (but {})", Quoted(label), shown.join(", "));
        Failure::Cell { place: self.label_place(row), problem }
    }

    /// Says which labels of the file were taken for classes that it spells otherwise elsewhere.
    pub(super) fn say_merged(&self, say: &Say) {
        let labels = self.labels();
        let merged = labels.merged.iter();
        let respelled = merged.map(|m| (m.row, &m.spelling[..], &labels.classes[m.class][..]));
        self.say_respelled(&respelled.collect::<Vec<_>>(), say);
        for class in labels.like_missing() {
            let (row, label) = (labels.first_row[class], &labels.classes[class]);
            say.note(format_args!(
                "{}: the label {} is taken for a class, though it reads like a missing value",
                self.label_place(row),
                Quoted(label)
            ));
        }
    }

    /// Of labels (by row, label and class) the first, and how many more.
    fn say_respelled(&self, respelled: &[(usize, &str, &str)], say: &Say) {
        let Some(&(row, label, class)) = respelled.first() else { return };
        let more = match respelled.len() {
            1 => String::new(),
            n => format!(", and {} more like it", n - 1),
        };
        say.note(format_args!(
            "{}: the label {} is taken for the class {}{more}",
            self.label_place(row),
            Quoted(label),
            Quoted(class)
        ));
    }
}
