//! The closed word lists of facts, states, gates and decisions.
//!
//! The words are those of the rule tables and the cases; the numbers are stored. Within a
//! dimension of the state a greater number is the weightier one where there is an order.

use gridpass_types::word_list;

word_list! {
    /// Is the person a case?
    Case {
        /// No case, recovered or ruled out.
        None = 0, "none";
        /// Suspected case.
        Suspected = 1, "suspected";
        /// Confirmed case.
        Confirmed = 2, "confirmed";
    }
}

word_list! {
    /// Where the person is quarantined; the weightiest live order counts.
    Quarantine {
        /// No live order.
        None = 0, "none";
        /// At home.
        Home = 1, "home";
        /// In a central facility.
        Central = 2, "central";
        /// In hospital.
        Hospital = 3, "hospital";
    }
}

word_list! {
    /// Contact with a case in the last 14 days.
    Contact {
        /// None.
        None = 0, "none";
        /// Contact of a close contact.
        Secondary = 1, "secondary";
        /// Close contact.
        Close = 2, "close";
    }
}

word_list! {
    /// What the health readings of the last 72 hours say.
    Health {
        /// No reading.
        None = 0, "none";
        /// Readings without anything unusual.
        Normal = 1, "normal";
        /// Symptoms without fever.
        Symptoms = 2, "symptoms";
        /// 37.3 °C or more.
        Fever = 3, "fever";
    }
}

word_list! {
    /// A stay in a high-risk area in the last 14 days.
    Stay {
        /// None known.
        None = 0, "none";
        /// Declared by the person.
        Declared = 1, "declared";
        /// Confirmed by evidence.
        Confirmed = 2, "confirmed";
    }
}

word_list! {
    /// Does an exemption with two approvals hold now?
    Exempt {
        /// No.
        No = 0, "no";
        /// Yes.
        Yes = 1, "yes";
    }
}

word_list! {
    /// What the population registries say about the person's details.
    Registry {
        /// Not compared with any.
        None = 0, "none";
        /// Agrees with every registry compared.
        Matched = 1, "matched";
        /// Differs from at least one.
        Conflict = 2, "conflict";
    }
}

word_list! {
    /// The person's residence in the district.
    Residence {
        /// None known.
        None = 0, "none";
        /// Declared, waiting for a grid worker.
        Declared = 1, "declared";
        /// Verified by a grid worker (已核已入住).
        Verified = 2, "verified";
        /// Moved away.
        Away = 3, "away";
    }
}

word_list! {
    /// The person's employment, over all employers.
    Employment {
        /// None known.
        None = 0, "none";
        /// Declared by person or employer.
        Declared = 1, "declared";
        /// Verified.
        Verified = 2, "verified";
    }
}

word_list! {
    /// Did the last on-the-spot check of the past 12 hours pass?
    Checked {
        /// No.
        No = 0, "no";
        /// Yes.
        Yes = 1, "yes";
    }
}

word_list! {
    /// How an enclosure is managed.
    AreaStatus {
        /// Ordinary gate control.
        Normal = 0, "normal";
        /// Controlled: visitors need their host's consent.
        Controlled = 1, "controlled";
        /// Sealed: nobody out, residents and workers in.
        Sealed = 2, "sealed";
    }
}

word_list! {
    /// Which way a person passes the gate.
    Direction {
        /// Into the enclosure.
        In = 0, "in";
        /// Out of the enclosure.
        Out = 1, "out";
    }
}

word_list! {
    /// What the person has to do with the gate.
    Relation {
        /// Neither lives nor works behind it.
        Visitor = 0, "visitor";
        /// Works for the gate's employer.
        WorksHere = 1, "works_here";
        /// Lives in the gate's enclosure.
        LivesHere = 2, "lives_here";
    }
}

word_list! {
    /// What the guard does.
    Action {
        /// Let through.
        Pass = 0, "pass";
        /// Check on the spot, then decide.
        Check = 1, "check";
        /// Stop and hold.
        Stop = 2, "stop";
    }
}

word_list! {
    /// Who is told about a decision.
    Notify {
        /// The response team of the community (三位一体小组).
        ResponseTeam = 1, "response_team";
        /// The grid worker.
        Grid = 2, "grid";
        /// The community.
        Community = 3, "community";
    }
}

word_list! {
    /// What a guard checks on the spot.
    Check {
        /// Measure again with a second thermometer.
        RecheckTemperature = 1, "recheck_temperature";
        /// Ask the host for consent.
        HostConsent = 2, "host_consent";
        /// Look at the travel card on the person's own phone.
        TravelHistory = 3, "travel_history";
        /// Check the key facts: residence, workplace, contact.
        KeyFacts = 4, "key_facts";
    }
}

word_list! {
    /// Status carried by a `case` fact.
    CaseStatus {
        /// Suspected case.
        Suspected = 1, "suspected";
        /// Confirmed case.
        Confirmed = 2, "confirmed";
        /// Recovered: no longer a case.
        Recovered = 3, "recovered";
        /// Ruled out: never was one.
        RuledOut = 4, "ruled_out";
    }
}

word_list! {
    /// Place carried by a `quarantine` fact.
    QuarantinePlace {
        /// At home (居家).
        Home = 1, "home";
        /// In a central facility (集中).
        Central = 2, "central";
        /// In hospital.
        Hospital = 3, "hospital";
    }
}

word_list! {
    /// Why an order was released.
    EndReason {
        /// Observation completed: clears the exposures it was ordered for.
        Completed = 1, "completed";
        /// Cancelled: clears nothing.
        Cancelled = 2, "cancelled";
    }
}

word_list! {
    /// Level carried by a `contact` fact.
    ContactLevel {
        /// Contact of a close contact.
        Secondary = 1, "secondary";
        /// Close contact.
        Close = 2, "close";
    }
}

word_list! {
    /// Risk of the area of a `stay` fact at that time.
    Risk {
        /// Low.
        Low = 1, "low";
        /// Medium.
        Medium = 2, "medium";
        /// High: an epidemic area.
        High = 3, "high";
    }
}

word_list! {
    /// How sure a `stay` fact is.
    Certainty {
        /// Declared by the person.
        Declared = 1, "declared";
        /// Confirmed by evidence.
        Confirmed = 2, "confirmed";
    }
}

word_list! {
    /// Status carried by a `residence` fact.
    ResidenceStatus {
        /// Declared.
        Declared = 1, "declared";
        /// Verified by a grid worker.
        Verified = 2, "verified";
        /// Moved away.
        Away = 3, "away";
    }
}

word_list! {
    /// Status carried by an `employment` fact.
    EmploymentStatus {
        /// Declared.
        Declared = 1, "declared";
        /// Verified.
        Verified = 2, "verified";
        /// Left the employer.
        Left = 3, "left";
    }
}

word_list! {
    /// Status carried by a `registry` fact.
    RegistryStatus {
        /// The registry agrees.
        Matched = 1, "matched";
        /// The registry differs.
        Conflict = 2, "conflict";
    }
}
