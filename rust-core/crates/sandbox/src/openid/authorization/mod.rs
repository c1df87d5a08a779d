//! The authorization endpoint's decisions, without a page, a database or a clock in them.
//!
//! [`request`] reads what an application asks, [`step`] decides what has to happen next, and
//! [`answer`] is how the browser goes back.

pub(crate) mod answer;
pub(crate) mod request;
pub(crate) mod step;
