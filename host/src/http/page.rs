//! The page: files that are compiled in. Its own paths all show `index.html`; the page itself knows what is there.

use super::error::ApiError;
use super::outside::nothing_here;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

include!(concat!(env!("OUT_DIR"), "/page_files.rs"));

/// What is shown where the page is asked for by its name.
const INDEX: &str = "index.html";
/// The folder of files whose names change with their content.
const HASHED: &str = "assets/";
/// What the build adds to the name of a file for its squeezed form.
const BROTLI: &str = ".br";
/// How long browsers keep those: for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The others are asked for again.
const ASK_AGAIN: &str = "no-cache";
/// What is said where there is no page.
const NONE: &str = "Dockrev is running. This build has no page; the API is described at /api/v1/openapi.json.\n";

/// Serves a file, or the page for whatever is no file and not the API's.
pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || !matches!(method, Method::GET | Method::HEAD) {
        return Err(nothing_here(&uri));
    }
    if let Some(content) = find(path).filter(|_| !path.ends_with(BROTLI)) {
        return Ok(answer(path, content, &headers));
    }
    if path.starts_with(HASHED) {
        return Err(nothing_here(&uri));
    }
    match (find(INDEX), path) {
        (Some(content), _) => Ok(answer(INDEX, content, &headers)),
        (None, "" | INDEX) => Ok((StatusCode::OK, NONE).into_response()),
        (None, _) => Err(nothing_here(&uri)),
    }
}

fn find(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, content)| *content)
}

/// Whether the other side can read what the build has squeezed.
fn takes_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').filter_map(|part| part.split(';').next()).any(|name| name.trim() == "br")
}

fn answer(name: &str, content: &'static [u8], asked: &HeaderMap) -> Response {
    let squeezed = find(&format!("{name}{BROTLI}")).filter(|_| takes_brotli(asked));
    let cache = if name.starts_with(HASHED) { FOR_EVER } else { ASK_AGAIN };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind(name))),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    let vary = [(header::VARY, HeaderValue::from_static("accept-encoding"))];
    match squeezed {
        Some(squeezed) => {
            let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("br"))];
            (headers, vary, encoding, squeezed).into_response()
        }
        None => (headers, vary, content).into_response(),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_squeezed_is_for_those_that_can_read_it() {
        let check = |accepted: &'static str, expected: bool| {
            let headers = [(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))].into_iter().collect();
            assert_eq!(takes_brotli(&headers), expected, "{accepted}");
        };
        check("gzip, deflate, br, zstd", true);
        check("br;q=0.5", true);
        check("gzip", false);
        check("brotli", false);
    }

    #[test]
    fn files_have_their_kind() {
        assert_eq!(kind("assets/index-3fa9.js"), "text/javascript; charset=utf-8");
        assert_eq!(kind("LICENSE"), "application/octet-stream");
    }

    #[tokio::test]
    async fn what_is_no_file_is_not_found() {
        let get = async |path: &'static str| serve(Method::GET, Uri::from_static(path), HeaderMap::new()).await;
        for path in ["/api/v1/nowhere", "/assets/gone.js"] {
            assert!(get(path).await.is_err(), "{path}");
        }
        assert!(serve(Method::POST, Uri::from_static("/"), HeaderMap::new()).await.is_err());
        assert_eq!(get("/").await.unwrap().status(), StatusCode::OK);
    }
}
