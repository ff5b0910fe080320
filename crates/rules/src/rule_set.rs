//! A rule set: the two tables under one version, with their exchange formats.

use gridpass_types::RuleSetVersion;
use jiff::Timestamp;
use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::colour::{ColourDecision, ColourTable};
use crate::gate::{GateContext, GateDecision, GateTable};
use crate::grid::{read_xlsx, write_xlsx};
use crate::state::State;
use crate::table_error::{TableError, TableName};

const DEFAULT_COLOUR_CSV: &[u8] = include_bytes!("../../../rules/2020-03/colour.csv");
const DEFAULT_GATE_CSV: &[u8] = include_bytes!("../../../rules/2020-03/gate.csv");

/// Both tables under one version. A version never changes once it was in force.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet {
    /// The version; versions only grow.
    pub version: RuleSetVersion,
    /// State to colour.
    pub colour: ColourTable,
    /// Colour and gate context to action.
    pub gate: GateTable,
    /// Kinds and columns that the tables may name and the cases may use.
    pub catalogue: Catalogue,
}

/// A decision and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation<D> {
    /// The decision.
    pub decision: D,
    /// The rules tried from the top; the last one decided.
    pub trace: Vec<RuleTrial>,
}

/// One rule that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RuleTrial {
    /// Id of the rule.
    pub rule: String,
    /// The first cell that did not hold; `None` for the rule that decided.
    pub failed: Option<FailedCell>,
}

/// A cell that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailedCell {
    /// Its column.
    pub column: String,
    /// What the rule asks for.
    pub cell: String,
    /// What was the case.
    pub actual: String,
}

impl RuleSet {
    /// Reads both tables from CSV.
    ///
    /// # Errors
    /// Everything found wrong in either table, with row and column.
    pub fn from_csv(
        version: RuleSetVersion,
        colour: &[u8],
        gate: &[u8],
    ) -> Result<Self, Vec<TableError>> {
        Self::from_csv_with(version, (colour, gate), &Catalogue::default())
    }

    /// Reads both tables, colour and gate, from CSV; the colour table may name columns of the
    /// catalogue.
    ///
    /// # Errors
    /// Everything found wrong in either table, with row and column.
    pub fn from_csv_with(
        version: RuleSetVersion,
        (colour, gate): (&[u8], &[u8]),
        catalogue: &Catalogue,
    ) -> Result<Self, Vec<TableError>> {
        Self::join(
            version,
            ColourTable::from_csv_with(colour, catalogue),
            GateTable::from_csv(gate),
            catalogue,
        )
    }

    /// Reads both tables from a workbook with the sheets `colour` and `gate`.
    ///
    /// # Errors
    /// Everything found wrong in either table, with row and column.
    pub fn from_xlsx(
        version: RuleSetVersion,
        bytes: &[u8],
        catalogue: &Catalogue,
    ) -> Result<Self, Vec<TableError>> {
        let grid = |table| read_xlsx(table, bytes, false).map_err(|error| vec![error]);
        let colour =
            grid(TableName::Colour).and_then(|grid| ColourTable::from_grid(&grid, catalogue));
        let gate = grid(TableName::Gate).and_then(|grid| GateTable::from_grid(&grid));
        Self::join(version, colour, gate, catalogue)
    }

    /// Writes both tables as a workbook with the sheets `colour` and `gate`.
    #[must_use]
    pub fn to_xlsx(&self) -> Vec<u8> {
        write_xlsx(&[
            (TableName::Colour, self.colour.to_rows()),
            (TableName::Gate, self.gate.to_rows()),
        ])
    }

    /// The colour that follows from a state at an instant.
    #[must_use]
    pub fn decide_colour(&self, state: &State, at: Timestamp) -> ColourDecision<'_> {
        self.colour.decide(state, at)
    }

    /// What the guard does.
    #[must_use]
    pub fn decide_gate(&self, context: &GateContext) -> GateDecision<'_> {
        self.gate.decide(context)
    }

    /// The colour, with every rule tried and why it did not apply.
    #[must_use]
    pub fn explain_colour(&self, state: &State, at: Timestamp) -> Explanation<ColourDecision<'_>> {
        self.colour.explain(state, at)
    }

    /// What the guard does, with every rule tried and why it did not apply.
    #[must_use]
    pub fn explain_gate(&self, context: &GateContext) -> Explanation<GateDecision<'_>> {
        self.gate.explain(context)
    }

    fn join(
        version: RuleSetVersion,
        colour: Result<ColourTable, Vec<TableError>>,
        gate: Result<GateTable, Vec<TableError>>,
        catalogue: &Catalogue,
    ) -> Result<Self, Vec<TableError>> {
        match (colour, gate) {
            (Ok(colour), Ok(gate)) => Ok(Self {
                version,
                colour,
                gate,
                catalogue: catalogue.clone(),
            }),
            (colour, gate) => {
                let mut errors = colour.err().unwrap_or_default();
                errors.extend(gate.err().unwrap_or_default());
                Err(errors)
            }
        }
    }
}

/// The rule set in force in March 2020, as version 1.
#[must_use]
pub fn default_rule_set() -> RuleSet {
    RuleSet::from_csv(RuleSetVersion::new(1), DEFAULT_COLOUR_CSV, DEFAULT_GATE_CSV)
        .expect("the tables are part of the program and tested")
}

/// Words joined by commas; `-` for none.
pub(crate) fn list_text<V: std::fmt::Display>(values: &[V]) -> String {
    if values.is_empty() {
        return "-".to_owned();
    }
    let words: Vec<String> = values.iter().map(V::to_string).collect();
    words.join(",")
}

#[cfg(test)]
mod tests;
