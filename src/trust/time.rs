//! Days and seconds as plain numbers: there is no clock here.

use std::fmt;

/// A second, counted from 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

/// A day of UTC, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

const SECONDS: i64 = 86_400;

impl Moment {
    /// The day it is in.
    pub fn day(self) -> Day {
        Day(self.0.div_euclid(SECONDS))
    }

    /// So many hours later.
    pub fn plus_hours(self, hours: i64) -> Moment {
        Moment(self.0.saturating_add(hours.saturating_mul(3600)))
    }
}

impl Day {
    /// Reads `YYYY-MM-DD`; `None` if it is no day of the calendar.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str, length: usize| {
            let plain = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<i64>().ok()).flatten()
        };
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts.as_slice() else { return None };
        let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        let found = (1..=12).contains(&month).then(|| Day(from_civil(year, month, day)))?;
        (to_civil(found.0) == (year, month, day)).then_some(found)
    }

    /// Its first second.
    pub fn start(self) -> Moment {
        Moment(self.0.saturating_mul(SECONDS))
    }

    /// So many days later.
    pub fn plus(self, days: i64) -> Day {
        Day(self.0.saturating_add(days))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = to_civil(self.0);
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Moment {
    /// `2026-11-22T08:00:00Z`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.rem_euclid(SECONDS);
        write!(out, "{}T{:02}:{:02}:{:02}Z", self.day(), seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// Days from 1970-01-01, years counted from March so that the leap day is a year's last.
fn from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// [`from_civil`] backwards.
fn to_civil(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (text, days) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-22", 20_779), ("1969-12-31", -1)]
        {
            assert_eq!(Day::parse(text), Some(Day(days)), "{text}");
            assert_eq!(Day(days).to_string(), text);
        }
        for bad in ["2026-02-29", "2026-13-01", "2026-1-1", "today", "2026-00-10", "2026-11-22Z", ""] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
        assert_eq!(Moment(1_795_334_400).to_string(), "2026-11-22T08:00:00Z");
    }

    #[test]
    fn every_day_of_a_leap_cycle_reads_back() {
        for days in -146_097..146_097 {
            let day = Day(days);
            assert_eq!(Day::parse(&day.to_string()), Some(day));
        }
    }
}
