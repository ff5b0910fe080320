//! What a replayed day came to.

/// What happened on a day, or in all days so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct DayReport {
    /// Residents whom grid workers entered.
    pub entered: u64,
    /// People who applied on their phone.
    pub applied: u64,
    /// Scans that a gate sent at once.
    pub online: u64,
    /// Scans that gates kept and uploaded.
    pub uploaded: u64,
    /// Scans at employers' gates.
    pub at_work: u64,
    /// People let in who were red by then.
    pub late_reds: u64,
    /// Scans that showed red.
    pub red: u64,
    /// Visits that ended in "verified and moved in".
    pub visits: u64,
    /// People put under quarantine.
    pub isolated: u64,
    /// Households they live in.
    pub households: u64,
    /// People released.
    pub released: u64,
}

impl DayReport {
    /// Adds a day.
    pub const fn add(&mut self, day: &Self) {
        self.entered += day.entered;
        self.applied += day.applied;
        self.online += day.online;
        self.uploaded += day.uploaded;
        self.at_work += day.at_work;
        self.late_reds += day.late_reds;
        self.red += day.red;
        self.visits += day.visits;
        self.isolated += day.isolated;
        self.households += day.households;
        self.released += day.released;
    }

    /// People who must be in the system.
    pub const fn people(&self) -> u64 {
        self.entered + self.applied
    }

    /// Scans the server must have counted.
    pub const fn scans(&self) -> u64 {
        self.online + self.uploaded
    }

    /// A line for the day, beside the total so far.
    pub fn line(&self, month: &Self) -> String {
        format!(
            "{:>7} people, {:>7} scans ({} online, {} of workers, {} red, {} late red), {} visits, {} isolated, {} released; adds up",
            month.people(),
            self.scans(),
            self.online,
            self.at_work,
            self.red,
            self.late_reds,
            self.visits,
            self.isolated,
            self.released
        )
    }

    /// A sentence for the month.
    pub fn summary(&self) -> String {
        format!(
            "{} people, {} scans of which {} by workers and {} online, {} stopped red, {} late reds, {} visits, \
             {} people of {} households isolated, {} released",
            self.people(),
            self.scans(),
            self.at_work,
            self.online,
            self.red,
            self.late_reds,
            self.visits,
            self.isolated,
            self.households,
            self.released
        )
    }
}
