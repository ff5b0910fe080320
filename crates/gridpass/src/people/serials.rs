//! Dense pass serials, given out in blocks from one counter row.
//!
//! A serial is an index into the gates' colour snapshot, so the numbers must stay dense; a
//! node keeps a small block in memory, and what is left of it when the node stops is lost.

use gridpass_types::ids::PassSerial;
use tokio::sync::Mutex;

use crate::app::App;
use crate::http::error::{ApiError, ApiResult};

/// Serials a node takes at a time.
const BLOCK_SERIALS: i64 = 1000;

/// The serials this node may give out.
#[derive(Default)]
pub struct Serials(Mutex<std::ops::Range<i64>>);

impl Serials {
    /// The next serial; never given twice, on any node.
    ///
    /// # Errors
    /// When the database does not answer, or serials have run out.
    pub async fn next(&self, app: &App) -> ApiResult<PassSerial> {
        let mut block = self.0.lock().await;
        let value = match block.next() {
            Some(value) => value,
            None => {
                *block = take(app, BLOCK_SERIALS).await?;
                block.next().ok_or_else(exhausted)?
            }
        };
        serial(value)
    }
}

/// A block of exactly `count` serials, for imports.
///
/// # Errors
/// As [`Serials::next`].
pub async fn block(app: &App, count: usize) -> ApiResult<Vec<PassSerial>> {
    let count = i64::try_from(count).map_err(|_| exhausted())?;
    if count == 0 {
        return Ok(Vec::new());
    }
    take(app, count).await?.map(serial).collect()
}

/// Takes a block in a transaction of its own: a block that came with the caller's would be
/// given out again after a rollback, and the counter's row would stay locked until then.
/// The connection is one outside the pool, because the caller already holds one of the pool
/// and waiting there for a second could starve everybody.
async fn take(app: &App, count: i64) -> ApiResult<std::ops::Range<i64>> {
    let db = app
        .db
        .dedicated("gridpass serials")
        .await
        .map_err(|error| ApiError::internal(anyhow::Error::new(error)))?;
    let sql = "-- people.take_serials
        UPDATE counter SET next_value = next_value + $1 WHERE name = 'pass_serial'
        RETURNING next_value - $1, next_value";
    let row = db.query_one(sql, &[&count]).await?;
    Ok(row.get(0)..row.get(1))
}

fn serial(value: i64) -> ApiResult<PassSerial> {
    i32::try_from(value)
        .map(PassSerial::new)
        .map_err(|_| exhausted())
}

fn exhausted() -> ApiError {
    ApiError::internal(anyhow::anyhow!("pass serials have run out"))
}
