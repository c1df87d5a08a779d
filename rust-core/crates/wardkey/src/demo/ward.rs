//! On the ward: a clinician signs in to an application by QR code, at the level it demands, and out again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    CLINICIAN,
    workstation::Workstation,
    world::{Owner, World},
};
use crate::{failure::Failure, output::printable, progress::Progress};

/// What the application showed.
pub(super) struct SignedIn {
    level: String,
    role: String,
    /// The claims of the ID token, by name.
    claims: Vec<[String; 2]>,
    /// Signing out again included.
    pub(super) took: Duration,
}

/// The whole chapter, at a workstation that has the application open.
pub(super) async fn sign_in(
    world: &World,
    progress: Progress,
    ward: &mut impl Workstation,
) -> Result<SignedIn, Failure> {
    let started = Instant::now();
    ward.arrive("Sample application", "application").await?;
    ward.press("Sign in").await?;
    progress.of("application").step("asks for a sign-in of level 3 and a role");
    ward.sign_in(Owner::Clinician, "ward").await?;
    ward.arrive("Choose a role", "ward-roles").await?;
    ward.choose("role").await?;
    ward.press("Continue").await?;
    let heading = format!("Signed in as {}", CLINICIAN.display_name);
    let page = ward.arrive(&heading, "application-signed-in").await?;
    progress.of("application").step("the clinician is in");
    let claims = page.rows("table:first-of-type tbody tr", "td").into_iter().filter_map(pair);
    let (level, role) = (page.first("#level"), page.first("#role"));
    sign_out(world, progress, ward).await?;
    Ok(SignedIn {
        level: level.unwrap_or_default(),
        role: role.unwrap_or_default(),
        claims: claims.collect(),
        took: started.elapsed(),
    })
}

/// The clinician signs out where they signed in, and the application hears of it by back channel.
async fn sign_out(
    world: &World,
    progress: Progress,
    ward: &mut impl Workstation,
) -> Result<(), Failure> {
    ward.open_until(&world.page("/session")?, "You are signed in", "ward-session").await?;
    ward.press("Sign out").await?;
    ward.arrive("Sign in", "ward-signed-out").await?;
    progress.of("sandbox").step("the session is over");
    let told = "You were signed out";
    ward.open_until(&world.application, told, "application-signed-out").await?;
    progress.of("application").step("heard of it by back channel");
    Ok(())
}

fn pair(row: Vec<String>) -> Option<[String; 2]> {
    row.try_into().ok()
}

impl SignedIn {
    pub(super) fn as_json(&self) -> Value {
        let claims = self.claims.iter().map(|[name, value]| (name.clone(), json!(value)));
        let claims: serde_json::Map<_, _> = claims.collect();
        json!({"level": self.level, "role": self.role, "claims": claims})
    }

    /// What the ID token says, line by line.
    pub(super) fn summary(&self) -> String {
        let line = |[name, value]: &[String; 2]| format!("  {name:<30} {}\n", printable(value));
        self.claims.iter().map(line).collect()
    }
}
