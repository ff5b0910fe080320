//! Models and decisions for the independent reader in `web/packages/dmn`: written here, committed
//! there, and proven fresh. After a wanted change:
//! `GRIDPASS_WRITE=1 cargo test -p gridpass-rules --test dmn`.

use std::path::{Path, PathBuf};

use gridpass_rules::cases::Case;
use gridpass_rules::words::{
    AreaStatus, Case as CaseWord, Checked, Contact, Direction, Employment, Exempt, Health,
    Quarantine, Registry, Relation, Residence, Stay,
};
use gridpass_rules::{
    Catalogue, Colour, Fact, GateContext, RuleSet, State, default_rule_set, derive,
};
use gridpass_types::{FactId, RuleSetVersion};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Random states and situations of each model.
const RANDOM: usize = 150;

/// A colour and a gate table in which every form of cell stands.
const FORMS_COLOUR: &str = "rule,case,quarantine,contact,health,stay,exempt,registry,residence,employment,colour,reason,visit_hours,notify,message_zh,message_en\n\
    C1,confirmed,-,-,-,-,-,-,-,-,red,case,-,\"response_team,grid\",\"引号\"\"与<尖括号>\",\"a \"\"quote\"\" & <b>\"\n\
    C2,\"not(none,confirmed)\",\"in(home,central)\",-,-,-,-,-,-,-,red,quarantine,-,-,乙,b\n\
    C3,-,-,\"not(none)\",\"in(fever,symptoms)\",-,no,-,-,-,yellow,symptoms,12,grid,丙,c\n\
    C4,-,-,-,-,-,-,-,-,-,green,unknown,-,-,丁,d\n";
const FORMS_GATE: &str = "rule,temperature,colour,area,direction,relation,checked,action,reason,checks,notify\n\
    G1,[30..34),-,-,-,-,-,stop,fever,recheck_temperature,\"response_team,grid\"\n\
    G2,>= 37.3,\"in(green,yellow)\",not(sealed),-,-,-,stop,fever,-,-\n\
    G3,(36..37.3),\"not(red,yellow)\",-,in,-,-,pass,green,-,-\n\
    G4,\"in(35,35.5)\",-,-,-,-,-,pass,green,-,-\n\
    G5,\"not(36,36.5)\",yellow,-,-,not(visitor),-,check,yellow,\"travel_history,key_facts\",-\n\
    G6,-,-,-,-,-,-,check,yellow,-,-\n";

/// A colour table that names columns of the catalogue, in every form of cell.
const CATALOGUE_COLOUR: &str = "rule,case,quarantine,contact,health,stay,exempt,registry,residence,employment,hours_since_negative_test,last_test,last_vaccination_day,vaccinations,colour,reason,visit_hours,notify,message_zh,message_en\n\
    K1,-,-,-,-,-,-,-,-,-,[24h..72h),-,>= 2020-02-03,-,green,unknown,-,-,甲,a\n\
    K2,-,-,-,-,-,-,-,-,-,< 48h,not(positive),-,-,green,unknown,-,-,乙,b\n\
    K3,-,-,-,-,-,-,-,-,-,none,\"in(none,positive)\",< 2020-02-03,-,yellow,unknown,-,-,丙,c\n\
    K4,-,-,-,-,-,-,-,-,-,-,-,\"in(none,2020-02-01)\",< 1,yellow,unknown,-,-,丁,d\n\
    K5,-,-,-,-,-,-,-,-,-,not(24h),negative,not(none),\"in(1,2)\",green,unknown,-,-,戊,e\n\
    K6,-,-,-,-,-,-,-,-,-,-,-,-,-,yellow,unknown,-,-,己,f\n";

fn catalogue() -> Catalogue {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/examples/catalogue.json");
    let bytes = std::fs::read(path).expect("the example is part of the repository");
    Catalogue::from_json(&bytes).expect("the example is sound")
}

/// Facts of the example's kinds in the four days before [`AT`].
fn catalogued(random: &mut Random) -> State {
    let hours = [0, 24, 30, 47, 48, 71, 72, 90];
    let facts: Vec<Fact> = (1..=*random.of(&[0, 1, 2, 3, 4]))
        .map(|id| {
            let taken_at = AT - SignedDuration::from_hours(*random.of(&hours));
            let body = match random.of(&[true, false]) {
                true => json!({"kind": "test_result", "method": "pcr", "taken_at": taken_at,
                    "result": *random.of(&["negative", "positive"])}),
                false => json!({"kind": "vaccination", "dose_ml": 0.5,
                    "given_on": *random.of(&["2020-02-01", "2020-02-02", "2020-02-03"])}),
            };
            Fact {
                id: FactId::new(id),
                recorded_at: taken_at,
                retracted_at: None,
                body: serde_json::from_value(body).expect("a fact"),
            }
        })
        .collect();
    State {
        catalogued: derive(&facts, AT).state.catalogued,
        ..random.state()
    }
}

/// What a column holds as an expression of FEEL.
fn feel(column: &str, value: &str) -> String {
    match (column, value) {
        ("last_test", word) => format!("\"{word}\""),
        (_, "none") => "null".to_owned(),
        ("hours_since_negative_test", hours) => format!("duration(\"PT{}\")", hours.to_uppercase()),
        ("last_vaccination_day", day) => format!("date(\"{day}\")"),
        (_, number) => number.to_owned(),
    }
}

