//! The hostile wire with a real authenticator and key store at its end: whatever becomes of a registration,
//! there is never half a passkey, and the ones that were there are as they were.

use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
};
use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use wardkey_core::{
    authenticator::{
        Account, AttestationFormat, Authenticator, Moment, Notice, Settings, UserError,
        UserInterface,
    },
    ctap::{
        get_assertion, make_credential,
        request::{CredentialDescriptor, RelyingParty, User},
    },
    hybrid::{
        Stage::{AwaitingResponse, AwaitingUser, ShuttingDown},
        qr::RequestType,
        session::{Input, TunnelViolation, WorkstationRequest},
    },
    keystore::{
        KeyAlias, KeyError, Prompt, UserVerified,
        software::{KeyRecord, KeyRecords, MemoryRecords, SoftwareKeys, TestAttestation},
    },
    store::{Credential, SnapshotStorage},
};

use crate::agreeable::{Memory, run};
use crate::behind::Behind;
use crate::hostile::WIRE;
use crate::pair::{Fault, Phone, Workstation, World};

const RP: &str = "example.org";
const NOW: u64 = 1_767_225_600;

/// Made once: what vouches for keys is not at issue here.
static ATTESTATION: LazyLock<Vec<u8>> =
    LazyLock::new(|| TestAttestation::generate(NOW).unwrap().to_bytes().to_vec());

#[derive(Clone, Default)]
struct Keys(Arc<MemoryRecords>);

impl KeyRecords for Keys {
    fn load(&self) -> Result<Vec<KeyRecord>, KeyError> {
        self.0.load()
    }

    fn save(&self, alias: &KeyAlias, private_key: &[u8]) -> Result<(), KeyError> {
        self.0.save(alias, private_key)
    }

    fn remove(&self, alias: &KeyAlias) -> Result<(), KeyError> {
        self.0.remove(alias)
    }
}

/// What a phone keeps when it is switched off.
#[derive(Clone, Default)]
struct Kept {
    list: Memory,
    keys: Keys,
}

/// The bytes of the list, and of every key.
#[derive(Debug, PartialEq, Eq)]
struct Contents {
    list: Vec<u8>,
    keys: Vec<(KeyAlias, Vec<u8>)>,
}

type HostPhone = Authenticator<SoftwareKeys<Keys>, Memory, Person>;

impl Kept {
    fn contents(&self) -> Contents {
        let keys = self.keys.load().unwrap();
        let keys = keys.into_iter().map(|key| (key.alias, key.private_key.to_vec())).collect();
        Contents { list: run(self.list.load()).unwrap().unwrap(), keys }
    }

    /// Another phone that keeps the same.
    fn copy(&self) -> Self {
        let copy = Self::default();
        let Contents { list, keys } = self.contents();
        run(copy.list.replace(&list)).unwrap();
        for (alias, key) in keys {
            copy.keys.save(&alias, &key).unwrap();
        }
        copy
    }

    fn switch_on(&self, person: &Person) -> HostPhone {
        let attestation = TestAttestation::from_bytes(&ATTESTATION).unwrap();
        let keys = SoftwareKeys::open(self.keys.clone(), attestation, || NOW).unwrap();
        let settings = Settings::test(AttestationFormat::AndroidKey);
        run(Authenticator::open(keys, self.list.clone(), person.clone(), settings)).unwrap()
    }
}

/// Agrees to everything at once, but is verified only when the finger is on the sensor.
#[derive(Clone, Default)]
struct Person {
    finger: Arc<AtomicBool>,
}

impl Person {
    fn with_finger_on_the_sensor() -> Self {
        let person = Self::default();
        person.verifies();
        person
    }

    fn verifies(&self) {
        self.finger.store(true, Ordering::Relaxed);
    }
}

impl UserInterface for Person {
    async fn consent(&self, _: &Prompt) -> Result<(), UserError> {
        Ok(())
    }

    async fn choose(&self, _: &str, _: &[Account]) -> Result<usize, UserError> {
        Ok(0)
    }

    async fn verify(&self, _: &Prompt) -> Result<UserVerified, UserError> {
        poll_fn(
            |_| {
                if self.finger.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
            },
        )
        .await;
        Ok(UserVerified::by_user_interface())
    }

    async fn inform(&self, _: &str, _: Notice) -> Result<(), UserError> {
        Ok(())
    }
}

type Ceremony = Pin<Box<dyn Future<Output = Vec<u8>>>>;

/// The authenticator and its ceremony, which nothing but the session's word ends early.
struct Real {
    kept: Kept,
    person: Person,
    phone: Option<HostPhone>,
    ceremony: Option<Ceremony>,
}

impl Real {
    fn new(kept: Kept) -> Self {
        let person = Person::default();
        let phone = Some(kept.switch_on(&person));
        Self { kept, person, phone, ceremony: None }
    }
}

fn poll(ceremony: &mut Ceremony) -> Poll<Vec<u8>> {
    ceremony.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

impl Behind for Real {
    fn begin(&mut self, command: Vec<u8>) {
        let mut phone = self.phone.take().expect("one command in a tunnel");
        let keys = self.kept.contents().keys.len();
        let mut ceremony: Ceremony =
            Box::pin(async move { phone.handle(moment(9), &command).await });
        assert!(poll(&mut ceremony).is_pending(), "the person has to be verified");
        let made = self.kept.contents().keys.len() - keys;
        assert_eq!(made, 1, "the key is there while the person is waited for");
        self.ceremony = Some(ceremony);
    }

    fn decide(&mut self) -> Option<Vec<u8>> {
        let mut ceremony = self.ceremony.take()?;
        self.person.verifies();
        match poll(&mut ceremony) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => panic!("there is nothing more to wait for"),
        }
    }

    fn cancel(&mut self) {
        self.ceremony = None;
    }
}

