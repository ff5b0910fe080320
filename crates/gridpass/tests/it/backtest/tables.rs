//! A table as SQL decides as the table in memory does: random tables, every state.

use gridpass::facts;
use gridpass_rules::words::{
    AreaStatus, Case, Checked, Contact, Direction, Employment, Exempt, Health, Quarantine,
    Registry, Relation, Residence, Stay,
};
use gridpass_rules::{
    Catalogue, Colour, ColourTable, Fact, GateContext, GateTable, State, TableErrorCode,
    default_rule_set, derive,
};
use gridpass_types::ids::FactId;
use jiff::Timestamp;
use serde_json::json;
use tokio_postgres::Row;

use crate::app::TestApp;
use crate::random::Random;

const COLOUR_HEADER: &str = "rule,case,quarantine,contact,health,stay,exempt,registry,residence,employment,\
    colour,reason,visit_hours,notify,message_zh,message_en";
const GATE_HEADER: &str =
    "rule,temperature,colour,area,direction,relation,checked,action,reason,checks,notify";

/// Words of the columns of the colour table.
const COLOUR_WORDS: [&[&str]; 9] = [
    &["none", "suspected", "confirmed"],
    &["none", "home", "central", "hospital"],
    &["none", "secondary", "close"],
    &["none", "normal", "symptoms", "fever"],
    &["none", "declared", "confirmed"],
    &["no", "yes"],
    &["none", "matched", "conflict"],
    &["none", "declared", "verified", "away"],
    &["none", "declared", "verified"],
];
const GATE_WORDS: [&[&str]; 5] = [
    &["green", "yellow", "red"],
    &["normal", "controlled", "sealed"],
    &["in", "out"],
    &["lives_here", "works_here", "visitor"],
    &["no", "yes"],
];

fn word_cell(random: &mut Random, words: &[&str]) -> String {
    let mut taken = words.to_vec();
    taken.rotate_left(random.below(words.len()));
    taken.truncate(1 + random.below(words.len() - 1));
    match random.below(6) {
        0 => taken[0].to_owned(),
        1 => format!("\"in({})\"", taken.join(",")),
        2 => format!("\"not({})\"", taken.join(",")),
        _ => "-".to_owned(),
    }
}

fn number_cell(random: &mut Random) -> String {
    let mut number = || format!("{}.{}", 35 + random.below(5), random.below(10));
    let (a, b) = (number(), number());
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    match random.below(9) {
        0 => format!(">= {low}"),
        1 => format!("< {high}"),
        2 => format!("[{low}..{high}]"),
        3 => format!("]{low}..{high}]"),
        4 => format!("\"in({low},{high})\""),
        5 => format!("\"not({low},{high})\""),
        6 => low,
        _ => "-".to_owned(),
    }
}

/// Random rows that make a sound table: those that could never be reached are taken out until
/// nothing is wrong.
fn sound<T>(
    header: &str,
    mut rows: Vec<String>,
    read: impl Fn(&[u8]) -> Result<T, Vec<gridpass_rules::TableError>>,
) -> T {
    loop {
        let csv = format!("{header}\n{}\n", rows.join("\n"));
        let errors = match read(csv.as_bytes()) {
            Ok(table) => return table,
            Err(errors) => errors,
        };
        let mut faulty: Vec<usize> = errors
            .iter()
            .map(|error| {
                let known = [TableErrorCode::UnreachableRow, TableErrorCode::EmptyRange];
                assert!(known.contains(&error.code), "{error}: {csv}");
                usize::try_from(error.row).unwrap() - 2
            })
            .collect();
        faulty.sort_unstable();
        faulty.dedup();
        for row in faulty.into_iter().rev() {
            rows.remove(row);
        }
    }
}