fn random_catalogued(rules: &RuleSet, seed: u64) -> Vec<Value> {
    let mut random = Random(seed);
    (0..RANDOM)
        .map(|_| {
            let state = catalogued(&mut random);
            let context = random.context(&state, rules.decide_colour(&state, AT).colour);
            let mut decided = decision(rules, &state, &context);
            for (column, value) in rules.colour.column_values(&state, AT) {
                decided["feel"][&column] = feel(&column, &value).into();
            }
            decided
        })
        .collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/packages/dmn/test/fixtures")
}

struct Random(u64);

impl Random {
    fn of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let below = u64::try_from(from.len()).expect("a short list");
        &from[usize::try_from((mixed ^ (mixed >> 31)) % below).expect("below the length")]
    }

    fn state(&mut self) -> State {
        State {
            case: *self.of(CaseWord::ALL),
            quarantine: *self.of(Quarantine::ALL),
            contact: *self.of(Contact::ALL),
            health: *self.of(Health::ALL),
            stay: *self.of(Stay::ALL),
            exempt: *self.of(Exempt::ALL),
            registry: *self.of(Registry::ALL),
            residence: *self.of(Residence::ALL),
            employment: *self.of(Employment::ALL),
            checked: *self.of(Checked::ALL),
            ..State::EMPTY
        }
    }

    fn context(&mut self, state: &State, colour: Colour) -> GateContext {
        let readings = [
            None,
            Some(33.0),
            Some(34.0),
            Some(35.0),
            Some(36.0),
            Some(36.5),
            Some(37.3),
            Some(38.2),
        ];
        GateContext {
            colour,
            area: *self.of(AreaStatus::ALL),
            direction: *self.of(Direction::ALL),
            relation: *self.of(Relation::ALL),
            checked: state.checked,
            temperature: *self.of(&readings),
        }
    }
}

/// The instant that is decided for: midnight in the district, 4 February 2020.
const AT: Timestamp = Timestamp::constant(1_580_745_600, 0);

/// Inputs as the model names them, and what has to come out.
fn decision(rules: &RuleSet, state: &State, context: &GateContext) -> Value {
    let pass = rules.decide_colour(state, AT);
    let gate = rules.decide_gate(context);
    json!({
        "input": {
            "case": state.case, "quarantine": state.quarantine, "contact": state.contact,
            "health": state.health, "stay": state.stay, "exempt": state.exempt,
            "registry": state.registry, "residence": state.residence, "employment": state.employment,
            "temperature": context.temperature, "area": context.area, "direction": context.direction,
            "relation": context.relation, "checked": context.checked,
        },
        "pass": {
            "rule": pass.rule, "colour": pass.colour, "reason": pass.reason, "visit_hours": pass.visit_hours,
            "notify": pass.notify, "message_zh": pass.message_zh, "message_en": pass.message_en,
        },
        "gate": {
            "rule": gate.rule, "action": gate.action, "reason": gate.reason, "checks": gate.checks,
            "notify": gate.notify,
        },
    })
}

fn golden(rules: &RuleSet) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/2020-03/cases-edges.jsonl");
    let text = std::fs::read_to_string(path).expect("the cases are part of the repository");
    let decide = |line: &str| {
        let case = Case::parse(line, &rules.catalogue).expect("a golden case");
        let state = derive(&case.facts, case.now).state;
        let context = GateContext {
            colour: rules.decide_colour(&state, AT).colour,
            area: case.area,
            direction: case.direction,
            relation: state.relation(case.enclosure, case.employer),
            checked: state.checked,
            temperature: case.temperature,
        };
        decision(rules, &state, &context)
    };
    text.lines().map(decide).collect()
}

fn random(rules: &RuleSet, seed: u64) -> Vec<Value> {
    let mut random = Random(seed);
    (0..RANDOM)
        .map(|_| {
            let state = random.state();
            let colour = rules.decide_colour(&state, AT).colour;
            let context = random.context(&state, colour);
            decision(rules, &state, &context)
        })
        .collect()
}

fn lines(decisions: &[Value]) -> String {
    decisions.iter().map(|one| format!("{one}\n")).collect()
}

fn check(name: &str, wanted: &str) {
    let path = folder().join(name);
    if std::env::var_os("GRIDPASS_WRITE").is_some() {
        std::fs::create_dir_all(folder()).expect("a folder");
        std::fs::write(&path, wanted).expect("a file");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == wanted,
        "{name} is not what the tables give: run GRIDPASS_WRITE=1 cargo test -p gridpass-rules --test dmn, and commit"
    );
}

#[test]
fn the_models_and_decisions_of_the_other_reader_are_fresh() {
    let rules = default_rule_set();
    check("rules.dmn", &rules.to_dmn());
    let mut decisions = golden(&rules);
    decisions.extend(random(&rules, 1));
    check("rules.jsonl", &lines(&decisions));
    let forms = RuleSet::from_csv(
        RuleSetVersion::new(2),
        FORMS_COLOUR.as_bytes(),
        FORMS_GATE.as_bytes(),
    );
    let forms = forms.expect("two sound tables");
    check("forms.dmn", &forms.to_dmn());
    check("forms.jsonl", &lines(&random(&forms, 2)));
    let catalogued = RuleSet::from_csv_with(
        RuleSetVersion::new(3),
        (CATALOGUE_COLOUR.as_bytes(), FORMS_GATE.as_bytes()),
        &catalogue(),
    );
    let catalogued = catalogued.expect("two sound tables");
    check("catalogue.dmn", &catalogued.to_dmn());
    check(
        "catalogue.jsonl",
        &lines(&random_catalogued(&catalogued, 3)),
    );
}