fn moment(n: u8) -> Moment {
    Moment { now: NOW + u64::from(n), entropy: [n; 32] }
}

fn registration(user: &[u8]) -> Vec<u8> {
    let rp = RelyingParty { id: RP.into(), name: None };
    let user = User { id: user.into(), name: Some("Test clinician".into()), display_name: None };
    let mut request = make_credential::Request::new([0x0a; 32], rp, user);
    request.options.discoverable = Some(true);
    [vec![1], request.encode()].concat()
}

const NURSE: &[u8] = b"nurse";
const CLINICIAN: &[u8] = b"clinician";

/// A phone with a passkey for either account. The clinician's is about to be replaced.
fn phone_with_passkeys() -> Kept {
    let kept = Kept::default();
    let mut phone = kept.switch_on(&Person::with_finger_on_the_sensor());
    for (n, user) in [(1, NURSE), (2, CLINICIAN)] {
        assert_eq!(run(phone.handle(moment(n), &registration(user)))[0], 0);
    }
    kept
}

fn register(kept: &Kept, fault: Fault) -> World {
    let real = Real::new(kept.clone());
    let info = real.phone.as_ref().unwrap().info();
    let command = registration(CLINICIAN);
    let request = WorkstationRequest { command, request_type: RequestType::MakeCredential };
    World::with(Some(fault), request, &info, Box::new(real))
}

/// Checks that this passkey of a phone that was switched on again signs.
fn assert_signs(kept: &Kept, credential: &Credential) {
    let mut request = get_assertion::Request::new(RP, [0x0b; 32]);
    request.allow_list = Some(vec![CredentialDescriptor::new(credential.id.clone())]);
    let message = [vec![2], request.encode()].concat();
    let mut phone = kept.copy().switch_on(&Person::with_finger_on_the_sensor());
    assert_eq!(run(phone.handle(moment(10), &message))[0], 0);
}

/// Checks what a registration left on a phone that kept `before`, and which `succeeded` or not.
fn check(before: &Kept, after: &Kept, succeeded: bool, what: &str) {
    let person = Person::default();
    // Switching a phone on sweeps what nobody needs: so look before that.
    let contents = after.contents();
    let (old, new) = (before.copy().switch_on(&person), after.copy().switch_on(&person));
    let (old, new) = (old.credentials(), new.credentials());
    if succeeded {
        assert_eq!(new.len(), 2, "{what}");
        assert_eq!(new[0], old[0], "{what}: the nurse's is as it was");
        assert_ne!(new[1].id, old[1].id, "{what}: the clinician's was replaced");
        assert_eq!(new[1].user.id, CLINICIAN);
    } else {
        assert_eq!(contents, before.contents(), "{what}");
    }
    let mut aliases: Vec<_> = new.iter().map(Credential::key_alias).collect();
    aliases.sort();
    let keys: Vec<_> = contents.keys.into_iter().map(|(alias, _)| alias).collect();
    assert_eq!(keys, aliases, "{what}: a key for every passkey, and no other");
    for credential in new {
        assert_signs(after, credential);
    }
}

#[test]
fn a_hostile_wire_leaves_whole_passkeys_only() {
    let before = phone_with_passkeys();
    for (sender, index, kind, phone, workstation) in WIRE {
        for mischief in kind.all() {
            let what = format!("{mischief:?} of {sender:?}'s message {index}");
            let kept = before.copy();
            let mut world = register(&kept, Fault::Wire(sender, index, mischief));
            assert_eq!(world.run(), [phone, workstation], "{what}");
            let answered = world.response.take().is_some_and(|response| response[0] == 0);
            assert_eq!(answered, workstation.is_ok(), "{what}");
            check(&before, &kept, phone.is_ok(), &what);
        }
    }
}

#[test]
fn whatever_interrupts_the_person_leaves_whole_passkeys_only() {
    let before = phone_with_passkeys();
    let interruptions = [
        Fault::Deaf(Phone, AwaitingUser),
        Fault::Happens(Phone, AwaitingUser, Input::Cancel),
        Fault::Happens(Phone, AwaitingUser, Input::TunnelClosed),
        Fault::Happens(Phone, AwaitingUser, Input::TunnelViolation(TunnelViolation::Text)),
        Fault::Happens(Phone, AwaitingUser, Input::TunnelMessage(vec![0; 48])),
        Fault::Happens(Workstation, AwaitingResponse, Input::Cancel),
        Fault::Happens(
            Workstation,
            AwaitingResponse,
            Input::TunnelViolation(TunnelViolation::Text),
        ),
    ];
    for fault in interruptions {
        let (kept, what) = (before.copy(), format!("{fault:?}"));
        let [phone, _] = register(&kept, fault).run();
        assert_eq!(phone.map_err(|(_, stage)| stage), Err(AwaitingUser), "{what}");
        check(&before, &kept, false, &what);
    }
    // Once it has answered, the passkey is there, whoever hears of it.
    for input in [Input::Cancel, Input::TunnelClosed] {
        let kept = before.copy();
        let fault = Fault::Happens(Phone, ShuttingDown, input.clone());
        assert_eq!(register(&kept, fault).run()[0], Ok(()), "{input:?}");
        check(&before, &kept, true, &format!("{input:?} after the answer"));
    }
}
