//! What people do at a workstation, whichever browser it has.

use reqwest::Url;

use super::{page::Page, world::Owner};
use crate::failure::Failure;

/// A workstation with one page open.
pub(super) trait Workstation {
    /// Expects a page with that heading and reads it. `name` is for its picture.
    async fn arrive(&mut self, heading: &str, name: &str) -> Result<Page, Failure>;

    /// Fills in a field of the page.
    async fn fill(&mut self, field: &str, value: &str) -> Result<(), Failure>;

    /// Takes the first of the choices that the page gives for a field.
    async fn choose(&mut self, field: &str) -> Result<(), Failure>;

    /// Presses the link or button that says `words`.
    async fn press(&mut self, words: &str) -> Result<(), Failure>;

    /// Waits until the page shows what `selector` finds and reads it.
    async fn wait_for(&mut self, selector: &str, name: &str) -> Result<Page, Failure>;

    /// Opens an address.
    async fn go(&mut self, address: &Url) -> Result<(), Failure>;

    /// Opens an address, again and again until the page has that heading.
    async fn open_until(&mut self, address: &Url, heading: &str, name: &str)
    -> Result<(), Failure>;

    /// Makes a passkey on the page behind a registration link, which shows a QR code for the phone. Gives
    /// the code to compare that the phone shows afterwards.
    async fn create(&mut self, owner: Owner, name: &str) -> Result<String, Failure>;

    /// Says on the page behind a link of the service itself that it shows the same code as the phone.
    async fn agree(&mut self) -> Result<(), Failure>;

    /// Signs somebody in on the sign-in page, which shows a code for their phone.
    async fn sign_in(&mut self, owner: Owner, name: &str) -> Result<(), Failure>;
}
