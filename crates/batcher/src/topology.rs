//! Which lane a person's writes go to.
//!
//! On one PostgreSQL there is one lane. On a cluster that spreads people over servers
//! there is one lane per server, so that no transaction ever spans two of them.

/// Maps people to lanes; the same person always to the same lane.
pub trait Topology: Send + Sync + 'static {
    /// How many lanes there are; at least one, and always the same number.
    fn lanes(&self) -> usize;
    /// The lane of a person, from 0 to `lanes() - 1`.
    fn lane_of(&self, person_id: i64) -> usize;
}

/// One lane for everybody: one PostgreSQL.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneLane;

impl Topology for OneLane {
    fn lanes(&self) -> usize {
        1
    }

    fn lane_of(&self, _person_id: i64) -> usize {
        0
    }
}
