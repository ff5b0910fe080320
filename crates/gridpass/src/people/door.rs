//! What an address below an enclosure says: building, unit, floor and room.
//!
//! Addresses are free text (`3栋201`, `12号楼2单元1504室`). What is not recognised stays in the
//! room, so that nothing a worker needs is lost.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Words that end the building, longest first.
const BUILDING_ENDS: [&str; 5] = ["号楼", "栋", "座", "幢", "楼"];
/// The word that ends the unit.
const UNIT_END: &str = "单元";
/// Words that may end the room.
const ROOM_ENDS: [&str; 3] = ["室", "房", "号"];

/// A door, as far as its address tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Door {
    /// The address as written.
    pub text: String,
    /// Building with its word: `3栋`; empty when there is none.
    pub building: String,
    /// Unit without its word; empty when there is none.
    pub unit: String,
    /// Floor, where the room's number tells.
    pub floor: Option<u16>,
    /// Room without its word, and whatever else stands there.
    pub room: String,
}

impl Door {
    /// Reads an address.
    pub fn parse(address: &str) -> Self {
        let text: String = address.split_whitespace().collect();
        let (building, rest) = split_after(&text, &BUILDING_ENDS);
        let (unit, rest) = split_after(rest, &[UNIT_END]);
        let room = ROOM_ENDS
            .iter()
            .find_map(|end| rest.strip_suffix(end))
            .unwrap_or(rest);
        Self {
            building: building.to_owned(),
            unit: unit.trim_end_matches(UNIT_END).to_owned(),
            floor: floor(room),
            room: room.to_owned(),
            text: address.trim().to_owned(),
        }
    }

    /// The same door written differently gives the same key.
    pub fn key(&self) -> String {
        let mut building = self.building.as_str();
        for end in BUILDING_ENDS {
            building = building.trim_end_matches(end);
        }
        let plain = |part: &str| part.trim_start_matches('0').to_lowercase();
        format!(
            "{}|{}|{}",
            plain(building),
            plain(&self.unit),
            plain(&self.room)
        )
    }
}

/// The text up to and with the first of these words that occurs, and the rest.
fn split_after<'a>(text: &'a str, ends: &[&str]) -> (&'a str, &'a str) {
    for end in ends {
        if let Some(at) = text.find(end).filter(|at| *at > 0) {
            return text.split_at(at + end.len());
        }
    }
    ("", text)
}

/// `1504` is on the 15th floor, `201` on the second; a room of one or two digits tells nothing.
fn floor(room: &str) -> Option<u16> {
    let digits = room.len() - room.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if !(3..=5).contains(&digits) {
        return None;
    }
    room[..digits - 2].parse().ok().filter(|floor| *floor > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (address, building, unit, floor, room) in [
            ("3栋201", "3栋", "", Some(2), "201"),
            ("12号楼2单元1504室", "12号楼", "2", Some(15), "1504"),
            ("A座 0803 房", "A座", "", Some(8), "0803"),
            ("201", "", "", Some(2), "201"),
            ("村口老屋", "", "", None, "村口老屋"),
            ("7栋12", "7栋", "", None, "12"),
        ] {
            let door = Door::parse(address);
            assert_eq!(
                (&*door.building, &*door.unit, door.floor, &*door.room),
                (building, unit, floor, room),
                "{address}"
            );
            assert_eq!(door.text, address);
        }
    }

    #[test]
    fn a_door_written_differently_is_the_same_door() {
        let key = |address: &str| Door::parse(address).key();
        assert_eq!(key("3栋201"), key("3号楼 201室"));
        assert_eq!(key("a座0803"), key("A座803房"));
        assert_ne!(key("3栋201"), key("3栋1单元201"));
    }
}
