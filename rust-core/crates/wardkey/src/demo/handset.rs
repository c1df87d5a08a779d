//! What the clinician opens a registration link with.

use super::world::{Owner, World};
use crate::{
    failure::Failure,
    phone::{HostPhone, open},
};

/// A browser at hand, before it has a link.
pub(super) trait Handset {
    /// Opens a registration link and goes on to where the passkey can be made.
    async fn open(self, link: &str) -> Result<impl OpenLink, Failure>;
}

/// A registration link in the browser that opened it.
pub(super) trait OpenLink {
    /// Makes the passkey. Gives the code to compare, which the phone shows.
    async fn make(&mut self) -> Result<String, Failure>;

    /// Waits until the registration authority has found the same `code` at the desk.
    async fn wait(&mut self, code: &str) -> Result<(), Failure>;
}

/// The clinician's phone with its own browser.
pub(super) struct PhoneInHand<'a>(pub(super) &'a World);

/// A link that the phone itself has opened.
struct OnThePhone {
    link: open::Link,
    phone: HostPhone,
}

impl Handset for PhoneInHand<'_> {
    async fn open(self, link: &str) -> Result<impl OpenLink, Failure> {
        let Self(world) = self;
        let mut link = open::Link::at(link, &world.certificate_file())?;
        let phone = world.phone(Owner::Clinician).await?;
        link.open().await?;
        Ok(OnThePhone { link, phone })
    }
}

impl OpenLink for OnThePhone {
    async fn make(&mut self) -> Result<String, Failure> {
        self.link.make(&mut self.phone).await
    }

    async fn wait(&mut self, code: &str) -> Result<(), Failure> {
        self.link.wait(code).await.map(drop)
    }
}
