//! Calendar dates in documents.

use super::decode::{Decode, Decoder};
use crate::yaml::Node;

/// A calendar date, `2026-03-01`; ordered as dates are. Some YAML readers have a type for dates, so quotes do not matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(String);

impl Date {
    /// Reads `YYYY-MM-DD`; `None` if it is no day of the calendar.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: Option<&str>, length: usize| {
            part.filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))?
                .parse()
                .ok()
        };
        let mut parts = text.split('-');
        let year: u32 = digits(parts.next(), 4)?;
        let (month, day): (u32, u32) = (digits(parts.next(), 2)?, digits(parts.next(), 2)?);
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        (parts.next().is_none() && (1..=days).contains(&day)).then(|| Date(text.to_owned()))
    }

    /// The date as `YYYY-MM-DD`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Decode for Date {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let scalar = decoder.scalar(node, "a date")?;
        Date::parse(&scalar.text)
            .or_else(|| decoder.not_allowed(node.place, &scalar.text, "write a date as `2026-03-01`"))
    }
}

inline_schema!([] Date, _generator => schemars::json_schema!({
    "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
}));
