//! The header and the checks on every field of a row.

use gridpass_rules::words::{EmploymentStatus, ResidenceStatus};
use gridpass_types::credit_code::CreditCode;
use gridpass_types::division::{DivisionCode, Level};
use gridpass_types::document::{DocumentNumber, DocumentType};
use gridpass_types::{AddressCode, PersonName, Phone};
use jiff::civil::Date;

use super::split::RawRow;

/// Characters of an address at most.
const ADDRESS_CHARS_MAX: usize = 200;
/// Characters of a household's code at most.
const CODE_CHARS_MAX: usize = 64;

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// A column of the form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Column { $($(#[$doc])* $name),* }

        impl Column {
            /// Every column.
            pub const ALL: &'static [Column] = &[$(Column::$name),*];
            /// Its name in the header.
            pub const fn as_str(self) -> &'static str { match self { $(Column::$name => $word),* } }
        }
    };
}

columns! {
    /// Kind of document; a resident's card when empty.
    DocumentType "document_type";
    /// Number of the document.
    DocumentNumber "document_number";
    /// Name.
    Name "name";
    /// Phone.
    Phone "phone";
    /// Code of the province of origin, or of a division in it.
    Origin "origin";
    /// declared, verified or away.
    ResidenceStatus "residence_status";
    /// Code of the enclosure.
    EnclosureCode "enclosure_code";
    /// Grid of the home.
    GridCode "grid_code";
    /// The registry's code of the household.
    Household "household";
    /// Building and room.
    Address "address";
    /// Standard address code of the room, 25 digits.
    AddressCode "address_code";
    /// Unified social credit code of the employer.
    EmployerCode "employer_code";
    /// declared, verified or left.
    EmploymentStatus "employment_status";
}

/// What is wrong with a header. Names no value: a file without a header has a person there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The file is empty.
    #[error("the file has no header")]
    Empty,
    /// The column at this place (from 1) is none of the form.
    #[error("column {0} is not known")]
    Unknown(usize),
    /// The column at this place (from 1) stands twice.
    #[error("column {0} stands twice")]
    Twice(usize),
    /// A column that every file needs.
    #[error("the column {} is missing", .0.as_str())]
    Missing(Column),
    /// The header is too long or not text.
    #[error("the header cannot be read")]
    Unreadable,
}

/// Where each column stands.
#[derive(Clone, Debug)]
pub struct Header {
    places: [Option<usize>; Column::ALL.len()],
    len: usize,
}

impl Header {
    /// Reads the first row.
    ///
    /// # Errors
    /// When a column is unknown or stands twice, or a needed one is missing.
    pub fn read(row: RawRow<'_>) -> Result<Self, HeaderError> {
        if row.too_long {
            return Err(HeaderError::Unreadable);
        }
        let mut header = Self {
            places: [None; Column::ALL.len()],
            len: row.fields_len(),
        };
        for (place, field) in row.fields().enumerate() {
            let name = std::str::from_utf8(field).map_err(|_| HeaderError::Unreadable)?;
            let column = Column::ALL
                .iter()
                .find(|column| column.as_str() == name.trim());
            let column = *column.ok_or(HeaderError::Unknown(place + 1))?;
            if header.places[column as usize].replace(place).is_some() {
                return Err(HeaderError::Twice(place + 1));
            }
        }
        for needed in [Column::DocumentNumber, Column::Name] {
            if header.places[needed as usize].is_none() {
                return Err(HeaderError::Missing(needed));
            }
        }
        Ok(header)
    }
}

/// A field that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which column; `None` when it is the row as a whole.
    pub column: Option<Column>,
    /// Stable code of the reason.
    pub code: &'static str,
}

impl Fault {
    const fn of(column: Column, code: &'static str) -> Self {
        Self {
            column: Some(column),
            code,
        }
    }
}

/// A row whose fields are all in order; whether its places exist is not known.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name.
    pub name: PersonName,
    /// Document.
    pub number: DocumentNumber,
    /// Phone.
    pub phone: Option<Phone>,
    /// Two digits: province of origin.
    pub origin_province: Option<String>,
    /// Residence and the code of the enclosure.
    pub residence: Option<(ResidenceStatus, String)>,
    /// Grid of the home.
    pub grid_code: Option<DivisionCode>,
    /// The registry's code of the household.
    pub household: Option<String>,
    /// Building and room.
    pub address: Option<String>,
    /// Standard address code of the room.
    pub address_code: Option<AddressCode>,
    /// Employment and the credit code of the employer.
    pub employment: Option<(EmploymentStatus, CreditCode)>,
}

/// Checks a row; everything that is wrong is told at once. `today` bounds birth dates.
///
/// # Errors
/// The columns at fault with their codes, at least one.
pub fn check_row(header: &Header, row: RawRow<'_>, today: Date) -> Result<Row, Vec<Fault>> {
    let whole = |code| vec![Fault { column: None, code }];
    if row.too_long {
        return Err(whole("row_too_long"));
    }
    if row.fields_len() != header.len {
        return Err(whole("row_columns"));
    }
    let mut fields = [""; super::split::COLUMNS_MAX];
    for (place, field) in row.fields().enumerate() {
        fields[place] = std::str::from_utf8(field).map_err(|_| whole("row_bad_utf8"))?;
    }
    Reading {
        header,
        fields,
        faults: Vec::new(),
    }
    .read(today)
}

