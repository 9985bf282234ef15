//! A word is written and read by its name.

/// A name that no word of its kind has.
///
/// ```
/// use shallownet::Activation;
///
/// let error = "swish".parse::<Activation>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "no activation is called \"swish\": expected identity, sigmoid, tanh, relu, leaky_relu, \
///      elu, softplus, silu, gelu, gelu_tanh, sin, softmax, exp"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} is called {:?}: expected {expected}", short(.given))]
#[non_exhaustive]
pub struct UnknownName {
    /// What was looked for: `activation`, `loss` and the like.
    pub what: &'static str,
    /// The known names, with commas between them.
    pub expected: String,
    /// What was given.
    pub given: String,
}

/// At most the first 60 characters.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Implements `Display` and `FromStr` of a type by its `name` and `from_name`.
macro_rules! names {
    ($word:ty, $what:literal, $all:expr) => {
        impl core::fmt::Display for $word {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }

        impl core::str::FromStr for $word {
            type Err = $crate::words::names::UnknownName;

            fn from_str(name: &str) -> core::result::Result<Self, Self::Err> {
                Self::from_name(name).ok_or_else(|| $crate::words::names::UnknownName {
                    what: $what,
                    expected: $all.map(|word| word.name()).join(", "),
                    given: name.to_owned(),
                })
            }
        }
    };
}
pub(crate) use names;
