//! Checked numbers. JavaScript numbers arrive as `f64`, because a conversion to an integer would silently change a fraction, a
//! negative number or a NaN.

use maxsimd_core::{Error, Result};

/// The largest value of a count.
pub(crate) const MAX_COUNT: u64 = u32::MAX as u64;
/// The largest whole number that JavaScript holds exactly, 2^53 - 1.
pub(crate) const MAX_SAFE: u64 = (1 << 53) - 1;

/// The whole number from `least` to `most` that `value` is, if it is given. An error names the parameter.
pub(crate) fn whole(name: &'static str, value: Option<f64>, least: u64, most: u64) -> Result<Option<u64>> {
    let Some(value) = value else { return Ok(None) };
    if value.fract() == 0.0 && value >= least as f64 && value <= most as f64 {
        return Ok(Some(value as u64));
    }
    let expected = format!("a whole number from {least} to {most}");
    Err(Error::Parameter { name, expected, got: value.to_string() })
}

/// A count of at least `least`.
pub(crate) fn count(name: &'static str, value: Option<f64>, least: u64) -> Result<Option<usize>> {
    Ok(whole(name, value, least, MAX_COUNT)?.map(|value| value as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_of_the_range_pass_and_nothing_else_does() {
        assert_eq!(whole("n", None, 1, 9).unwrap(), None);
        assert_eq!(whole("n", Some(9.0), 1, 9).unwrap(), Some(9));
        for bad in [0.0, 10.0, 1.5, -1.0, f64::NAN, f64::INFINITY] {
            assert!(whole("n", Some(bad), 1, 9).is_err(), "{bad}");
        }
    }
}
