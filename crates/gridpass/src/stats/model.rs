//! Counts as they go over the wire, and how cells unpack.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// People or scans by colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ByColour {
    /// Green.
    pub green: i64,
    /// Yellow.
    pub yellow: i64,
    /// Red.
    pub red: i64,
}

/// People by residence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ByResidence {
    /// No residence fact.
    pub none: i64,
    /// Declared, not verified.
    pub declared: i64,
    /// Verified by a grid worker.
    pub verified: i64,
    /// Moved away.
    pub away: i64,
}

/// People by quarantine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ByQuarantine {
    /// No live order.
    pub none: i64,
    /// At home.
    pub home: i64,
    /// In a central place.
    pub central: i64,
    /// In hospital.
    pub hospital: i64,
}

/// People of a division, counted three ways; each adds up to `people`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeopleCount {
    /// Everybody.
    pub people: i64,
    /// By colour when last derived.
    pub colour: ByColour,
    /// By residence.
    pub residence: ByResidence,
    /// By quarantine.
    pub quarantine: ByQuarantine,
}

/// A division below, with its people.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChildCount {
    /// Code; ends in 000 for those whose place is known no deeper.
    pub code: String,
    /// Name; 未落到下级 for those.
    pub name: String,
    /// Its people.
    #[serde(flatten)]
    pub count: PeopleCount,
}

/// People of a division and of those directly below it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PeopleStats {
    /// Code.
    pub division: String,
    /// When it was counted.
    pub as_of: Timestamp,
    /// All of it.
    pub total: PeopleCount,
    /// The divisions below; they add up to the total.
    pub children: Vec<ChildCount>,
}

/// Scans, counted several ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScanCount {
    /// All scans.
    pub scans: i64,
    /// By colour.
    pub colour: ByColour,
    /// Walking in.
    pub inward: i64,
    /// Walking out.
    pub outward: i64,
    /// Stopped by the gate table.
    pub stopped: i64,
    /// With a reading of 37.3 °C or more.
    pub fevers: i64,
}

/// One row of scan counts.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ScanRow {
    /// Start of the hour (RFC 3339), day (YYYY-MM-DD), gate identity or division code.
    pub key: String,
    /// Name of the gate or division; absent for times.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Its scans.
    #[serde(flatten)]
    pub count: ScanCount,
}

/// Scans at the gates of a division.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ScanStats {
    /// Code.
    pub division: String,
    /// First hour counted.
    pub from: Timestamp,
    /// First hour not counted.
    pub to: Timestamp,
    /// When it was counted.
    pub as_of: Timestamp,
    /// All of it.
    pub total: ScanCount,
    /// Rows in order of key; they add up to the total.
    pub rows: Vec<ScanRow>,
}

/// Scans in a minute.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct MinuteCount {
    /// Start of the minute.
    pub minute: Timestamp,
    /// Scans.
    pub scans: i64,
}

/// A gate under the eyes of the live page.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GateCount {
    /// Identity.
    pub gate_id: i64,
    /// Name.
    pub name: String,
    /// Leaf division.
    pub place_code: String,
    /// Scans in the last 15 minutes.
    pub scans_15min: i64,
    /// Reds among them.
    pub red_15min: i64,
}

/// What the live page shows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LiveStats {
    /// When it was counted.
    pub as_of: Timestamp,
    /// The last 60 minutes, oldest first, without gaps.
    pub scans_per_minute: Vec<MinuteCount>,
    /// People of the division and those below.
    pub people: PeopleStats,
    /// The busiest gates, busiest first.
    pub gates: Vec<GateCount>,
}

/// Whether roll-ups equal a count over the raw rows, in one snapshot.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Verification {
    /// People counted from state rows.
    pub people: i64,
    /// Scans counted from scan rows.
    pub scans: i64,
    /// Cells of people that differ.
    pub people_differences: i64,
    /// Cells of scans that differ.
    pub scan_differences: i64,
}

impl PeopleCount {
    /// Adds people of a cell: colour * 100 + residence * 10 + quarantine.
    pub fn add(&mut self, cell: i16, people: i64) {
        self.people += people;
        *match cell / 100 {
            0 => &mut self.colour.green,
            1 => &mut self.colour.yellow,
            _ => &mut self.colour.red,
        } += people;
        *match cell / 10 % 10 {
            0 => &mut self.residence.none,
            1 => &mut self.residence.declared,
            2 => &mut self.residence.verified,
            _ => &mut self.residence.away,
        } += people;
        *match cell % 10 {
            0 => &mut self.quarantine.none,
            1 => &mut self.quarantine.home,
            2 => &mut self.quarantine.central,
            _ => &mut self.quarantine.hospital,
        } += people;
    }
}

impl ScanCount {
    /// Adds scans of a cell: colour * 100 + action * 10 + direction * 2 + fever.
    pub fn add(&mut self, cell: i16, scans: i64) {
        self.scans += scans;
        *match cell / 100 {
            0 => &mut self.colour.green,
            1 => &mut self.colour.yellow,
            _ => &mut self.colour.red,
        } += scans;
        if cell / 10 % 10 == 2 {
            self.stopped += scans;
        }
        let low = cell % 10;
        *(if low / 2 == 0 {
            &mut self.inward
        } else {
            &mut self.outward
        }) += scans;
        if low % 2 == 1 {
            self.fevers += scans;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_adds_up_three_ways() {
        let mut count = PeopleCount::default();
        for colour in 0..3 {
            for residence in 0..4 {
                for quarantine in 0..4 {
                    count.add(colour * 100 + residence * 10 + quarantine, 1);
                }
            }
        }
        let PeopleCount {
            people,
            colour: c,
            residence: r,
            quarantine: q,
        } = count;
        assert_eq!(people, 48);
        assert_eq!((c.green, c.yellow, c.red), (16, 16, 16));
        assert_eq!(r.none + r.declared + r.verified + r.away, 48);
        assert_eq!((q.none, q.home, q.central, q.hospital), (12, 12, 12, 12));
    }

    #[test]
    fn scan_cells_unpack() {
        let mut count = ScanCount::default();
        count.add(223, 5); // red, stop, out, fever
        count.add(0, 2); // green, pass, in
        assert_eq!((count.scans, count.stopped, count.fevers), (7, 5, 5));
        assert_eq!((count.inward, count.outward), (2, 5));
        assert_eq!((count.colour.green, count.colour.red), (2, 5));
    }
}
