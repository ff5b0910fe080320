//! The web apps: built files from disk, as small as the build made them.
//!
//! Files whose name carries a hash of their content never change and are kept for a year;
//! everything else is asked for anew. An app that was not built is simply not served.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::services::ServeDir;

/// Serves the app built in `dist` for every path that nothing else answers; below `at`
/// when that is not empty.
pub fn serve<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    at: &str,
    dist: &Path,
) -> Router<S> {
    if !dist.join("index.html").is_file() {
        tracing::warn!(
            app = at,
            "the web app is not built, so its pages are not served"
        );
        return router;
    }
    let files = ServeDir::new(dist).precompressed_br().precompressed_gzip();
    let pages = Router::new()
        .fallback_service(files)
        .layer(from_fn(keep_hashed));
    if at.is_empty() {
        router.fallback_service(pages)
    } else {
        router.nest_service(at, pages)
    }
}

async fn keep_hashed(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().contains("/assets/");
    let mut response = next.run(request).await;
    if hashed && response.status().is_success() {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, forever);
    } else if response.status().is_success() {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    response
}
