//! What happens on which day, decided before the first call.

use crate::random::apportion;
use crate::world::{Totals, shape};

/// Hours of the four parts of a day after each of which gates upload; all 24 are covered.
pub const SHIFTS: [std::ops::Range<usize>; 4] = [0..9, 9..13, 13..18, 18..24];

/// Of those who apply, the share that does so on their own phone; the others are
/// entered by grid workers, whose lists come in once a day.
const ONLINE_SHARE: f64 = 0.2;

/// The month, a number a day.
#[derive(Clone, Debug)]
pub struct MonthPlan {
    /// Residents entered by grid workers.
    pub entered: Vec<u64>,
    /// Residents who apply on their phone.
    pub applied: Vec<u64>,
    /// People who arrive from elsewhere and apply on their phone.
    pub arrived: Vec<u64>,
    /// Scans of the day.
    pub scans: Vec<u64>,
    /// Of them at employers' gates.
    pub worker_scans: Vec<u64>,
    /// Households put under quarantine.
    pub households: Vec<u64>,
}

impl MonthPlan {
    /// The month of a district of that size.
    pub fn of(totals: &Totals) -> Self {
        let holders = shape::applications(totals.holders);
        let scans = shape::scans(totals.scans, &holders);
        let worker_scans = shape::worker_scans(totals.worker_scans, &scans);
        let applied: Vec<u64> = holders
            .iter()
            .map(|new| (*new as f64 * ONLINE_SHARE).round() as u64)
            .collect();
        let entered = holders
            .iter()
            .zip(&applied)
            .map(|(new, applied)| new - applied)
            .collect();
        let arrived = shape::arrivals(totals.arrivals);
        // Isolation follows the arrivals.
        let weights: Vec<f64> = arrived
            .iter()
            .map(|arrived| *arrived as f64 + 0.01)
            .collect();
        let households = apportion(totals.quarantine_households, &weights);
        Self {
            entered,
            applied,
            arrived,
            scans,
            worker_scans,
            households,
        }
    }

    /// How many of `total` fall into shift `shift`, by the hours of the day; the four sum to `total`.
    pub fn in_shift(total: u64, shift: usize) -> u64 {
        let weights: Vec<f64> = SHIFTS
            .iter()
            .map(|hours| shape::HOURLY[hours.clone()].iter().sum())
            .collect();
        apportion(total, &weights)[shift]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_has_the_totals_of_the_source() {
        let totals = Totals::at(1.0).expect("a scale");
        let plan = MonthPlan::of(&totals);
        let sum = |days: &[u64]| days.iter().sum::<u64>();
        assert_eq!(sum(&plan.entered) + sum(&plan.applied), 550_000);
        assert_eq!(sum(&plan.scans), 6_000_000);
        assert_eq!(sum(&plan.worker_scans), 1_480_000);
        assert_eq!(sum(&plan.households), 82);
    }

    #[test]
    fn the_shifts_cover_the_day() {
        assert_eq!(SHIFTS.iter().map(|hours| hours.len()).sum::<usize>(), 24);
        assert_eq!(
            (0..SHIFTS.len())
                .map(|shift| MonthPlan::in_shift(1_001, shift))
                .sum::<u64>(),
            1_001
        );
    }
}
