//! At the registration desk: its authority registers through a QR code, and issues a link to a phone whose
//! hardware is judged; two codes, an active passkey.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    CLINICIAN,
    handset::{Handset, OpenLink},
    page::Page,
    workstation::Workstation,
    world::{Owner, World},
};
use crate::{failure::Failure, output::printable, progress::Progress};

/// How the first authority got a passkey.
pub(super) struct SetUp {
    /// The code that phone and page showed.
    pub(super) code: String,
    pub(super) took: Duration,
}

/// What the desk showed of a registration that it let through.
pub(super) struct Registered {
    /// The code that phone and desk showed.
    pub(super) code: String,
    /// The verdict in words, such as “Accept with warnings”.
    pub(super) verdict: String,
    pub(super) checks: Vec<Check>,
    /// From the authority's sign-in to the active authenticator.
    pub(super) took: Duration,
}

/// One line of the verdict.
pub(super) struct Check {
    title: String,
    grade: String,
    seen: String,
    why: String,
}

/// The second chapter, at a workstation that has the desk open: the authority, who has just got a passkey,
/// signs in with it and issues one to a clinician.
pub(super) async fn register(
    progress: Progress,
    desk: &mut impl Workstation,
    handset: impl Handset,
) -> Result<Registered, Failure> {
    let started = Instant::now();
    desk.sign_in(Owner::Authority, "desk").await?;
    progress.of("desk").step("the registration authority is signed in");
    let link = issue(desk).await?;
    progress.of("desk").step("link made for the clinician, single use");

    let mut link = handset.open(&link).await?;
    progress.of("clinician").step("link opened");
    let code = link.make().await?;
    progress.of("phone").step(format!("passkey made, code {code}"));

    let page = desk.wait_for("#confirm", "desk-codes").await?;
    let registered = compare(&page, code)?;
    progress.of("desk").step(format!("verdict: {}; code {}", registered.verdict, registered.code));
    desk.press("They match").await?;
    desk.wait_for(".desk-state--good", "desk-active").await?;
    link.wait(&registered.code).await?;
    progress.of("phone").step("the authenticator is active");
    Ok(Registered { took: started.elapsed(), ..registered })
}

/// The first authority of a new desk gets its passkey by a link of the service itself, opened at the
/// workstation: the passkey is made on the phone that scans the workstation's code.
pub(super) async fn set_up(
    world: &World,
    progress: Progress,
    desk: &mut impl Workstation,
) -> Result<SetUp, Failure> {
    let started = Instant::now();
    desk.arrive("Register your passkey", "set-up-link").await?;
    desk.press("Continue").await?;
    progress.of("desk").step("the registration authority opens a link of the service itself");
    let code = desk.create(Owner::Authority, "set-up").await?;
    let page = desk.wait_for("#witness:not([hidden])", "set-up-codes").await?;
    same_codes(&page, "#witness", &code)?;
    progress.of("desk").step(format!("phone and page show the code {code}"));
    desk.agree().await?;
    desk.wait_for("#enrol[data-state=active]", "set-up-active").await?;
    progress.of("desk").step("the registration authority has a passkey");
    desk.go(&world.page("/desk")?).await?;
    Ok(SetUp { code, took: started.elapsed() })
}

/// Goes from the search to the link, as an authority does.
async fn issue(desk: &mut impl Workstation) -> Result<String, Failure> {
    desk.arrive("Find a user", "desk-find").await?;
    desk.fill("q", CLINICIAN.name).await?;
    desk.press("Find").await?;
    desk.wait_for(".desk-list a", "desk-found").await?;
    desk.press(CLINICIAN.display_name).await?;
    desk.arrive(CLINICIAN.display_name, "desk-profile").await?;
    desk.press("Issue other authenticator").await?;
    desk.arrive("Issue other authenticator", "desk-issue").await?;
    desk.press("Passkey").await?;
    desk.wait_for("form button", "desk-instructions").await?;
    desk.press("Generate link").await?;
    let issued = desk.wait_for("#link-text", "desk-link").await?;
    Ok(issued.attribute("#link-text", "value").unwrap_or_default())
}

/// What an authority does before the last button: looks whether the codes are the same.
fn compare(page: &Page, on_the_phone: String) -> Result<Registered, Failure> {
    same_codes(page, "#code", &on_the_phone)?;
    let verdict = page.attribute("#verdict", "data-outcome").unwrap_or_default();
    Ok(Registered {
        code: on_the_phone,
        verdict,
        checks: page.rows("#checks tbody tr", "td").into_iter().filter_map(check).collect(),
        took: Duration::ZERO,
    })
}

fn same_codes(page: &Page, selector: &str, on_the_phone: &str) -> Result<(), Failure> {
    let on_the_page = page.first(selector).unwrap_or_default();
    if on_the_page == on_the_phone {
        return Ok(());
    }
    let problem = format!("the phone shows {on_the_phone} and the page “{on_the_page}”");
    Err(Failure::new("comparing the codes", problem, "report this"))
}

fn check(cells: Vec<String>) -> Option<Check> {
    let [title, grade, seen, why] = cells.try_into().ok()?;
    Some(Check { title, grade, seen, why })
}

impl Registered {
    pub(super) fn as_json(&self) -> Value {
        let checks = self.checks.iter().map(|check| {
            let Check { title, grade, seen, why } = check;
            json!({"title": title, "grade": grade, "seen": seen, "why": why})
        });
        json!({
            "code": self.code,
            "verdict": self.verdict,
            "checks": checks.collect::<Vec<_>>(),
        })
    }

    /// The verdict, line by line.
    pub(super) fn summary(&self) -> String {
        let line = |check: &Check| {
            let Check { title, grade, seen, .. } = check;
            format!("  {grade:<8} {title:<28} {}\n", printable(seen))
        };
        self.checks.iter().map(line).collect()
    }
}