fn colour_table(random: &mut Random) -> ColourTable {
    let reasons = ["case", "fever", "unknown", "exempt", "symptoms"];
    let mut rows: Vec<String> = (0..4 + random.below(20))
        .map(|number| {
            let cells: Vec<String> = COLOUR_WORDS
                .iter()
                .map(|words| word_cell(random, words))
                .collect();
            let colour = GATE_WORDS[0][random.below(3)];
            let reason = reasons[random.below(reasons.len())];
            format!("R{number},{},{colour},{reason},-,-,x,x", cells.join(","))
        })
        .collect();
    rows.push("Z,-,-,-,-,-,-,-,-,-,yellow,unknown,24,grid,x,x".to_owned());
    sound(COLOUR_HEADER, rows, ColourTable::from_csv)
}

fn gate_table(random: &mut Random) -> GateTable {
    let mut rows: Vec<String> = (0..4 + random.below(20))
        .map(|number| {
            let mut cells = vec![number_cell(random)];
            cells.extend(GATE_WORDS.iter().map(|words| word_cell(random, words)));
            let action = ["pass", "check", "stop"][random.below(3)];
            format!("R{number},{},{action},green,-,-", cells.join(","))
        })
        .collect();
    rows.push("Z,-,-,-,-,-,-,check,yellow,-,-".to_owned());
    sound(GATE_HEADER, rows, GateTable::from_csv)
}

/// Every state there is, under the names of the columns of `person_state`.
const STATES: &str = "SELECT a::smallint AS case_status, b::smallint AS quarantine, c::smallint AS contact,
        d::smallint AS health, e::smallint AS stay, f = 1 AS exempt, g::smallint AS registry,
        h::smallint AS residence, i::smallint AS employment
    FROM generate_series(0, 2) a, generate_series(0, 3) b, generate_series(0, 2) c, generate_series(0, 3) d,
        generate_series(0, 2) e, generate_series(0, 1) f, generate_series(0, 2) g, generate_series(0, 3) h,
        generate_series(0, 2) i";

fn state(row: &Row) -> State {
    State {
        case: Case::from_code(row.get(0)).unwrap(),
        quarantine: Quarantine::from_code(row.get(1)).unwrap(),
        contact: Contact::from_code(row.get(2)).unwrap(),
        health: Health::from_code(row.get(3)).unwrap(),
        stay: Stay::from_code(row.get(4)).unwrap(),
        exempt: if row.get(5) { Exempt::Yes } else { Exempt::No },
        registry: Registry::from_code(row.get(6)).unwrap(),
        residence: Residence::from_code(row.get(7)).unwrap(),
        employment: Employment::from_code(row.get(8)).unwrap(),
        ..State::EMPTY
    }
}

#[tokio::test]
async fn a_colour_table_as_sql_decides_every_state_as_in_memory() {
    let test = TestApp::start().await;
    let db = test.app.db.client().await.unwrap();
    let mut random = Random::new(4403);
    let mut tables = vec![default_rule_set().colour];
    tables.extend((0..11).map(|_| colour_table(&mut random)));
    for table in tables {
        let sql = format!(
            "SELECT s.*, {} FROM ({STATES}) AS s",
            table.to_sql("s", 1_000, Timestamp::UNIX_EPOCH)
        );
        let rows = db.query(&sql, &[]).await.unwrap();
        assert_eq!(rows.len(), 31_104);
        for row in &rows {
            let state = state(row);
            let number = usize::try_from(row.get::<_, i32>(9)).unwrap() - 1_000;
            let said = table.row(number).unwrap();
            assert_eq!(
                said,
                table.decide(&state, Timestamp::UNIX_EPOCH),
                "{state:?}: {sql}"
            );
        }
    }
}

/// A random cell of a catalogued column.
fn catalogued_cell(random: &mut Random, values: &[&str]) -> String {
    let taken = values[random.below(values.len())];
    let other = values[random.below(values.len())];
    match random.below(8) {
        0 => format!(">= {taken}"),
        1 => format!("< {taken}"),
        2 => taken.to_owned(),
        3 => format!("\"in(none,{taken})\""),
        4 => format!("\"not({taken},{other})\""),
        5 => "not(none)".to_owned(),
        6 => "none".to_owned(),
        _ => "-".to_owned(),
    }
}

