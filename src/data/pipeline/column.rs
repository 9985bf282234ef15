//! One raw column, and the inputs that it becomes.

/// A raw column of a table, as the training samples had it.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Numbers: one input, and one more if [`Missing`] has one.
    Number {
        /// What stands for a number that is missing.
        missing: Missing,
    },
    /// Texts. An input a category, 1 for the sample's and 0 for all others (one hot); then one for
    /// all `rare` ones together, if there are any; then one if [`Missing`] has one. Of exactly two
    /// categories, none of them rare, one input is enough: 1 for the second.
    ///
    /// A sample's code is the index of its text in `categories` and `rare`, one list behind the
    /// other. A text that is in neither counts as a rare one; where there are none, all inputs are
    /// 0.
    Category {
        /// Those with an input of their own.
        categories: Vec<String>,
        /// Those that share one, since few training samples have them.
        rare: Vec<String>,
        /// What stands for a text that is missing.
        missing: Missing,
    },
}

/// What is done where a value is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Missing {
    /// It is an error.
    Refused,
    /// A value takes its place.
    Filled {
        /// The median of the training samples' numbers, or the code of their most frequent category.
        with: f64,
        /// Another input is 1 where the value was missing, else 0: that it is missing may tell
        /// something. Only where values were missing in training is there anything to learn.
        has_input: bool,
    },
}

impl Missing {
    pub(super) fn has_input(self) -> bool {
        matches!(self, Self::Filled { has_input: true, .. })
    }
}

impl Column {
    /// How many inputs it becomes.
    ///
    /// ```
    /// use shallownet::pipeline::{Column, Missing};
    ///
    /// let of = |categories: &[&str]| Column::Category {
    ///     categories: categories.iter().map(|&c| c.to_owned()).collect(),
    ///     rare: Vec::new(),
    ///     missing: Missing::Refused,
    /// };
    /// assert_eq!(of(&["no", "yes"]).inputs(), 1);
    /// assert_eq!(of(&["a", "b", "c"]).inputs(), 3);
    /// ```
    pub fn inputs(&self) -> usize {
        let of_values = match self {
            Self::Number { .. } => 1,
            Self::Category { .. } if self.is_binary() => 1,
            Self::Category { categories, rare, .. } => {
                categories.len() + usize::from(!rare.is_empty())
            }
        };
        of_values + usize::from(self.missing().has_input())
    }

    /// What is done where a value is missing.
    pub fn missing(&self) -> Missing {
        let (Self::Number { missing } | Self::Category { missing, .. }) = self;
        *missing
    }

    /// The texts of the codes 0, 1, ...; none of a column of numbers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (categories, rare): (&[String], &[String]) = match self {
            Self::Number { .. } => (&[], &[]),
            Self::Category { categories, rare, .. } => (categories, rare),
        };
        categories.iter().chain(rare).map(String::as_str)
    }

    /// Two categories and nothing else: one input tells them apart.
    pub(crate) fn is_binary(&self) -> bool {
        matches!(self, Self::Category { categories, rare, .. }
            if categories.len() == 2 && rare.is_empty())
    }

    pub(super) fn input_names(&self, feature: &str) -> Vec<String> {
        let mut names = match self {
            Self::Number { .. } => vec![feature.to_owned()],
            Self::Category { categories, .. } if self.is_binary() => {
                vec![format!("{feature}={}", categories[1])]
            }
            Self::Category { categories, rare, .. } => {
                let own = categories.iter().map(|category| format!("{feature}={category}"));
                let shared = (!rare.is_empty()).then(|| format!("{feature}=(rare)"));
                own.chain(shared).collect()
            }
        };
        if self.missing().has_input() {
            names.push(format!("{feature} is missing"));
        }
        names
    }
}
