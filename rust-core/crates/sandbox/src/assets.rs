//! Styles and behaviour of the pages, built into the program.

use axum::{
    extract::Path,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};
use ring::digest::{SHA256, digest};

use crate::refusal::Refusal;

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A page and its scripts have to be of one program: a browser asks each time whether what it has is still
/// good.
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

pub(crate) async fn asset(
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (kind, content) = match name.as_str() {
        // From the npm package nhsuk-frontend; see build.rs.
        "nhsuk-frontend.css" => {
            (CSS, include_str!(concat!(env!("OUT_DIR"), "/nhsuk-frontend.css")))
        }
        "nhsuk-frontend.js" => {
            (JAVASCRIPT, include_str!(concat!(env!("OUT_DIR"), "/nhsuk-frontend.js")))
        }
        "sandbox.css" => (CSS, include_str!("../web/pages/sandbox.css")),
        "sandbox.js" => (JAVASCRIPT, include_str!("../web/pages/sandbox.js")),
        "login.js" => (JAVASCRIPT, include_str!("../web/pages/openid/login.js")),
        "desk.js" => (JAVASCRIPT, include_str!("../web/pages/desk/desk.js")),
        "enrol.js" => (JAVASCRIPT, include_str!("../web/pages/enrol/enrol.js")),
        "icon.svg" => (SVG, include_str!("../web/pages/icon.svg")),
        _ => return Err(Refusal::NoSuchPage),
    };
    let tag = format!("\"{}\"", hex::encode(digest(&SHA256, content.as_bytes())));
    let has_it = headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if has_it {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, kind)], content).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, ASK);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    Ok(response)
}
