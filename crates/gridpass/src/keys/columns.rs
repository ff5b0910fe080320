//! Every sealed column. A test compares this list with the live schema, so that no column is
//! left behind when the sealing key changes.

use crate::seal::Field;

/// A sealed column, and how its rows are walked through.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// What it holds, as bound into its values.
    pub field: Field,
    /// `table.column`.
    pub name: &'static str,
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// SQL for the number by which rows are walked through; need not be unique.
    pub order: &'static str,
    /// SQL for the row number that is bound into the value.
    pub id: &'static str,
    /// Values a transaction brings to the new key.
    pub batch_rows_max: i64,
}

macro_rules! columns {
    ($($field:ident $table:ident . $column:ident by $order:literal id $id:literal rows $rows:literal;)*) => {
        /// Every sealed column.
        pub const COLUMNS: &[Column] = &[$(Column {
            field: Field::$field,
            name: concat!(stringify!($table), ".", stringify!($column)),
            table: stringify!($table),
            column: stringify!($column),
            order: $order,
            id: $id,
            batch_rows_max: $rows,
        }),*];
    };
}

columns! {
    DocumentNumber person.document_number_sealed by "person_id" id "person_id" rows 500;
    Name person.name_sealed by "person_id" id "person_id" rows 500;
    Phone person.phone_sealed by "person_id" id "person_id" rows 500;
    Address person.address_sealed by "person_id" id "person_id" rows 500;
    Photo person.photo_sealed by "person_id" id "person_id" rows 50;
    VisitNote visit.note_sealed by "person_id" id "visit_id" rows 500;
    CallNote door_call.note_sealed by "person_id" id "call_id" rows 500;
    GlassNote break_glass.note_sealed by "person_id" id "glass_id" rows 500;
    Declaration declaration.answer_sealed by "person_id" id "declaration_id" rows 500;
    GateCodeSecret gate.code_secret_sealed by "gate_id" id "gate_id" rows 500;
    PassKey pass_key.private_key_sealed by "0::bigint" id "('x' || encode(kid, 'hex'))::bit(64)::bigint" rows 500;
    TextPhone text_message.phone_sealed by "message_id" id "message_id" rows 500;
    TextWords text_message.words_sealed by "message_id" id "message_id" rows 500;
    AuditKey audit_key.seed_sealed by "key_number::bigint" id "key_number::bigint" rows 500;
    FindingNote lookup_finding.note_sealed by "finding_id" id "finding_id" rows 500;
    AppealStatement appeal.statement_sealed by "person_id" id "appeal_id" rows 500;
    AppealDecision appeal.decision_sealed by "person_id" id "appeal_id" rows 500;
    AppealEvidence appeal_evidence_chunk.content_sealed by "person_id" id "evidence_id * 64 + chunk" rows 20;
    TotpSecret staff.totp_secret_sealed by "staff_id" id "staff_id" rows 500;
    NeedNote need.note_sealed by "person_id" id "need_id" rows 500;
    AddressCode person.address_code_sealed by "person_id" id "person_id" rows 500;
    Answer idempotency.answer_sealed by "0::bigint" id "0::bigint" rows 500;
}