/// Columns of the example catalogue, each with values that its cells name.
const CATALOGUED: [(&str, &[&str]); 6] = [
    ("hours_since_negative_test", &["0h", "24h", "48h", "3d"]),
    ("last_test", &["negative", "positive"]),
    ("tested_lately", &["yes", "no"]),
    ("vaccinations", &["0", "1", "2", "3"]),
    (
        "last_vaccination_day",
        &["2020-02-01", "2020-02-03", "2020-02-02"],
    ),
    ("days_since_vaccination", &["1d", "30h", "3d"]),
];

fn catalogued_table(random: &mut Random, columns: &[(&str, &[&str])]) -> ColourTable {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let header = COLOUR_HEADER.replace("employment,", &format!("employment,{},", names.join(",")));
    let row = |random: &mut Random, number: usize| {
        let cells: Vec<String> = columns
            .iter()
            .map(|(name, values)| match *name {
                "last_test" => word_cell(random, &["none", "negative", "positive"]),
                "tested_lately" => word_cell(random, &["no", "yes"]),
                // A count is never absent.
                "vaccinations" => catalogued_cell(random, values).replace("none", "0"),
                _ => catalogued_cell(random, values),
            })
            .collect();
        let residence = word_cell(random, COLOUR_WORDS[7]);
        format!(
            "R{number},-,-,-,-,-,-,-,{residence},-,{},green,unknown,-,-,x,x",
            cells.join(",")
        )
    };
    let mut rows: Vec<String> = (0..3 + random.below(8))
        .map(|number| row(random, number))
        .collect();
    let any = vec!["-"; columns.len()].join(",");
    rows.push(format!(
        "Z,-,-,-,-,-,-,-,-,-,{any},yellow,unknown,24,grid,x,x"
    ));
    let catalogue = Catalogue::from_json(crate::catalogue::EXAMPLE.as_bytes()).unwrap();
    sound(&header, rows, |csv| {
        ColourTable::from_csv_with(csv, &catalogue)
    })
}

/// Random facts of the two kinds, as they stand in a state.
fn catalogued_state(random: &mut Random) -> State {
    let at = |hours: usize| {
        Timestamp::from_second(1_580_500_800 + 3_600 * i64::try_from(hours).unwrap()).unwrap()
    };
    let facts: Vec<Fact> = (0..random.below(6)).map(|id| {
        let hour = random.below(96);
        let result = ["negative", "positive"][random.below(2)];
        let body = match random.below(2) {
            0 => json!({ "kind": "test_result", "method": "pcr", "taken_at": at(hour),
                "result": result }),
            _ => json!({ "kind": "vaccination", "dose_ml": 0.5, "given_on": format!("2020-02-0{}", 1 + random.below(4)) }),
        };
        Fact {
            id: FactId::new(i64::try_from(id).unwrap() + 1),
            recorded_at: at(hour),
            retracted_at: None,
            body: serde_json::from_value(body).unwrap(),
        }
    }).collect();
    State {
        residence: Residence::from_code(i16::try_from(random.below(4)).unwrap()).unwrap(),
        ..derive(&facts, at(96)).state
    }
}

/// An instant at, just before or just after what cells name, or another.
fn instant(random: &mut Random) -> Timestamp {
    let offset = [0, -1, 1, 1_800_000_000][random.below(4)];
    let hours = 96 + i64::try_from(random.below(60)).unwrap();
    Timestamp::from_microsecond(1_580_500_800_000_000 + 3_600_000_000 * hours + offset).unwrap()
}

