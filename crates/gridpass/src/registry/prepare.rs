//! The part of an import that needs no database: checking, sealing, digesting. It runs on
//! blocking threads, so that one chunk is made ready while the one before is written.

use gridpass_rules::words::{EmploymentStatus, ResidenceStatus};
use gridpass_types::credit_code::CreditCode;
use gridpass_types::division::DivisionCode;
use gridpass_types::ids::PersonId;
use gridpass_types::{AddressCode, PersonName};
use jiff::civil::Date;

use super::file::{Column, Fault, Header, RawRows, Row, check_row};
use crate::app::App;
use crate::people::{Details, NewPerson, NewRow, new_row};

/// Bits of an identity that JSON readers keep exact.
const JSON_SAFE_BITS: u64 = (1 << 53) - 1;

/// What every row of a file has in common.
pub(super) struct Form {
    /// Where each column stands.
    pub header: Header,
    /// The registry's name.
    pub source: String,
    /// Bounds birth dates.
    pub today: Date,
}

/// A row made ready.
pub(super) struct Prepared {
    /// Row in the file, the header being row 1.
    pub number: i64,
    /// What it says, or why it cannot be taken.
    pub ready: Result<Ready, Rejection>,
}

/// Why a row cannot be taken.
#[derive(Clone, Debug)]
pub(super) struct Rejection {
    /// Code of the first reason.
    pub code: &'static str,
    /// Columns at fault.
    pub fields: Vec<&'static str>,
}

/// What a row says.
pub(super) struct Ready {
    /// The person as the row would enter it; the serial is still to be given.
    pub person: NewRow,
    /// Name, to compare by.
    pub name: PersonName,
    /// Building and room, to be sealed for the person it turns out to be.
    pub address: Option<String>,
    /// Standard address code of that room, likewise.
    pub address_code: Option<AddressCode>,
    /// Residence and enclosure code.
    pub residence: Option<(ResidenceStatus, String)>,
    /// Home grid.
    pub grid_code: Option<DivisionCode>,
    /// Employment and credit code.
    pub employment: Option<(EmploymentStatus, CreditCode)>,
}

/// Makes rows ready.
pub(super) fn prepare(app: &App, form: &Form, rows: &RawRows) -> Vec<Prepared> {
    let prepare = |row: super::file::RawRow<'_>| Prepared {
        number: row.number,
        ready: check_row(&form.header, row, form.today)
            .map(|row| ready(app, form, row))
            .map_err(|faults| rejection(&faults)),
    };
    rows.iter().map(prepare).collect()
}

fn rejection(faults: &[Fault]) -> Rejection {
    let mut fields: Vec<&'static str> = faults
        .iter()
        .filter_map(|fault| fault.column.map(Column::as_str))
        .collect();
    fields.dedup();
    Rejection {
        code: faults.first().map_or("row_invalid", |fault| fault.code),
        fields,
    }
}

fn ready(app: &App, form: &Form, row: Row) -> Ready {
    let new = NewPerson {
        details: Details {
            name: row.name,
            number: row.number,
            phone: row.phone,
        },
        address: row.address,
        address_code: row.address_code,
        origin_province: row.origin_province,
        grid_code: row.grid_code.map(|code| code.as_str().to_owned()),
        household_id: row
            .household
            .map(|household| household_id(app, form, &household)),
        source: form.source.clone(),
        birth_year: None,
        enrolled_at: None,
    };
    // An identity and seals for a row that may turn out to be known cost two microseconds;
    // asking first would cost the overlap.
    let person_id = PersonId::new(app.entropy.person_id());
    Ready {
        person: new_row((&app.sealer, &app.entropy), person_id, &new),
        name: new.details.name,
        address: new.address,
        address_code: new.address_code,
        residence: row.residence,
        grid_code: row.grid_code,
        employment: row.employment,
    }
}

/// A registry's household code as an identity: the same registry and code give the same.
fn household_id(app: &App, form: &Form, household: &str) -> i64 {
    let digest = app
        .sealer
        .lasting_digest("household", &format!("{}\0{household}", form.source));
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    (u64::from_be_bytes(first) & JSON_SAFE_BITS)
        .max(1)
        .cast_signed()
}
