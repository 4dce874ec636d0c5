//! YAML scalars as parameter values: the YAML type is the parameter's type, so that `"42"` is text and `42` a number.

use crate::model::query::Value;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// A scalar in a YAML file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scalar(pub(super) Value);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor).map(Self)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true, false or null")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        i64::try_from(value)
            .map(Value::Int)
            .map_err(|_| E::custom("the number is too large; quote it to send it as text"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_yaml_type_is_the_parameters_type() {
        let yaml =
            "[\"42\", 42, 1.5, true, \"true\", null, \"null\", general, 2026-01-15, \"2026-01-15 12:00:00\", -1]";
        let values: Vec<Scalar> = serde_saphyr::from_str(yaml).unwrap();
        let text = |text: &str| Value::Text(text.into());
        let expected = [
            text("42"),
            Value::Int(42),
            Value::Float(1.5),
            Value::Bool(true),
            text("true"),
            Value::Null,
            text("null"),
            text("general"),
            text("2026-01-15"),
            text("2026-01-15 12:00:00"),
            Value::Int(-1),
        ];
        assert_eq!(values.into_iter().map(|scalar| scalar.0).collect::<Vec<_>>(), expected);
    }
}
