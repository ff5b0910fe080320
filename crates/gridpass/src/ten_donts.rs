//! The ten rules of information security (十不准): what everybody who works with the system
//! confirms, what enforces each, and the tests that prove it.
//!
//! The wording is our own. A new version asks everybody again at their next call. A test
//! holds the names of the tests to the sources, so that no promise outlives its proof.

/// Version in force; grows with each change of the wording.
pub const VERSION: i32 = 1;

/// One rule.
pub struct TenDont {
    /// What nobody may do, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// What enforces it, in words.
    pub controls: &'static [&'static str],
    /// Names of the tests that prove the controls.
    pub tests: &'static [&'static str],
}

/// All ten, in order.
pub const ALL: [TenDont; 10] = [
    TenDont {
        zh: "不准扩大采集范围：只收通行和防控必需的信息。",
        en: "Do not collect more than passing and protection need.",
        controls: &[
            "Bodies with fields that are not asked for are refused.",
            "Every column is classified with its purpose's retention; an unclassified one fails the build.",
        ],
        tests: &["every_column_is_classified_and_commented"],
    },
    TenDont {
        zh: "不准重复采集：系统里已有的，不再向群众和单位要。",
        en: "Do not ask people again for what is held already.",
        controls: &[
            "A person applies once; a known document number is joined, never entered twice.",
            "An import adds only what differs, and the same file sent again changes nothing.",
        ],
        tests: &["a_registry_enters_people_and_again_changes_nothing"],
    },
    TenDont {
        zh: "不准用聊天群、网盘、私人邮箱传名单。",
        en: "Do not pass lists through chats, cloud drives or private mail.",
        controls: &[
            "Lists come in through imports, which name their source and keep no file.",
            "No operation hands out lists of people in the clear: names and numbers are masked.",
        ],
        tests: &[
            "each_row_is_answered_and_the_good_ones_wait",
            "marked_values_turn_up_only_where_a_mask_allows_it",
        ],
    },
    TenDont {
        zh: "未经批准留痕，不准截屏、拍照、复制、导出。",
        en: "Do not screenshot, photograph, copy or export without approval and trace.",
        controls: &[
            "No operation exports people.",
            "Every read of a person is recorded; the person sees it.",
            "A mask is lifted for one person, with a reason, for half an hour, and a supervisor is told.",
        ],
        tests: &[
            "a_read_names_who_looked_at_whom_and_what_for",
            "a_list_names_each_person_shown_and_an_empty_one_names_nobody",
            "masks_are_lifted_for_one_person_one_caller_and_half_an_hour",
        ],
    },
    TenDont {
        zh: "不准提供给无关单位和人员。",
        en: "Do not give information to units or people it does not concern.",
        controls: &[
            "Everything is cut to the jurisdiction of the grant; outside it is 404.",
            "The database cuts to the jurisdiction once more, whatever a statement forgets.",
            "Sessions end when idle; grants end by themselves.",
        ],
        tests: &[
            "an_idle_session_ends",
            "a_grant_ends_by_itself",
            "a_statement_without_where_reaches_the_jurisdiction_and_nothing_else",
        ],
    },
    TenDont {
        zh: "不准用于疫情防控以外的目的。",
        en: "Do not use information for anything but epidemic control.",
        controls: &[
            "No operation serves another purpose: each names its permission and its purpose in one table, and the log repeats it.",
            "Everybody confirms these rules before the first call.",
        ],
        tests: &[
            "nothing_is_done_before_the_ten_rules_are_confirmed",
            "every_operation_is_declared",
        ],
    },
    TenDont {
        zh: "不准借用、共用、转借账号。",
        en: "Do not share, lend or borrow accounts.",
        controls: &[
            "A second factor, and a password that only its owner knows.",
            "Hand-over gives a colleague a grant of their own, for a time.",
            "Everybody sees their sessions and sign-ins, and ends those that are not theirs.",
        ],
        tests: &[
            "a_code_counts_once",
            "a_password_set_by_somebody_else_must_be_changed",
            "a_grant_is_handed_over_for_a_time",
            "sessions_are_listed_and_ended",
        ],
    },
    TenDont {
        zh: "不准查与工作任务无关的人，不准批量查。",
        en: "Do not look up people outside your task, nor in bulk.",
        controls: &[
            "A person is looked up by a whole document number, one at a time, in the jurisdiction.",
            "Look-ups outside one's tasks, many, repeated or at night are shown to the privacy officer.",
            "Each session has a budget of requests.",
        ],
        tests: &[
            "people_are_found_by_number_and_by_serial_within_the_jurisdiction",
            "look_ups_that_stand_out_are_shown_to_the_privacy_officer",
            "a_phone_and_a_member_of_staff_have_budgets_of_their_own",
        ],
    },
    TenDont {
        zh: "不准因疫情以外的原因赋码、转码、改状态。",
        en: "Do not colour anybody, or change a state, for a reason that is not epidemic.",
        controls: &[
            "There is no operation that sets a colour: it is derived from evidence.",
            "What stops somebody follows only from a closed list of reasons, is confirmed by a second person of another unit, and is capped by the hour.",
        ],
        tests: &[
            "a_proposal_changes_nothing_until_another_unit_confirms",
            "no_way_around_two_people",
            "one_person_stops_twenty_within_an_hour_however_many_ask_at_once",
        ],
    },
    TenDont {
        zh: "目的达成后不准留存，离岗时不准带走。",
        en: "Do not keep information once its purpose is over, nor take it along when you leave.",
        controls: &[
            "Retention is set column by column.",
            "Closing an account ends its grants and sessions at once.",
        ],
        tests: &["a_closed_account_is_out_at_once"],
    },
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn each_rule_has_words_and_a_control() {
        for rule in &ALL {
            assert!(rule.zh.contains("不准") && !rule.en.is_empty());
            assert!(!rule.controls.is_empty(), "{}", rule.en);
        }
    }
}
