//! The population registry as CSV, a chunk at a time, so that it can be made
//! while it is sent and is never whole in memory.

use std::io::Write as _;

use super::World;
use super::people::Person;

/// The header of the registry file.
pub const HEADER: &str = "document_type,document_number,name,phone,origin,residence_status,enclosure_code,\
grid_code,household,address,employer_code,employment_status\n";

/// Bytes of one row, roughly; a chunk's buffer is sized by it.
const ROW_BYTES: usize = 160;

/// The rows of `people`, behind the header if the file begins here.
pub fn csv_of(world: &World, people: &[Person], with_header: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER.len() + people.len() * ROW_BYTES);
    if with_header {
        bytes.extend_from_slice(HEADER.as_bytes());
    }
    for person in people {
        write_row(&mut bytes, world, person);
    }
    bytes
}

/// Names and addresses of the synthetic world hold no comma, quote or line break, so no field
/// needs quoting; the test reads the rows back with a CSV reader.
fn write_row(out: &mut Vec<u8>, world: &World, person: &Person) {
    let enclosure = &world.enclosures[person.enclosure];
    let employer = person
        .employer
        .map_or("", |index| &world.employers[index].credit_code);
    let employment = if person.employer.is_some() {
        "verified"
    } else {
        ""
    };
    // Where a person lives is only claimed together with how sure it is.
    let (enclosure, grid) = match person.residence.word() {
        "" => ("", ""),
        _ => (enclosure.code.as_str(), person.grid.as_str()),
    };
    let written = writeln!(
        out,
        "resident_id,{},{},{},{},{},{enclosure},{grid},{},{},{employer},{employment}",
        person.number,
        person.name,
        person.phone,
        person.origin,
        person.residence.word(),
        person.household,
        person.address,
    );
    debug_assert!(written.is_ok(), "writing to memory cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(seed: u64) -> Vec<u8> {
        let world = World::grow(seed, 0.01).expect("grows");
        let people: Vec<Person> = (0..world.totals.residents)
            .map(|index| world.person(index))
            .collect();
        csv_of(&world, &people, true)
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert!(file(1) == file(1));
        assert!(file(1) != file(2));
    }

    #[test]
    fn every_row_reads_back_with_all_columns() {
        let bytes = file(1);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().expect("header").len(), 12);
        let rows: Vec<csv::StringRecord> = reader
            .records()
            .map(|row| row.expect("a valid row"))
            .collect();
        assert_eq!(rows.len(), 7_330);
        assert!(
            rows.iter()
                .any(|row| row[2].chars().any(|c| c as u32 > 0xFFFF))
        );
        assert!(rows.iter().any(|row| row[2].contains('·')));
        assert!(rows.iter().all(|row| row[1].starts_with("440399")));
    }
}
