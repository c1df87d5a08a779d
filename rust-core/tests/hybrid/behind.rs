//! What is behind the phone's session: somebody who answers its commands.

/// What the phone's session passes commands on to.
pub(crate) trait Behind {
    fn begin(&mut self, command: Vec<u8>);
    /// The person at the phone has decided; the answer, if there still is one to give.
    fn decide(&mut self) -> Option<Vec<u8>>;
    fn cancel(&mut self);
}

/// Answers one command, even when nobody waits for it any more.
pub(crate) struct Script {
    pub(crate) command: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

impl Behind for Script {
    fn begin(&mut self, command: Vec<u8>) {
        assert_eq!(command, self.command);
    }

    fn decide(&mut self) -> Option<Vec<u8>> {
        Some(self.answer.clone())
    }

    fn cancel(&mut self) {}
}
