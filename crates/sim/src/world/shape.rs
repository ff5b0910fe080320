//! When things happen: the hours of a day at the gates and the days of the
//! month from 10 February to 6 March 2020, as shares that sum to one.

use crate::random::apportion;

/// Days replayed: 10 February to 6 March 2020.
pub const DAYS: usize = 26;

/// The share of a day's scans in each hour: people leave from seven to nine,
/// shop at noon, return from five to seven; nights are nearly empty.
pub const HOURLY: [f64; 24] = [
    0.002, 0.001, 0.001, 0.001, 0.002, 0.008, 0.035, 0.110, 0.135, 0.055, 0.038, 0.045, //
    0.055, 0.040, 0.035, 0.035, 0.045, 0.095, 0.120, 0.065, 0.037, 0.022, 0.012, 0.006,
];

/// Share of holders who first applied on each day: few in the first days,
/// most in the two weeks in which every community switched over.
pub fn applications(total: u64) -> Vec<u64> {
    let weights: Vec<f64> = (0..DAYS)
        .map(|day| {
            let spread = (day as f64 - 9.5) / 4.5;
            0.12 + (-spread * spread / 2.0).exp()
        })
        .collect();
    apportion(total, &weights)
}

/// Scans of each day: holders so far, going out more as work resumes, less on Sundays.
pub fn scans(total: u64, holders_by_day: &[u64]) -> Vec<u64> {
    let mut so_far = 0_u64;
    let weights: Vec<f64> = holders_by_day
        .iter()
        .enumerate()
        .map(|(day, new)| {
            so_far += new;
            so_far as f64 * (0.6 + 0.4 * day as f64 / DAYS as f64) * weekday_factor(day)
        })
        .collect();
    apportion(total, &weights)
}

/// Of each day's scans those of workers: hardly any before the staged return, then a steady rise.
pub fn worker_scans(total: u64, scans_by_day: &[u64]) -> Vec<u64> {
    let weights: Vec<f64> = scans_by_day
        .iter()
        .enumerate()
        .map(|(day, scans)| *scans as f64 * (0.1 + day as f64 / DAYS as f64))
        .collect();
    apportion(total, &weights)
}

/// Arrivals from other places of each day: the return wave, highest on the Sundays.
pub fn arrivals(total: u64) -> Vec<u64> {
    let weights: Vec<f64> = (0..DAYS)
        .map(|day| {
            let spread = (day as f64 - 12.0) / 6.0;
            ((-spread * spread / 2.0).exp() + 0.1) * if is_sunday(day) { 1.8 } else { 1.0 }
        })
        .collect();
    apportion(total, &weights)
}

/// Day 0 is Monday, 10 February 2020.
const fn is_sunday(day: usize) -> bool {
    day % 7 == 6
}

const fn weekday_factor(day: usize) -> f64 {
    if is_sunday(day) { 0.8 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hours_sum_to_one() {
        assert!((HOURLY.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        const { assert!(HOURLY[8] > 2.0 * HOURLY[10] && HOURLY[18] > 2.0 * HOURLY[15]) };
    }

    #[test]
    fn the_days_sum_to_the_totals() {
        let new = applications(550_000);
        assert_eq!(new.iter().sum::<u64>(), 550_000);
        assert_eq!(scans(6_000_000, &new).iter().sum::<u64>(), 6_000_000);
        assert_eq!(arrivals(30_000).iter().sum::<u64>(), 30_000);
        let all = scans(6_000_000, &new);
        let workers = worker_scans(1_480_000, &all);
        assert_eq!(workers.iter().sum::<u64>(), 1_480_000);
        assert!(workers.iter().zip(&all).all(|(worker, all)| worker <= all));
    }
}