struct Reading<'a> {
    header: &'a Header,
    fields: [&'a str; super::split::COLUMNS_MAX],
    faults: Vec<Fault>,
}

impl<'a> Reading<'a> {
    fn read(mut self, today: Date) -> Result<Row, Vec<Fault>> {
        let name = PersonName::parse(self.text(Column::Name))
            .map_err(|error| self.fault(Column::Name, error.code()));
        let number = self.number(today);
        let phone = self.phone();
        let origin_province = self.origin();
        let residence = self.residence();
        let grid_code = self.grid_code();
        let household = self.bounded(Column::Household, CODE_CHARS_MAX, "household_length");
        let address = self.bounded(Column::Address, ADDRESS_CHARS_MAX, "address_length");
        let address_code = self.address_code();
        let employment = self.employment();
        match (name, number) {
            (Ok(name), Some(number)) if self.faults.is_empty() => Ok(Row {
                name,
                number,
                phone,
                origin_province,
                residence,
                grid_code,
                household,
                address,
                address_code,
                employment,
            }),
            _ => Err(self.faults),
        }
    }

    fn text(&self, column: Column) -> &'a str {
        let place = self.header.places[column as usize];
        place.map_or("", |place| self.fields[place].trim())
    }

    /// The field, or `None` when it is empty or not in the file.
    fn some(&self, column: Column) -> Option<&'a str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    fn fault(&mut self, column: Column, code: &'static str) {
        self.faults.push(Fault::of(column, code));
    }

    fn number(&mut self, today: Date) -> Option<DocumentNumber> {
        let kind = match self.some(Column::DocumentType) {
            Some(word) => DocumentType::from_word(word),
            None => Some(DocumentType::ResidentId),
        };
        let Some(kind) = kind else {
            self.fault(Column::DocumentType, "document_type_unknown");
            return None;
        };
        DocumentNumber::parse(kind, self.text(Column::DocumentNumber), today)
            .map_err(|error| self.fault(Column::DocumentNumber, error.code()))
            .ok()
    }

    fn phone(&mut self) -> Option<Phone> {
        let text = self.some(Column::Phone)?;
        Phone::parse(text)
            .map_err(|error| self.fault(Column::Phone, error.code()))
            .ok()
    }

    fn origin(&mut self) -> Option<String> {
        let text = self.some(Column::Origin)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        if digits && matches!(text.len(), 2 | 4 | 6) {
            return Some(text[..2].to_owned());
        }
        self.fault(Column::Origin, "origin_invalid");
        None
    }

    fn residence(&mut self) -> Option<(ResidenceStatus, String)> {
        let status = match self.some(Column::ResidenceStatus) {
            // An enclosure without a word of how sure it is, is what somebody declared.
            None => Some(ResidenceStatus::Declared),
            Some(word) => ResidenceStatus::from_word(word),
        };
        let Some(status) = status else {
            self.fault(Column::ResidenceStatus, "residence_status_unknown");
            return None;
        };
        let Some(code) = self.some(Column::EnclosureCode) else {
            if self.some(Column::ResidenceStatus).is_some() {
                self.fault(Column::EnclosureCode, "enclosure_missing");
            }
            return None;
        };
        if code.chars().count() > CODE_CHARS_MAX {
            self.fault(Column::EnclosureCode, "enclosure_unknown");
            return None;
        }
        Some((status, code.to_owned()))
    }

    fn grid_code(&mut self) -> Option<DivisionCode> {
        let text = self.some(Column::GridCode)?;
        let grid = DivisionCode::parse(text)
            .ok()
            .filter(|code| code.level() == Level::Grid);
        if grid.is_none() {
            self.fault(Column::GridCode, "grid_unknown");
        }
        grid
    }

    fn address_code(&mut self) -> Option<AddressCode> {
        let text = self.some(Column::AddressCode)?;
        AddressCode::parse(text)
            .map_err(|error| self.fault(Column::AddressCode, error.code()))
            .ok()
    }

    fn bounded(&mut self, column: Column, chars_max: usize, code: &'static str) -> Option<String> {
        let text = self.some(column)?;
        if text.chars().count() > chars_max {
            self.fault(column, code);
            return None;
        }
        Some(text.to_owned())
    }

    fn employment(&mut self) -> Option<(EmploymentStatus, CreditCode)> {
        let status = match self.some(Column::EmploymentStatus) {
            None => Some(EmploymentStatus::Declared),
            Some(word) => EmploymentStatus::from_word(word),
        };
        let Some(status) = status else {
            self.fault(Column::EmploymentStatus, "employment_status_unknown");
            return None;
        };
        let Some(text) = self.some(Column::EmployerCode) else {
            if self.some(Column::EmploymentStatus).is_some() {
                self.fault(Column::EmployerCode, "employer_missing");
            }
            return None;
        };
        CreditCode::parse(text)
            .map(|code| (status, code))
            .map_err(|error| self.fault(Column::EmployerCode, error.code()))
            .ok()
    }
}

#[cfg(test)]
mod tests;
