//! What an address below an enclosure says: building, unit, floor and room.
//!
//! Addresses are free text (`3栋201`, `12号楼2单元1504室`, `7-1-301`). What is not recognised stays
//! in the room, so that nothing a worker needs is lost.
//!
//! People of one door make a household, and a household lets them carry each other's pass. So two
//! spellings are one door only where nothing else can be meant: a door that is not recognised costs
//! a stop more, two doors taken for one would open a stranger's record.

use gridpass_types::fold_place;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Words that end the building, longest first.
const BUILDING_ENDS: [&str; 4] = ["号楼", "栋", "座", "幢"];
/// The word that ends a building or a floor.
const STOREY: &str = "楼";
/// The word of a building that was written without one.
const BUILDING_WORD: &str = "栋";
/// The word that ends the unit.
const UNIT_END: &str = "单元";
/// Words that may end the room.
const ROOM_ENDS: [&str; 3] = ["室", "房", "号"];
/// What may stand between building, unit and room.
const SEPARATORS: [char; 6] = ['-', '–', '—', '−', '#', '/'];

/// A door, as far as its address tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Door {
    /// The address as written.
    pub text: String,
    /// Building with its word: `3栋`; empty when there is none.
    pub building: String,
    /// Unit without its word; empty when there is none.
    pub unit: String,
    /// Floor, where the room's number or a word tells.
    pub floor: Option<u16>,
    /// Room without its word, and whatever else stands there; empty when none is told.
    pub room: String,
}

impl Door {
    /// Reads an address.
    pub fn parse(address: &str) -> Self {
        let text = fold_place(address);
        let (building, rest) = building_of(&text);
        let (unit, rest) = split_after(rest, UNIT_END);
        let unit = unit.trim_end_matches(UNIT_END);
        let (storey, rest) = storey_of(rest);
        let rest = ROOM_ENDS
            .iter()
            .find_map(|end| rest.strip_suffix(end))
            .unwrap_or(rest);
        let (between, unit, room) = divided((building, unit), rest);
        Self {
            building: match between {
                Some(name) => format!("{name}{BUILDING_WORD}"),
                None => building.to_owned(),
            },
            unit: unit.to_owned(),
            floor: floor(room).or(storey),
            room: room.to_owned(),
            text: address.trim().to_owned(),
        }
    }

    /// The same door written differently gives the same key.
    pub fn key(&self) -> String {
        let plain = |part: &str| part.trim_start_matches('0').to_lowercase();
        format!(
            "{}|{}|{}",
            plain(self.building_name()),
            plain(&self.unit),
            plain(&self.room)
        )
    }

    /// The building without its word. `7楼` keeps it: it may as well be the seventh floor, whose
    /// room 301 is not that of building 7.
    fn building_name(&self) -> &str {
        let mut name = self.building.as_str();
        for end in BUILDING_ENDS {
            name = name.trim_end_matches(end);
        }
        match name.strip_suffix(STOREY) {
            Some(before) if !is_number(before) => before,
            _ => name,
        }
    }
}

/// The building with its word, and the rest. `7楼` is one, unless the room lies on that floor.
fn building_of(text: &str) -> (&str, &str) {
    for end in BUILDING_ENDS {
        let (building, rest) = split_after(text, end);
        if !building.is_empty() {
            return (building, rest);
        }
    }
    let (building, rest) = split_after(text, STOREY);
    let storey = building.trim_end_matches(STOREY);
    let is_floor = storey.contains(UNIT_END) || (is_number(storey) && lies_on(storey, rest));
    if is_floor {
        ("", text)
    } else {
        (building, rest)
    }
}

/// The floor that stands before the room, and the rest. It goes where the room's own number says the
/// same, or there is no room; otherwise it stays with the room, which is none without it.
fn storey_of(rest: &str) -> (Option<u16>, &str) {
    for end in [STOREY, "层"] {
        let (written, room) = split_after(rest, end);
        let storey = written.trim_end_matches(end);
        if !is_number(storey) {
            continue;
        }
        let room = room.trim_start_matches(SEPARATORS);
        let told = room.is_empty() || lies_on(storey, room);
        return (storey.parse().ok(), if told { room } else { rest });
    }
    (None, rest)
}

/// Building and unit, where something stands between them and the room instead of their words, and
/// the room. It counts before a room whose number tells its floor: `12-3` may be a house in a lane,
/// `201-2` a bed, `301/302` two flats in one.
fn divided<'a>(
    (building, unit): (&str, &'a str),
    rest: &'a str,
) -> (Option<&'a str>, &'a str, &'a str) {
    let cut = |text: &'a str| text.split_once(SEPARATORS);
    if building.is_empty() && !unit.is_empty() {
        // `7-1单元301`.
        return match cut(unit) {
            Some((name, unit)) if is_building(name) && is_unit(unit) => (Some(name), unit, rest),
            _ => (None, unit, rest),
        };
    }
    let Some((first, after)) = cut(rest) else {
        return (None, unit, rest);
    };
    let unit_and_room = |text: &'a str| {
        let (unit, room) = cut(text)?;
        (is_unit(unit) && floor(room).is_some()).then_some((unit, room))
    };
    let is_room = floor(after).is_some();
    match (building.is_empty(), unit.is_empty()) {
        (true, _) if is_building(first) && is_room => (Some(first), unit, after),
        (true, _) if is_building(first) => match unit_and_room(after) {
            Some((unit, room)) => (Some(first), unit, room),
            None => (None, unit, rest),
        },
        // `7栋-301`, `7栋1单元-301`.
        (false, _) if first.is_empty() && is_room => (None, unit, after),
        (false, true) => {
            // `7栋1-301`, `7栋-1-301`.
            let from = if first.is_empty() { after } else { rest };
            let (unit, room) = unit_and_room(from).unwrap_or((unit, rest));
            (None, unit, room)
        }
        _ => (None, unit, rest),
    }
}

/// The text up to and with the first of this word that occurs after something, and the rest.
fn split_after<'a>(text: &'a str, end: &str) -> (&'a str, &'a str) {
    match text.find(end).filter(|at| *at > 0) {
        Some(at) => text.split_at(at + end.len()),
        None => ("", text),
    }
}

/// One or two digits.
fn is_number(text: &str) -> bool {
    (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number, a letter, or a letter with a number.
fn is_building(text: &str) -> bool {
    let number = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = text.len() - number.len();
    letters <= 1 && (is_number(number) || (letters == 1 && number.is_empty()))
}

/// A number or a letter.
fn is_unit(text: &str) -> bool {
    text.len() <= 2 && (is_number(text) || (text.len() == 1 && is_building(text)))
}

/// Whether the number of a room says that it lies on this floor.
fn lies_on(storey: &str, room: &str) -> bool {
    floor(room).is_some_and(|floor| storey.parse() == Ok(floor))
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
mod tests;
