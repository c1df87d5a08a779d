//! Styles and behaviour of the pages, built into the program.

use axum::{
    extract::Path,
    http::{
        HeaderName,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};

use crate::refusal::Refusal;

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Changes with the program only, so a browser may keep it for a while.
const KEEP: (HeaderName, &str) = (CACHE_CONTROL, "max-age=3600");

pub(crate) async fn asset(Path(name): Path<String>) -> Result<Response, Refusal> {
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
    Ok(([(CONTENT_TYPE, kind), KEEP], content).into_response())
}
