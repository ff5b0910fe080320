//! The spellings of doors: which are one, which are not, and which must keep their key.

use super::*;

fn key(address: &str) -> String {
    Door::parse(address).key()
}

#[test]
fn addresses_are_read_as_people_write_them() {
    for (address, building, unit, floor, room) in [
        ("3栋201", "3栋", "", Some(2), "201"),
        ("12号楼2单元1504室", "12号楼", "2", Some(15), "1504"),
        ("A座 0803 房", "A座", "", Some(8), "0803"),
        ("201", "", "", Some(2), "201"),
        ("村口老屋", "", "", None, "村口老屋"),
        ("7栋12", "7栋", "", None, "12"),
        ("7栋3楼301", "7栋", "", Some(3), "301"),
        ("7栋1單元3層301", "7栋", "1", Some(3), "301"),
        ("3单元5楼501", "", "3", Some(5), "501"),
        ("7栋3楼12", "7栋", "", Some(3), "3楼12"),
        ("7栋3楼", "7栋", "", Some(3), ""),
        ("7栋", "7栋", "", None, ""),
        ("7楼701", "", "", Some(7), "701"),
        ("7楼301", "7楼", "", Some(3), "301"),
        ("7-301", "7栋", "", Some(3), "301"),
        ("A2-1-0301室", "A2栋", "1", Some(3), "0301"),
        ("7-1单元301", "7栋", "1", Some(3), "301"),
        ("7-301-2", "7栋", "", Some(3), "301-2"),
        ("7#楼301", "7号楼", "", Some(3), "301"),
    ] {
        let door = Door::parse(address);
        assert_eq!(
            (&*door.building, &*door.unit, door.floor, &*door.room),
            (building, unit, floor, room),
            "{address}"
        );
        assert_eq!(door.text, address);
    }
}

/// A household is found by the digest of this key: whoever changes one of these moves families apart.
#[test]
fn keys_of_ordinary_spellings_stay() {
    for (address, kept) in [
        ("3栋201", "3||201"),
        ("03栋0201室", "3||201"),
        ("3号楼 201", "3||201"),
        ("12号楼2单元1504室", "12|2|1504"),
        ("12幢02单元1504号", "12|2|1504"),
        ("A座 0803 房", "a||803"),
        ("A楼803", "a||803"),
        ("教学楼101", "教学||101"),
        ("金地朗悦7栋301", "金地朗悦7||301"),
        ("201", "||201"),
        ("2单元201", "|2|201"),
        ("7栋12", "7||12"),
        ("7栋301A", "7||301a"),
        ("15号", "||15"),
        ("村口老屋", "||村口老屋"),
        ("12-3号", "||12-3"),
        ("201-2", "||201-2"),
        ("12#", "||12#"),
        ("3栋301/302", "3||301/302"),
        ("3栋301-2", "3||301-2"),
    ] {
        assert_eq!(key(address), kept, "{address}");
    }
}

#[test]
fn a_door_written_differently_is_the_same_door() {
    for (address, others) in [
        (
            "7栋301",
            &[
                "7栋0301",
                "７栋０３０１",
                "7棟301",
                "7-301",
                "７－３０１",
                "7#301",
                "7/301",
                "7栋-301",
                "7栋3楼301",
                "7栋3层301室",
                "7號樓301號",
                "7#楼301",
            ][..],
        ),
        (
            "7栋1单元301",
            &[
                "7-1-301",
                "7#1-301",
                "7栋1-301",
                "7栋-1-301",
                "7-1單元301",
                "7栋1单元-301",
                "7栋1单元3楼301",
            ],
        ),
        ("a座0803", &["A座803房", "A-803"]),
        ("701", &["7楼701", "07层0701"]),
    ] {
        for other in others {
            assert_eq!(key(address), key(other), "{address} {other}");
        }
    }
}

#[test]
fn doors_that_may_be_others_are_not_the_same() {
    for (one, other) in [
        ("3栋201", "3栋1单元201"),
        ("7栋301", "7楼301"),
        ("7栋12", "7楼12"),
        ("7栋3楼12", "7栋5楼12"),
        ("7栋3楼12", "7栋12"),
        ("7栋3楼501", "7栋501"),
        ("7栋301", "7栋--301"),
        ("7栋301", "17栋301"),
        ("1栋1单元301", "1栋1301"),
        ("12-3", "12栋3"),
    ] {
        assert_ne!(key(one), key(other), "{one} {other}");
    }
}
