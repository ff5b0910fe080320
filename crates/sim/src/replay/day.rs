//! One day of the month: lists come in at six, people apply, gates scan and
//! upload after each of four shifts, visits are made, the response team isolates
//! and releases.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Result, bail};
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::cast::{Cast, Known, Seat, Shown};
use super::plan::{MonthPlan, SHIFTS};
use super::queue::{Scans, Upload, cut_uploads, moment_of};
use super::report::DayReport;
use super::{FIRST_DAY, SimulatedClock};
use crate::api;
use crate::crew::{self, Crew, Reading, temperature};
use crate::load::{Slice, import_registry};
use crate::random::{Purpose, Stream};
use crate::state::State;
use crate::upload::{FEVER_DECIDEGREES, KeptScan};
use crate::world::World;
use crate::world::people::{Person, Residence};

/// One scan in so many reads a fever.
const FEVER_ONE_IN: u64 = 40_000;
/// Somebody isolated who comes to a gate all the same, of those drawn.
const BREACH: f64 = 0.05;
/// Days after which an order that ran its course is released.
const ISOLATION_DAYS: usize = 14;
/// Visits that grid workers make after one shift at most.
const VISITS_MAX: usize = 50_000;

/// A day under way.
pub struct Day<'a> {
    /// Days since 10 February.
    pub number: usize,
    /// The district.
    pub world: &'a Arc<World>,
    /// The month's plan.
    pub plan: &'a MonthPlan,
    /// Who works.
    pub crew: &'a mut Crew,
    /// Their accounts.
    pub state: &'a State,
    /// Who is in the system.
    pub cast: &'a mut Cast,
    /// Calls at the same time.
    pub clients: usize,
}

