//! At the registration desk: a link, a phone whose hardware is judged, two codes, an active passkey.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    CLINICIAN,
    page::Page,
    workstation::Workstation,
    world::{Owner, World},
};
use crate::{failure::Failure, output::printable, phone::open::Link, progress::Progress};

/// What the desk showed of a registration that it let through.
pub(super) struct Registered {
    /// The code that phone and desk showed.
    pub(super) code: String,
    /// The verdict in words, such as “Accept with warnings”.
    pub(super) verdict: String,
    pub(super) checks: Vec<Check>,
    pub(super) took: Duration,
}

/// One line of the verdict.
pub(super) struct Check {
    title: String,
    grade: String,
    seen: String,
    why: String,
}

/// The whole chapter, at a workstation that has the desk open: the authority, who has just got a passkey,
/// signs in with it and issues one to a clinician.
pub(super) async fn register(
    world: &World,
    progress: Progress,
    desk: &mut impl Workstation,
) -> Result<Registered, Failure> {
    let started = Instant::now();
    desk.sign_in(Owner::Authority, "desk").await?;
    progress.of("desk").step("the registration authority is signed in");
    let link = issue(desk).await?;
    progress.of("desk").step("link made for the clinician, single use");

    let mut link = Link::at(&link, &world.certificate_file())?;
    let mut phone = world.phone(Owner::Clinician).await?;
    link.open().await?;
    progress.of("phone").step("link opened");
    let code = link.make(&mut phone).await?;
    progress.of("phone").step(format!("passkey made, code {code}"));

    let page = desk.wait_for("#confirm", "desk-codes").await?;
    let registered = compare(&page, code, started)?;
    progress.of("desk").step(format!("verdict: {}; code {}", registered.verdict, registered.code));
    desk.press("They match").await?;
    desk.wait_for(".desk-state--good", "desk-active").await?;
    link.wait(&registered.code).await?;
    progress.of("phone").step("the authenticator is active");
    Ok(registered)
}

/// The first authority of a new desk gets its passkey by a link of the service itself.
pub(super) async fn set_up(world: &World, progress: Progress) -> Result<(), Failure> {
    let mut link = Link::at(&world.set_up_link, &world.certificate_file())?;
    let mut phone = world.phone(Owner::Authority).await?;
    link.open().await?;
    let code = link.make(&mut phone).await?;
    link.wait(&code).await?;
    progress.of("desk").step("the registration authority has a passkey");
    Ok(())
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
fn compare(page: &Page, on_the_phone: String, started: Instant) -> Result<Registered, Failure> {
    let at_the_desk = page.first("#code").unwrap_or_default();
    if at_the_desk != on_the_phone {
        let problem = format!("the phone shows {on_the_phone} and the desk “{at_the_desk}”");
        return Err(Failure::new("comparing the codes", problem, "report this"));
    }
    let verdict = page.attribute("#verdict", "data-outcome").unwrap_or_default();
    Ok(Registered {
        code: on_the_phone,
        verdict,
        checks: page.rows("#checks tbody tr", "td").into_iter().filter_map(check).collect(),
        took: started.elapsed(),
    })
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
