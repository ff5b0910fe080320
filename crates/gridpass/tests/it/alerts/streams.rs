//! How long a page may listen.

use gridpass::access::Role;
use gridpass::alerts::handlers::TOPIC_RED;
use jiff::SignedDuration;

use super::{Stream, cause};
use crate::app::TestApp;
use crate::evidence::{HERE, person};

impl Stream {
    /// Whether the server ended the stream without telling another event.
    async fn is_over(&mut self) -> bool {
        let rest = async {
            while let Ok(Some(chunk)) = self.response.chunk().await {
                self.read.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        let ended = tokio::time::timeout(std::time::Duration::from_secs(10), rest).await;
        ended.is_ok() && !self.read.contains("event:")
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session_its_account_and_its_grant() {
    let test = TestApp::with_divisions().await;
    let admin = test.caller(Role::SecurityAdmin, "").await;
    let open = async || {
        let caller = test.caller(Role::TeamDoctor, HERE).await;
        let mut stream = Stream::open(&caller).await;
        assert_eq!(stream.next().await.0, "resync");
        let me = caller.get("/api/v1/me").await.expect(200);
        (caller, stream, me["staff_id"].as_i64().unwrap())
    };
    let (out, mut signed_out, _) = open().await;
    let (_, mut closed, account) = open().await;
    let (_, mut ended, granted) = open().await;
    let (_, mut goes_on, _) = open().await;
    out.delete("/api/v1/sessions/current").await.expect(204);
    let account = format!("/api/v1/staff/{account}");
    admin.delete(&account).await.expect(204);
    let db = test.app.db.client().await.unwrap();
    let sql = "UPDATE staff_grant SET ended_at = valid_from + interval '1 s' WHERE staff_id = $1";
    assert_eq!(db.execute(sql, &[&granted]).await.unwrap(), 1);

    test.advance(SignedDuration::from_secs(31));
    let neighbour = person(&test, HERE).await;
    cause(&test, TOPIC_RED, neighbour, "a").await;
    goes_on.next_of("alert").await;
    for (stream, why) in [
        (&mut signed_out, "signed out"),
        (&mut closed, "account closed"),
        (&mut ended, "grant ended"),
    ] {
        assert!(stream.is_over().await, "{why}");
    }
}