impl Day<'_> {
    /// Lives through the day.
    ///
    /// # Errors
    /// When the server refuses something.
    pub async fn run(&mut self, clock: &SimulatedClock) -> Result<DayReport> {
        let mut report = DayReport::default();
        self.move_clock(clock, clock.at(self.number, 6, 0)?).await?;
        self.cast.recover(self.number);
        self.lists(&mut report).await?;
        self.release_due(&mut report).await?;
        let applicants = self.cast.admit_residents(self.plan.applied[self.number]);
        let arrivals = self.cast.admit_arrivals(self.plan.arrived[self.number]);
        for (shift, hours) in SHIFTS.iter().enumerate() {
            let end = if hours.end == 24 {
                clock.at(self.number, 23, 55)?
            } else {
                clock.at(self.number, hours.end as i8, 0)?
            };
            self.move_clock(clock, end).await?;
            let part = |seats: &[Seat]| -> Vec<Seat> {
                seats
                    .iter()
                    .copied()
                    .filter(|seat| *seat as usize % SHIFTS.len() == shift)
                    .collect()
            };
            self.apply(&[part(&applicants), part(&arrivals)].concat(), &mut report)
                .await?;
            let scans = self.draw(shift, clock.at(self.number, 0, 0)?, end, &mut report)?;
            self.scan_online(scans.online, &mut report).await?;
            if shift == 1 {
                self.isolate(&mut report).await?;
            }
            self.upload(scans.kept, shift, &mut report).await?;
            self.visit(&mut report).await?;
        }
        self.employers_lists(&applicants).await?;
        Ok(report)
    }

    async fn move_clock(&mut self, clock: &SimulatedClock, now: Timestamp) -> Result<()> {
        clock.set(now).await?;
        self.crew.sign_in_again(self.state).await
    }

    /// The lists of the grid workers: residents they entered, with what they found.
    async fn lists(&mut self, report: &mut DayReport) -> Result<()> {
        let seats = self.cast.admit_residents(self.plan.entered[self.number]);
        if seats.is_empty() {
            return Ok(());
        }
        let ranks = seats.iter().map(|seat| self.cast.rank(*seat)).collect();
        let view = import_registry(
            self.world,
            &self.crew.desk,
            Slice {
                source: "population",
                ranks,
            },
            None,
        )
        .await?;
        report.entered += view.created;
        self.cast.enter(seats);
        Ok(())
    }

    /// Employers' lists in the evening: today's applicants who are back at work.
    async fn employers_lists(&self, applicants: &[Seat]) -> Result<()> {
        let workers = applicants
            .iter()
            .filter(|seat| self.cast.person(**seat).employer.is_some());
        let ranks: Vec<u64> = workers.map(|seat| self.cast.rank(*seat)).collect();
        if !ranks.is_empty() {
            import_registry(
                self.world,
                &self.crew.desk,
                Slice {
                    source: "employers",
                    ranks,
                },
                None,
            )
            .await?;
        }
        Ok(())
    }

    async fn apply(&mut self, seats: &[Seat], report: &mut DayReport) -> Result<()> {
        let people: Vec<(Seat, Person)> = seats
            .iter()
            .map(|seat| (*seat, self.cast.person(*seat)))
            .collect();
        let crew = &*self.crew;
        let enrolled: Vec<(Seat, Known)> = futures_util::stream::iter(people)
            .map(|(seat, person)| async move {
                let newcomer = !person.holder;
                let home = (newcomer || person.residence != Residence::Unknown)
                    .then(|| crew.enclosure_id(&person));
                let enrolment = api::enrol(&crew.public, &person, home).await?;
                let person_id = enrolment.person_id()?;
                anyhow::Ok((
                    seat,
                    Known {
                        person_id,
                        serial: enrolment.pass_serial,
                        shown: Shown::Yellow,
                    },
                ))
            })
            .buffer_unordered(self.clients)
            .try_collect()
            .await?;
        report.applied += enrolled.len() as u64;
        self.cast.enter(seats.iter().copied());
        for (seat, known) in enrolled {
            self.cast.learn(seat, known);
        }
        Ok(())
    }

    /// Draws the scans of a shift. Whoever no gate has seen yet is scanned online by number, and so
    /// are people in isolation who come all the same; everybody else is on the gates' snapshots.
    fn draw(
        &self,
        shift: usize,
        midnight: Timestamp,
        now: Timestamp,
        report: &mut DayReport,
    ) -> Result<Scans> {
        let total = MonthPlan::in_shift(self.plan.scans[self.number], shift);
        let at_work = MonthPlan::in_shift(self.plan.worker_scans[self.number], shift);
        let mut random = Stream::new(
            self.world.seed,
            Purpose::Traffic,
            (self.number * SHIFTS.len() + shift) as u64,
        );
        let mut scans = Scans::default();
        let mut first_times = std::collections::HashSet::new();
        let (midnight_ms, now_ms) = (midnight.as_millisecond(), now.as_millisecond());
        for number in 0..total {
            let (seat, gate) = self.somebody(number < at_work, &mut random, report)?;
            let at_ms = (midnight_ms + moment_of(shift, &mut random)).min(now_ms - 1);
            let inward = random.chance(0.5);
            let decidegrees = temperature(&mut random, FEVER_ONE_IN);
            match self.cast.known(seat) {
                Some(known) => scans.kept.entry(gate).or_default().push(KeptScan {
                    person_id: known.person_id,
                    serial: known.serial,
                    at_ms,
                    inward,
                    decidegrees,
                    shown: known.shown.word(),
                }),
                // A second draw of somebody whose first scan is still to come waits for the next shift's plan:
                // another person takes the place, so that the total stays exact.
                None if first_times.insert(seat) => {
                    scans.online.push((
                        seat,
                        gate,
                        Reading {
                            at: now,
                            inward,
                            decidegrees,
                        },
                    ));
                }
                None => {
                    let at = Timestamp::from_millisecond(now_ms - 1 - scans.online.len() as i64)?;
                    scans.online.push((
                        seat,
                        gate,
                        Reading {
                            at,
                            inward,
                            decidegrees,
                        },
                    ));
                }
            }
        }
        Ok(scans)
    }

    /// Somebody who goes out, and the gate they come to.
    fn somebody(
        &self,
        at_work: bool,
        random: &mut Stream,
        report: &mut DayReport,
    ) -> Result<(Seat, usize)> {
        const DRAWS: usize = 400;
        let mut last = None;
        for _ in 0..DRAWS {
            let seat = self.cast.anybody(random);
            let isolated = self
                .cast
                .known(seat)
                .is_some_and(|known| known.shown == Shown::Red);
            if isolated && !random.chance(BREACH) {
                continue;
            }
            let person = self.cast.person(seat);
            if at_work {
                if let Some(gate) = self.crew.work_gate(&person) {
                    report.at_work += 1;
                    return Ok((seat, gate));
                }
                last = Some((seat, person));
                continue;
            }
            return Ok((seat, self.crew.home_gate(&person, random)?));
        }
        // In the first days of a very small district nobody may work at an employer with a gate.
        match last {
            Some((seat, person)) => Ok((seat, self.crew.home_gate(&person, random)?)),
            None => bail!("nobody is in the system to scan"),
        }
    }

    async fn scan_online(
        &mut self,
        scans: Vec<(Seat, usize, Reading)>,
        report: &mut DayReport,
    ) -> Result<()> {
        let people: Vec<_> = scans
            .into_iter()
            .map(|(seat, gate, reading)| (seat, gate, reading, self.cast.person(seat).number))
            .collect();
        let crew = &*self.crew;
        let seen: Vec<(Seat, Known, bool)> = futures_util::stream::iter(people)
            .map(|(seat, gate, reading, number)| async move {
                let fever = reading.decidegrees >= FEVER_DECIDEGREES;
                let scan = crew
                    .guard(gate)
                    .scan(&crew::Shown::Number(number), reading)
                    .await?;
                let shown = Shown::of(&scan.colour);
                let known = Known {
                    person_id: scan.person_id,
                    serial: scan.pass_serial,
                    shown,
                };
                anyhow::Ok((seat, known, fever))
            })
            .buffer_unordered(self.clients)
            .try_collect()
            .await?;
        for (seat, known, fever) in seen {
            report.online += 1;
            report.red += u64::from(known.shown == Shown::Red);
            self.cast.learn(seat, known);
            if fever {
                // What the colour is without the fever no gate has seen yet.
                self.cast.show(known.person_id, Shown::Yellow);
                self.cast.turn_feverish(known.person_id, self.number);
            }
        }
        Ok(())
    }

    async fn upload(
        &mut self,
        kept: HashMap<usize, Vec<KeptScan>>,
        shift: usize,
        report: &mut DayReport,
    ) -> Result<()> {
        let first_batch_id = ((self.number * SHIFTS.len() + shift) * 10_000) as i64;
        let uploads = cut_uploads(kept, first_batch_id);
        let feverish: Vec<i64> = uploads
            .iter()
            .flat_map(|upload| &upload.scans)
            .filter(|scan| scan.is_fever())
            .map(|scan| scan.person_id)
            .collect();
        let crew = &*self.crew;
        let mut answers = futures_util::stream::iter(uploads)
            .map(|Upload { gate, batch_id, scans }| async move {
                let view = crew.guard(gate).upload(batch_id, &scans).await?;
                if let Some(rejected) = view.rejected.first() {
                    let scan = scans.get(rejected.index);
                    bail!(
                        "the server rejected {} of {} uploaded scans, the first with {}: {scan:?}",
                        view.rejected.len(),
                        scans.len(),
                        rejected.code
                    );
                }
                Ok((
                    view,
                    scans.iter().filter(|scan| scan.shown == "red").count() as u64,
                ))
            })
            .buffer_unordered(self.clients);
        while let Some((view, red)) = answers.try_next().await? {
            report.uploaded += view.accepted;
            report.late_reds += view.late_reds.len() as u64;
            report.red += red;
            if view.duplicates > 0 {
                bail!(
                    "the server took {} new scans for duplicates",
                    view.duplicates
                );
            }
        }
        drop(answers);
        for person_id in feverish {
            self.cast.turn_feverish(person_id, self.number);
        }
        Ok(())
    }

    /// Grid workers end the open visits at homes that were really moved into.
    async fn visit(&mut self, report: &mut DayReport) -> Result<()> {
        self.crew.settle().await?;
        let open = self
            .crew
            .open_visits(self.cast.visits_seen, VISITS_MAX)
            .await?;
        self.cast.visits_seen = open
            .last()
            .map_or(self.cast.visits_seen, |visit| visit.visit_id);
        let doors: Vec<_> = open
            .into_iter()
            .filter_map(|visit| {
                let person = self.cast.person(self.cast.seat_of(visit.person_id)?);
                let at_home = !person.holder || person.residence == Residence::Verified;
                at_home.then(|| (visit, self.crew.enclosure_id(&person)))
            })
            .collect();
        let crew = &*self.crew;
        let verified: Vec<Option<i64>> = futures_util::stream::iter(doors)
            .map(|(visit, enclosure)| async move {
                let done = crew.verify_home(&visit, enclosure).await?;
                anyhow::Ok(done.then_some(visit.person_id))
            })
            .buffer_unordered(self.clients)
            .try_collect()
            .await?;
        for person_id in verified.into_iter().flatten() {
            report.visits += 1;
            self.cast.show(person_id, Shown::Green);
        }
        Ok(())
    }

    /// The response team isolates the day's households, whole as far as the gates know them.
    async fn isolate(&mut self, report: &mut DayReport) -> Result<()> {
        let mut random = Stream::new(self.world.seed, Purpose::Visit, self.number as u64);
        let today = FIRST_DAY.checked_add(jiff::Span::new().days(self.number as i64))?;
        for _ in 0..self.plan.households[self.number] {
            let Some(seat) = self.free_seat(&mut random) else {
                continue;
            };
            let before = report.isolated;
            for mate in self.cast.household(seat) {
                if let Some(order_id) = self.crew.quarantine(mate.person_id, today).await? {
                    let day = self.number + ISOLATION_DAYS;
                    self.cast.orders.push((day, order_id, mate));
                    self.cast.show(mate.person_id, Shown::Red);
                    report.isolated += 1;
                }
            }
            report.households += u64::from(report.isolated > before);
        }
        Ok(())
    }

    /// Somebody whom a gate knows and who is not red.
    fn free_seat(&self, random: &mut Stream) -> Option<Seat> {
        const DRAWS: usize = 1_000;
        (0..DRAWS).find_map(|_| {
            let seat = self.cast.anybody(random);
            self.cast
                .known(seat)
                .filter(|known| known.shown != Shown::Red)
                .map(|_| seat)
        })
    }

    async fn release_due(&mut self, report: &mut DayReport) -> Result<()> {
        let today = self.number;
        let (due, later) = std::mem::take(&mut self.cast.orders)
            .into_iter()
            .partition(|order| order.0 <= today);
        self.cast.orders = later;
        for (_, order_id, before) in due {
            // The server ends orders by itself at midnight of their last day, so that nobody
            // waits for a clerk; where it was quicker, there is nothing left to release.
            self.crew.release(before.person_id, order_id).await?;
            report.released += 1;
            self.cast.show(before.person_id, before.shown);
        }
        Ok(())
    }
}
