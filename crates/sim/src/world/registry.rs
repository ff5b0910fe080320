//! The population registry as CSV, made while it is sent: a chunk at a time,
//! never the whole file in memory.

use std::io::Write as _;

use super::World;
use super::people::Person;

/// The header of the registry file.
pub const HEADER: &str = "document_type,document_number,name,phone,origin,residence_status,enclosure_code,\
grid_code,household,address,employer_code,employment_status\n";

const CHUNK_BYTES: usize = 128 * 1024;

/// Makes the CSV of the people that `people` yields, in chunks of whole rows.
pub struct RegistryCsv<'a, I> {
    world: &'a World,
    people: I,
    header_due: bool,
}

impl<'a, I: Iterator<Item = Person>> RegistryCsv<'a, I> {
    /// The registry of `people`.
    pub const fn new(world: &'a World, people: I) -> Self {
        Self { world, people, header_due: true }
    }
}

impl<I: Iterator<Item = Person>> Iterator for RegistryCsv<'_, I> {
    /// Bytes of whole rows, and how many rows.
    type Item = (Vec<u8>, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES + 512);
        if std::mem::take(&mut self.header_due) {
            chunk.extend_from_slice(HEADER.as_bytes());
        }
        let mut rows = 0;
        while chunk.len() < CHUNK_BYTES {
            let Some(person) = self.people.next() else { break };
            write_row(&mut chunk, self.world, &person);
            rows += 1;
        }
        (!chunk.is_empty()).then_some((chunk, rows))
    }
}

/// Names and addresses of the synthetic world hold no comma, quote or line break, so no field
/// needs quoting; the test reads the rows back with a CSV reader.
fn write_row(out: &mut Vec<u8>, world: &World, person: &Person) {
    let enclosure = &world.enclosures[person.enclosure];
    let employer = person.employer.map_or("", |index| &world.employers[index].credit_code);
    let employment = if person.employer.is_some() { "verified" } else { "" };
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
        let people = (0..world.totals.residents).map(|index| world.person(index));
        RegistryCsv::new(&world, people).flat_map(|(chunk, _)| chunk).collect()
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
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a valid row")).collect();
        assert_eq!(rows.len(), 7_330);
        assert!(rows.iter().any(|row| row[2].chars().any(|c| c as u32 > 0xFFFF)));
        assert!(rows.iter().any(|row| row[2].contains('·')));
        assert!(rows.iter().all(|row| row[1].starts_with("440399")));
    }
}
