//! The pipeline: the body is read and cut into rows, chunks of rows are made ready on
//! blocking threads, and written one after the other. Reading waits when two chunks are
//! ahead, so memory is bounded whatever the file's size.

use std::sync::Arc;

use axum::body::Body;
use futures_util::StreamExt;
use gridpass_types::clock::district_date;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::chunk::{Target, Writer, write};
use super::file::{Header, HeaderError, RawRows, Splitter};
use super::model::HoldView;
use super::prepare::{Form, Prepared, prepare};
use crate::app::App;
use crate::http::code::Code;
use crate::http::error::{ApiError, ApiResult, FieldError};

/// Rows written in one transaction.
const CHUNK_ROWS: usize = 2000;
/// Chunks that may be ahead of the one that is written.
const CHUNKS_AHEAD_MAX: usize = 2;

/// The body of an import while it is read.
pub(super) struct Incoming {
    body: axum::body::BodyDataStream,
    splitter: Splitter,
    ended: bool,
}

impl Incoming {
    /// Starts reading and checks the header, before anything is stored.
    pub async fn open(body: Body) -> ApiResult<(Self, Header)> {
        let mut incoming = Self {
            body: body.into_data_stream(),
            splitter: Splitter::default(),
            ended: false,
        };
        // The header alone: what follows it in the first bytes is kept for later.
        while incoming.splitter.ready() == 0 && !incoming.ended {
            incoming.read().await?;
        }
        let first = incoming.splitter.take_first();
        let row = first
            .iter()
            .next()
            .ok_or_else(|| header_problem(HeaderError::Empty))?;
        let header = Header::read(row).map_err(header_problem)?;
        Ok((incoming, header))
    }

    async fn read(&mut self) -> ApiResult<()> {
        match self.body.next().await {
            Some(Ok(bytes)) => {
                if !bytes.is_empty() {
                    self.splitter.push(&bytes);
                }
            }
            Some(Err(_)) => return Err(Code::BodyBroken.into()),
            None => {
                self.splitter.finish();
                self.ended = true;
            }
        }
        Ok(())
    }

    /// The next chunk; `None` at the end.
    async fn chunk(&mut self) -> ApiResult<Option<RawRows>> {
        while self.splitter.ready() < CHUNK_ROWS && !self.ended {
            self.read().await?;
        }
        let rows = self.splitter.take();
        Ok((!rows.is_empty()).then_some(rows))
    }
}

fn header_problem(error: HeaderError) -> ApiError {
    let field = match error {
        HeaderError::Unknown(place) | HeaderError::Twice(place) => format!("column {place}"),
        HeaderError::Missing(column) => column.as_str().to_owned(),
        HeaderError::Empty | HeaderError::Unreadable => "row 1".to_owned(),
    };
    let code = match error {
        HeaderError::Unknown(_) => "column_unknown",
        HeaderError::Twice(_) => "column_twice",
        HeaderError::Missing(_) => "column_missing",
        HeaderError::Empty => "header_missing",
        HeaderError::Unreadable => "header_unreadable",
    };
    let wrong = FieldError::new(field, code, error.to_string(), "表头与要求不符");
    ApiError::new(Code::RegistryHeaderInvalid).with_fields(vec![wrong])
}

/// Reads, prepares and writes until the body ends. Gives the hold if there was one: what follows
/// it is read, so that the sender hears the answer, and not written.
pub(super) async fn run(
    app: &App,
    target: &Target,
    mut writer: Writer,
    (incoming, header): (Incoming, Header),
) -> ApiResult<Option<HoldView>> {
    let form = Arc::new(Form {
        header,
        source: target.source.clone(),
        today: district_date(app.now()),
    });
    let (ahead, mut behind) = mpsc::channel(CHUNKS_AHEAD_MAX);
    let reading = read_ahead(app, form, incoming, ahead);
    let writing = async {
        let mut held = None;
        while let Some(preparing) = behind.recv().await {
            let rows: JoinHandle<Vec<Prepared>> = preparing;
            let rows = rows.await.map_err(ApiError::internal)?;
            if held.is_none() {
                held = write(app, target, &mut writer, &rows).await?;
            }
        }
        Ok(held.or_else(|| writer.breaker.ended()))
    };
    let ((), held) = tokio::try_join!(reading, writing)?;
    Ok(held)
}

async fn read_ahead(
    app: &App,
    form: Arc<Form>,
    mut incoming: Incoming,
    ahead: mpsc::Sender<JoinHandle<Vec<Prepared>>>,
) -> ApiResult<()> {
    while let Some(rows) = incoming.chunk().await? {
        let (app, form) = (app.clone(), form.clone());
        let preparing = tokio::task::spawn_blocking(move || prepare(&app, &form, &rows));
        if ahead.send(preparing).await.is_err() {
            // Writing has failed and says why.
            break;
        }
    }
    Ok(())
}
