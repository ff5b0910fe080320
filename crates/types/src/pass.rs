//! The words of a pass that rules, pass code, scans and numbers share.

crate::word_list! {
    /// Colour of a pass. Derived from the live facts at the moment of asking; never assigned.
    Colour {
        /// 绿证: pass.
        Green = 0, "green";
        /// 黄证: may pass for a time after a check on the spot.
        Yellow = 1, "yellow";
        /// 红证: stop.
        Red = 2, "red";
    }
}

crate::word_list! {
    /// On what a pass is shown.
    PassForm {
        /// On a phone, which proves its key anew every 30 s.
        Phone = 0, "phone";
        /// On paper: the gate looks at the photo.
        Paper = 1, "paper";
        /// Only to be looked at: never lets anybody through.
        Specimen = 2, "specimen";
    }
}

crate::word_list! {
    /// How a gate knew the person, from the surest to the barest.
    Rung {
        /// The phone's live presentation.
        Presentation = 0, "presentation";
        /// The holder's phone read the gate's rotating code.
        GateCode = 1, "gate_code";
        /// A document number, typed.
        Number = 2, "number";
        /// A paper pass.
        Paper = 3, "paper";
        /// Without network: the colours of all serials on the guard's device.
        Snapshot = 4, "snapshot";
        /// Without network: the signed presentation alone.
        Code = 5, "code";
        /// Without network: a paper pass, a number, or somebody of whom nothing was shown.
        OfflinePaper = 6, "offline_paper";
        /// A pass serial, typed: it says whose pass is meant, and not that anybody is there.
        Serial = 7, "serial";
    }
}
