// What a ceremony needs around an authenticator where nobody and nothing has to be waited for: a person who
// agrees to everything, a snapshot in memory, and an executor. Examples of the documentation include this
// file, which is why it begins without `//!`.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use wardkey_core::{
    authenticator::{Account, Notice, UserError, UserInterface},
    keystore::{Prompt, UserVerified},
    store::{SnapshotStorage, StorageError},
};

/// Agrees to everything.
pub(crate) struct Willing;

impl UserInterface for Willing {
    async fn consent(&self, _: &Prompt) -> Result<(), UserError> {
        Ok(())
    }

    async fn choose(&self, _: &str, _: &[Account]) -> Result<usize, UserError> {
        Ok(0)
    }

    async fn verify(&self, _: &Prompt) -> Result<UserVerified, UserError> {
        Ok(UserVerified::by_user_interface())
    }

    async fn inform(&self, _: &str, _: Notice) -> Result<(), UserError> {
        Ok(())
    }
}

/// Never fails, and is the same in every clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(Arc<Mutex<Option<Vec<u8>>>>);

impl SnapshotStorage for Memory {
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn replace(&self, snapshot: &[u8]) -> Result<(), StorageError> {
        *self.0.lock().unwrap() = Some(snapshot.to_vec());
        Ok(())
    }
}

/// Runs a ceremony with them to its end.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}
