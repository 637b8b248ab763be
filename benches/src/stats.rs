//! Percentiles and medians. Knows nothing of what the numbers mean.

/// The smallest of the sorted values that so many per cent of them do not exceed (the nearest rank); nothing of nothing.
pub(crate) fn percentile(sorted: &[u32], percent: u32) -> Option<u32> {
    let rank = (sorted.len() as u64).saturating_mul(u64::from(percent)).div_ceil(100).max(1);
    sorted.get(usize::try_from(rank - 1).ok()?).copied()
}

/// The value in the middle; of an even number, the mean of the two. Nothing of nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(values.get(last / 2)?.midpoint(*values.get(last.div_ceil(2))?))
}

/// How far apart the smallest and the largest value are, in per cent of the median. Nothing of nothing.
pub(crate) fn spread(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let middle = median(values.clone())?;
    let smallest = values.clone().min_by(f64::total_cmp)?;
    let largest = values.max_by(f64::total_cmp)?;
    Some((largest - smallest) / middle * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let hundred: Vec<u32> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&[7, 9], 50), Some(7));
        assert_eq!(percentile(&[7, 9], 99), Some(9));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }

    #[test]
    fn the_spread_is_relative_to_the_median() {
        assert_eq!(spread([90.0, 100.0, 115.0].into_iter()), Some(25.0));
    }
}
