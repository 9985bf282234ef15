//! A score in a file: a number that is read with the bits that were written, or a word for what JSON
//! has no number for.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, \"NaN\", \"inf\" or \"-inf\"")]
enum Form {
    Finite(f64),
    Word(Word),
}

#[derive(Serialize, Deserialize)]
enum Word {
    #[serde(rename = "NaN")]
    NaN,
    #[serde(rename = "inf")]
    Infinity,
    #[serde(rename = "-inf")]
    NegativeInfinity,
}

pub(super) fn serialize<S: Serializer>(score: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let form = match *score {
        finite if finite.is_finite() => Form::Finite(finite),
        f64::INFINITY => Form::Word(Word::Infinity),
        f64::NEG_INFINITY => Form::Word(Word::NegativeInfinity),
        _ => Form::Word(Word::NaN),
    };
    form.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<f64, D::Error> {
    match Form::deserialize(reader)? {
        Form::Finite(score) if score.is_finite() => Ok(score),
        Form::Finite(_) => Err(de::Error::custom("expected a finite number")),
        Form::Word(Word::Infinity) => Ok(f64::INFINITY),
        Form::Word(Word::NegativeInfinity) => Ok(f64::NEG_INFINITY),
        Form::Word(Word::NaN) => Ok(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct One(#[serde(with = "super")] f64);

    #[test]
    fn scores_come_back_with_their_bits() {
        let few = [0.0, -0.0, 1.0, 0.1 + 0.2, f64::MIN_POSITIVE / 3.0, f64::MAX, -1e-300 / 7.0];
        let infinite = [f64::INFINITY, f64::NEG_INFINITY];
        let spread = (1..1000).map(|k| f64::from_bits(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(k)));
        let mut seen = 0;
        for score in few.into_iter().chain(infinite).chain(spread.filter(|v| !v.is_nan())) {
            let text = serde_json::to_string(&One(score)).unwrap();
            let One(again) = serde_json::from_str(&text).unwrap();
            assert_eq!(again.to_bits(), score.to_bits(), "{text}");
            seen += 1;
        }
        assert!(seen > 900);
        let nan = serde_json::to_string(&One(f64::NAN)).unwrap();
        assert_eq!(nan, "\"NaN\"");
        assert!(serde_json::from_str::<One>(&nan).unwrap().0.is_nan());
        for wrong in ["null", "\"nan\"", "\"1\"", "1e999", "[1]", "true"] {
            assert!(serde_json::from_str::<One>(wrong).is_err(), "{wrong}");
        }
    }
}
