//! Live events for open pages, as server-sent events.
//!
//! A page hears of its jurisdiction and of what its role may see. A page that falls behind,
//! or a node that may have missed something, gets `resync`: read the lists again. A stream
//! looks at its session every half minute and ends with it, with the account and with the grant.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use gridpass_types::ids::{GrantId, SessionId};
use jiff::Timestamp;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;

use super::model::kind_for;
use crate::access::{
    Permission, ProposeRed, ReadAlerts, ReadRedLists, ReadStats, ReviewBreakGlass, SignedIn,
    WorkObservation, WorkVisits,
};
use crate::app::{App, LiveEvent};
use crate::auth::{self, Caller, Entering, Staff};
use crate::events::{ALERT, BREAK_GLASS, HELD, OBSERVATION, RED, RESYNC, STATS, VISIT};
use crate::http::error::Problem;

/// Pause between comments that keep the connection open.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts before the page has to come back with its session.
const STREAM_LIFE: Duration = Duration::from_secs(15 * 60);
/// How old the last look at the session may be when something is told.
const LOOKED_MAX: Duration = Duration::from_secs(30);

/// Live events of the caller's jurisdiction: `alert`, `held` (somebody held at a gate, for grid workers), `visit`, `observation`, `red`, `break_glass`, `stats`, and `resync` when
/// lists have to be read anew (also at the start).
#[utoipa::path(get, path = "/api/v1/events", operation_id = "stream_events", tag = "alerts",
    security(("staff" = [])),
    responses((status = 200, description = "server-sent events", body = String, content_type = "text/event-stream"),
              (status = 401, body = Problem)))]
pub async fn stream_events(
    State(app): State<App>,
    staff: Staff<SignedIn>,
    Entering(session): Entering,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let listening = Listening {
        events: app.events.subscribe(),
        caller: staff.caller,
        until: Instant::now() + STREAM_LIFE,
        greeted: false,
    };
    let session = Watched {
        session_id: session.session_id,
        grant_id: listening.caller.grant_id,
        looked_at: app.now(),
        app,
    };
    let both = (listening, session);
    let stream = futures_util::stream::unfold(both, |(mut listening, mut session)| async move {
        let event = told(&mut listening, &mut session).await?;
        Some((Ok(event), (listening, session)))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

/// The session of a stream.
struct Watched {
    app: App,
    session_id: SessionId,
    grant_id: GrantId,
    looked_at: Timestamp,
}

impl Watched {
    /// Whether the session may still hear what the stream tells; nobody is told anything while
    /// that cannot be found out.
    async fn is_admitted(&mut self) -> bool {
        let now = self.app.now();
        if now.duration_since(self.looked_at).unsigned_abs() < LOOKED_MAX {
            return true;
        }
        self.looked_at = now;
        let asked = (self.session_id, self.grant_id);
        auth::acts_still(&self.app, asked).await.unwrap_or(false)
    }
}

/// The next event, as long as the session lasts; `None` ends the stream.
async fn told(listening: &mut Listening, session: &mut Watched) -> Option<Event> {
    loop {
        let heard = tokio::time::timeout(LOOKED_MAX, listening.next()).await;
        if !session.is_admitted().await {
            return None;
        }
        if let Ok(event) = heard {
            return event;
        }
    }
}

struct Listening {
    events: Receiver<LiveEvent>,
    caller: Caller,
    until: Instant,
    greeted: bool,
}

impl Listening {
    /// The next event for this caller; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        if !self.greeted {
            self.greeted = true;
            return Some(resync());
        }
        loop {
            let heard = tokio::time::timeout_at(self.until, self.events.recv()).await;
            match heard {
                Ok(Ok(event)) if concerns(&self.caller, &event) => {
                    return Some(Event::default().event(event.topic).data(event.body));
                }
                Ok(Ok(_)) => {}
                Ok(Err(RecvError::Lagged(_))) => return Some(resync()),
                Ok(Err(RecvError::Closed)) | Err(_) => return None,
            }
        }
    }
}

fn resync() -> Event {
    Event::default().event(RESYNC).data("{}")
}

/// Whether a caller may hear of an event.
fn concerns(caller: &Caller, event: &LiveEvent) -> bool {
    let held_only = kind_for(caller.role).is_some();
    let roles = match event.topic {
        RESYNC => return true,
        // Everybody hears of an alert once: as one among all, or because somebody is held.
        ALERT if held_only => return false,
        HELD if !held_only => return false,
        ALERT | HELD => ReadAlerts::ROLES,
        OBSERVATION => WorkObservation::ROLES,
        VISIT => WorkVisits::ROLES,
        // Lists are approved by others than those who confirm, so both hear.
        RED => return hears_red(caller) && caller.covers(&event.place_code),
        STATS => ReadStats::ROLES,
        BREAK_GLASS => ReviewBreakGlass::ROLES,
        _ => return false,
    };
    roles.contains(&caller.role) && caller.covers(&event.place_code)
}

fn hears_red(caller: &Caller) -> bool {
    ProposeRed::ROLES.contains(&caller.role) || ReadRedLists::ROLES.contains(&caller.role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use crate::auth::Scope;
    use gridpass_types::ids::StaffId;

    fn event(topic: &'static str, place_code: &str) -> LiveEvent {
        LiveEvent {
            topic,
            place_code: place_code.into(),
            body: "{}".into(),
        }
    }

    #[test]
    fn a_page_hears_its_jurisdiction_and_what_its_role_may_see() {
        let caller = |role, jurisdiction: &str| Caller {
            staff_id: StaffId::new(1),
            role,
            jurisdiction: jurisdiction.into(),
            unit: "社区".into(),
            grant_id: GrantId::new(1),
            scope: Scope::Division,
        };
        let here = event(ALERT, "440310001001003");
        assert!(concerns(&caller(Role::TeamDoctor, "440310001"), &here));
        assert!(!concerns(&caller(Role::TeamDoctor, "440310002"), &here));
        assert!(!concerns(&caller(Role::SystemAdmin, ""), &here));
        let held = event(HELD, "440310001001003");
        let worker = caller(Role::GridWorker, "440310001");
        assert!(concerns(&worker, &held) && !concerns(&worker, &here));
        assert!(!concerns(&caller(Role::GridWorker, "440310002"), &held));
        assert!(
            !concerns(&caller(Role::TeamDoctor, "440310001"), &held),
            "heard as an alert"
        );
        assert!(concerns(
            &caller(Role::SystemAdmin, "440310002"),
            &event(RESYNC, "")
        ));
    }

    #[tokio::test]
    async fn a_page_that_falls_behind_is_told_to_read_anew() {
        let (sender, events) = tokio::sync::broadcast::channel(2);
        let mut listening = Listening {
            events,
            caller: Caller {
                staff_id: StaffId::new(1),
                role: Role::TeamDoctor,
                jurisdiction: String::new(),
                unit: "社区".into(),
                grant_id: GrantId::new(1),
                scope: Scope::Division,
            },
            until: Instant::now() + STREAM_LIFE,
            greeted: true,
        };
        for _ in 0..5 {
            sender.send(event(ALERT, "440310001001003")).unwrap();
        }
        let text = |event: Event| format!("{event:?}");
        assert!(text(listening.next().await.unwrap()).contains("resync"));
        assert!(text(listening.next().await.unwrap()).contains("alert"));
        drop(sender);
        assert!(listening.next().await.is_some(), "what was sent is heard");
        assert!(listening.next().await.is_none());
    }
}
