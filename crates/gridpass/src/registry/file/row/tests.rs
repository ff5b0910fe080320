//! Headers and rows as files have them.

use super::*;
use crate::registry::file::Splitter;

const TODAY: Date = jiff::civil::date(2020, 3, 6);

/// The header of a file and what became of each row.
fn read(file: &[u8]) -> Result<Vec<Result<Row, Vec<Fault>>>, HeaderError> {
    let mut splitter = Splitter::default();
    splitter.push(file);
    splitter.finish();
    let rows = splitter.take();
    let mut rows = rows.iter();
    let header = Header::read(rows.next().ok_or(HeaderError::Empty)?)?;
    Ok(rows.map(|row| check_row(&header, row, TODAY)).collect())
}

fn faults(file: &str) -> Vec<(&'static str, &'static str)> {
    let mut rows = read(file.as_bytes()).unwrap();
    let faults = rows.pop().unwrap().unwrap_err();
    faults
        .into_iter()
        .map(|fault| (fault.column.map_or("", Column::as_str), fault.code))
        .collect()
}

#[test]
fn headers_are_refused_by_place_not_by_value() {
    for (file, error) in [
        ("name,document_number,colour\n", HeaderError::Unknown(3)),
        ("name,document_number,name\n", HeaderError::Twice(3)),
        ("name,phone\n", HeaderError::Missing(Column::DocumentNumber)),
        ("document_number\n", HeaderError::Missing(Column::Name)),
        ("张三,440399198001010013\n", HeaderError::Unknown(1)),
    ] {
        assert_eq!(read(file.as_bytes()).unwrap_err(), error, "{file}");
    }
    assert_eq!(read(b"\xff\xfe\n").unwrap_err(), HeaderError::Unreadable);
    assert_eq!(read(b"").unwrap_err(), HeaderError::Empty);
}

#[test]
fn two_columns_are_enough_and_order_is_free() {
    let rows = read(" name ,document_number\r\n张三,440399198001010013\r\n".as_bytes()).unwrap();
    let row = rows[0].as_ref().unwrap();
    assert_eq!(row.name.expose(), "张三");
    assert_eq!(row.number.document_type(), DocumentType::ResidentId);
    assert!(row.phone.is_none() && row.residence.is_none() && row.employment.is_none());
}

#[test]
fn a_full_row_is_read() {
    let file = "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,\
household,address,employer_code,employment_status
resident_id,440399198001010013,张三,13800001234,420100,verified,E1,440310001001002,H7,3 栋 201,9144030071526726XG,declared
";
    let rows = read(file.as_bytes()).unwrap();
    let row = rows[0].as_ref().unwrap();
    assert_eq!(row.origin_province.as_deref(), Some("42"));
    assert_eq!(
        row.residence,
        Some((ResidenceStatus::Verified, "E1".into()))
    );
    assert_eq!(row.grid_code.unwrap().as_str(), "440310001001002");
    assert_eq!(row.household.as_deref(), Some("H7"));
    assert_eq!(
        row.employment.as_ref().unwrap().0,
        EmploymentStatus::Declared
    );
}

#[test]
fn everything_wrong_with_a_row_is_told() {
    let header = "document_type,document_number,name,phone,origin,residence_status,enclosure_code,grid_code,\
household,address,employer_code,employment_status\n";
    let row = "resident_id,440399198001010014,,1,x,verified,,44,,,9144030071526726XH,happy\n";
    assert_eq!(
        faults(&format!("{header}{row}")),
        [
            ("name", "name_empty"),
            ("document_number", "document_checksum"),
            ("phone", "phone_format"),
            ("origin", "origin_invalid"),
            ("enclosure_code", "enclosure_missing"),
            ("grid_code", "grid_unknown"),
            ("employment_status", "employment_status_unknown"),
        ]
    );
    let short = "name,document_number\n张三\n";
    assert_eq!(faults(short), [("", "row_columns")]);
    let rows = read(b"name,document_number\n\xff,440399198001010013\n").unwrap();
    assert_eq!(rows[0].as_ref().unwrap_err()[0].code, "row_bad_utf8");
}