#[tokio::test]
async fn a_table_that_names_the_catalogue_decides_as_sql_as_in_memory() {
    let test = TestApp::start().await;
    let db = test.app.db.client().await.unwrap();
    let mut random = Random::new(26);
    for round in 0..24 {
        let first = random.below(CATALOGUED.len());
        let mut columns = CATALOGUED.to_vec();
        columns.rotate_left(first);
        columns.truncate(1 + round % 2);
        let table = catalogued_table(&mut random, &columns);
        let states: Vec<State> = (0..60).map(|_| catalogued_state(&mut random)).collect();
        let texts: Vec<Option<String>> = states
            .iter()
            .map(|state| {
                (!state.catalogued.is_empty())
                    .then(|| serde_json::to_string(&state.catalogued).unwrap())
            })
            .collect();
        // Some are held, from just what cells name on or from other instants.
        let held: Vec<Option<Timestamp>> = states
            .iter()
            .map(|_| (random.below(3) == 0).then(|| instant(&mut random)))
            .collect();
        let residences: Vec<i16> = states.iter().map(|state| state.residence.code()).collect();
        let at = instant(&mut random);
        let sql = format!(
            "SELECT {}, ARRAY[{}]::smallint[] FROM (SELECT c::jsonb AS catalogued, r AS residence, h AS held_from,
                0::smallint AS case_status, 0::smallint AS quarantine, 0::smallint AS contact, 0::smallint AS health,
                0::smallint AS stay, false AS exempt, 0::smallint AS registry, 0::smallint AS employment, n
             FROM unnest($1::text[], $2::smallint[], $3::timestamptz[]) WITH ORDINALITY AS u (c, r, h, n)) AS s
             ORDER BY s.n",
            table.to_sql("s", 0, at),
            table.class_sql("s", at).join(", "),
        );
        let rows = db.query(&sql, &[&texts, &residences, &held]).await;
        for ((row, state), held) in rows.unwrap().iter().zip(&states).zip(&held) {
            let at = facts::counted_at(*held, at);
            let number = usize::try_from(row.get::<_, i32>(0)).unwrap();
            assert_eq!(
                number,
                table.deciding_row(state, at),
                "{at} {state:?}: {sql}"
            );
            let classes: Vec<i16> = row.get(1);
            assert_eq!(
                table.decide_classes(state, &classes),
                table.decide(state, at)
            );
        }
    }
}

/// Every situation at a gate, with every tenth of a degree that a thermometer shows.
const SITUATIONS: &str = "SELECT a::smallint AS colour, b::smallint AS area, c::smallint AS direction,
        d::smallint AS relation, e = 1 AS checked, t.t::smallint AS temperature_decicelsius
    FROM generate_series(0, 2) a, generate_series(0, 2) b, generate_series(0, 1) c, generate_series(0, 2) d,
        generate_series(0, 1) e, (SELECT NULL::integer UNION ALL SELECT generate_series(340, 405)) AS t (t)";

#[tokio::test]
async fn a_gate_table_as_sql_decides_every_situation_as_in_memory() {
    let test = TestApp::start().await;
    let db = test.app.db.client().await.unwrap();
    let mut random = Random::new(310);
    let mut tables = vec![default_rule_set().gate];
    tables.extend((0..23).map(|_| gate_table(&mut random)));
    for table in tables {
        let sql = format!(
            "SELECT g.*, {} FROM ({SITUATIONS}) AS g",
            table.to_sql("g", 7)
        );
        for row in &db.query(&sql, &[]).await.unwrap() {
            let tenths: Option<i16> = row.get(5);
            let context = GateContext {
                colour: Colour::from_code(row.get(0)).unwrap(),
                area: AreaStatus::from_code(row.get(1)).unwrap(),
                direction: Direction::from_code(row.get(2)).unwrap(),
                relation: Relation::from_code(row.get(3)).unwrap(),
                checked: if row.get(4) {
                    Checked::Yes
                } else {
                    Checked::No
                },
                temperature: tenths.map(|tenths| f64::from(tenths) / 10.0),
            };
            let number = usize::try_from(row.get::<_, i32>(6)).unwrap() - 7;
            let said = table.row(number).unwrap();
            assert_eq!(said, table.decide(&context), "{context:?}: {sql}");
        }
    }
}
