//! Where the secrets of a hybrid ceremony are in memory: nowhere on the stack after each step, and nowhere at all
//! once the session is dropped. The ceremonies are those that were captured from a real Chromium and a real
//! iPhone, with all their secrets; without the harness there is one thread, whose stack and heap are all there is.
//!
//! What the secrets are, another process works out, so that no trace of it is in the memory that is searched.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(target_os = "linux")]
mod memory;

fn main() {
    #[cfg(target_os = "linux")]
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use core::time::Duration;
    use std::{env, fs, process::Command};

    use p256::{PublicKey, SecretKey, elliptic_curve::sec1::ToSec1Point};
    use ring::hkdf;
    use serde_json::Value;
    use wardkey_core::hybrid::{
        eid::Advert,
        post_handshake::PostHandshake,
        qr::{QrCode, RequestType},
        session::{
            Input, PhoneConfig, PhoneRandomness, PhoneSession, Session, WorkstationConfig,
            WorkstationRandomness, WorkstationRequest, WorkstationSession,
        },
        tunnel::RoutingId,
    };

    use super::memory::{far_down, found_on_heap, found_on_stack, masked, scrub};

    const PHONE: &str = "chromium-create";
    const WORKSTATION: &str = "iphone-get";

    /// What the workstation asked, between the type byte and the padding.
    const COMMAND: std::ops::Range<usize> = 1..57;

    pub(super) fn main() {
        let arguments: Vec<_> = env::args().collect();
        if let [_, command, fixture] = arguments.as_slice()
            && command == "secrets"
        {
            return print_secrets(fixture);
        }
        a_phone_leaves_no_secret();
        a_workstation_leaves_no_secret();
        a_workstation_that_is_called_off_leaves_no_secret();
    }

    struct Fixture(Value);

    impl Fixture {
        fn load(name: &str) -> Self {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/hybrid");
            let text = fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
            Self(serde_json::from_str(&text).unwrap())
        }

        fn text(&self, pointer: &str) -> &str {
            self.0.pointer(pointer).and_then(Value::as_str).expect(pointer)
        }

        fn bytes(&self, pointer: &str) -> Vec<u8> {
            hex::decode(self.text(pointer)).unwrap()
        }

        /// A secret, as it may be kept in memory that is searched.
        fn masked(&self, pointer: &str) -> Vec<u8> {
            masked_bytes(self.text(pointer))
        }
    }

    /// Reads hexadecimal digits without ever holding what they say.
    fn masked_bytes(digits: &str) -> Vec<u8> {
        let byte = |pair: &[u8]| {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).unwrap();
            masked(&[u8::try_from(16 * digit(0) + digit(1)).unwrap()])[0]
        };
        digits.as_bytes().chunks(2).map(byte).collect()
    }

    fn hkdf<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; N] {
        struct Length(usize);
        impl hkdf::KeyType for Length {
            fn len(&self) -> usize {
                self.0
            }
        }
        let mut output = [0; N];
        let key = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
        key.expand(&[info], Length(N)).unwrap().fill(&mut output).unwrap();
        output
    }

    /// What the noise of a handshake grows from, and everything it passes through.
    struct Handshake {
        chaining_key: [u8; 32],
        secrets: Vec<Vec<u8>>,
    }

    impl Handshake {
        fn mix(&mut self, material: &[u8]) {
            let output: [u8; 64] = hkdf(&self.chaining_key, material, &[]);
            self.chaining_key.copy_from_slice(&output[..32]);
            self.secrets.extend([output[..32].to_vec(), output[32..].to_vec()]);
        }

        /// `KNpsk0`, as Noise writes it: `psk, e` and `e, ee, se`.
        fn run(psk: &[u8], points: [&[u8]; 2], shared: [Vec<u8>; 2]) -> Vec<Vec<u8>> {
            let mut name = [0; 32];
            name[..31].copy_from_slice(b"Noise_KNpsk0_P256_AESGCM_SHA256");
            let output: [u8; 96] = hkdf(&name, psk, &[]);
            let mut handshake = Self { chaining_key: [0; 32], secrets: vec![psk.to_vec()] };
            handshake.chaining_key.copy_from_slice(&output[..32]);
            handshake.secrets.extend([output[..32].to_vec(), output[64..].to_vec()]);
            for material in points {
                handshake.mix(material);
            }
            for material in shared {
                handshake.mix(&material);
                handshake.secrets.push(material);
            }
            handshake.mix(&[]);
            handshake.secrets
        }
    }

    fn diffie_hellman(key: &SecretKey, point: &[u8]) -> Vec<u8> {
        let shared = key.diffie_hellman(&PublicKey::from_sec1_bytes(point).unwrap());
        shared.raw_secret_bytes().to_vec()
    }

    /// Every secret of a capture, in hexadecimal, one a line.
    fn print_secrets(name: &str) {
        let fixture = Fixture::load(name);
        let key = |name: &str| SecretKey::from_slice(&fixture.bytes(name)).unwrap();
        let point = |name: &str| fixture.bytes(name)[..65].to_vec();
        let (points, shared, own, qr_secret);
        if name == PHONE {
            let ephemeral = key("/input/phone_ephemeral_private");
            let cbor = fixture.bytes("/expect/qr_cbor");
            let identity = cbor[4..37].to_vec();
            qr_secret = cbor[39..55].to_vec();
            points = [point("/input/message1"), point("/expect/message2")];
            shared = [&points[0], &identity].map(|peer| diffie_hellman(&ephemeral, peer));
            own = vec![ephemeral];
        } else {
            let identity = key("/input/client_identity_private");
            let ephemeral = key("/input/client_ephemeral_private");
            qr_secret = fixture.bytes("/input/qr_secret");
            let sent = ephemeral.public_key().to_sec1_point(false).as_bytes().to_vec();
            points = [sent, point("/input/message2")];
            shared = [&ephemeral, &identity].map(|key| diffie_hellman(key, &points[1]));
            own = vec![identity, ephemeral];
        }
        let psk = fixture.bytes("/expect/psk");
        let mut secrets = Handshake::run(&psk, [&points[0], &points[1]], shared);
        for name in ["/expect/client_to_phone_key", "/expect/phone_to_client_key"] {
            assert!(secrets.contains(&fixture.bytes(name)), "this handshake is another one");
        }
        let eid_key: [u8; 64] = hkdf(&[], &qr_secret, &1_u32.to_le_bytes());
        secrets.extend(eid_key.chunks(32).map(<[u8]>::to_vec));
        secrets.extend(own.iter().map(|key| key.to_bytes().to_vec()));
        secrets.push(qr_secret);
        if name == WORKSTATION {
            secrets.push(fixture.bytes("/expect/request_padded")[COMMAND].to_vec());
        }
        // The nonce of the advert.
        secrets.push(fixture.bytes("/expect/eid_plaintext")[1..11].to_vec());
        for secret in secrets {
            println!("{}", hex::encode(secret));
        }
    }

    /// The secrets of a capture, masked, in the order of bytes in which they are written and in the other, in which
    /// a processor computes with them.
    struct Secrets(Vec<Vec<u8>>);

    impl Secrets {
        fn of(fixture: &str) -> Self {
            let mut command = Command::new(env::current_exe().unwrap());
            let output = command.args(["secrets", fixture]).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            let lines = String::from_utf8(output.stdout).unwrap();
            let secrets: Vec<_> = lines
                .lines()
                .map(masked_bytes)
                .flat_map(|secret| {
                    let other: Vec<_> = secret.iter().rev().copied().collect();
                    [secret, other]
                })
                // An allocator writes into the beginning of what is given back to it.
                .flat_map(|secret| secret.chunks(16).map(<[u8]>::to_vec).collect::<Vec<_>>())
                .collect();
            assert!(secrets.len() > 30, "{}", secrets.len());
            Self(secrets)
        }

        fn found(&self, search: impl Fn(&[u8]) -> usize) -> Vec<String> {
            let shown = |secret: &Vec<u8>| hex::encode(masked(secret));
            self.0.iter().filter(|secret| search(secret) > 0).map(shown).collect()
        }

        fn are_not_on_the_stack(&self, when: &str) {
            let found = self.found(found_on_stack);
            assert!(found.is_empty(), "on the stack after {when}: {found:?}");
        }

        fn are_on_the_heap(&self, when: &str) {
            let seen = self.0.iter().any(|secret| found_on_heap(secret) > 0);
            assert!(seen, "the search sees nothing after {when}");
        }

        fn are_not_on_the_heap(&self) {
            let found = self.found(found_on_heap);
            assert!(found.is_empty(), "they stayed on the heap: {found:?}");
        }
    }

    fn array<const N: usize>(masked_bytes: &[u8]) -> [u8; N] {
        let mut array = [0; N];
        for (target, source) in array.iter_mut().zip(masked_bytes) {
            *target = masked(&[*source])[0];
        }
        array
    }

    /// One step of a session, and the look at the stack after it.
    fn step(session: &mut dyn Session, secrets: &Secrets, input: Input, when: &str) {
        tell(session, input);
        secrets.are_not_on_the_stack(when);
    }

    fn tell(session: &mut dyn Session, input: Input) {
        far_down(|| {
            session.handle(Duration::ZERO, input);
            while session.poll_output().is_some() {}
        });
    }

    fn a_phone_leaves_no_secret() {
        let secrets = Secrets::of(PHONE);
        let fixture = Fixture::load(PHONE);
        let ephemeral = fixture.masked("/input/phone_ephemeral_private");
        let nonce = fixture.masked("/expect/eid_plaintext")[1..11].to_vec();
        let introduction = fixture.bytes("/input/frames/0/plaintext");
        let mut config = PhoneConfig::new(vec![]);
        config.introduction = PostHandshake::decode(&introduction).unwrap();
        let mut phone = far_down(|| {
            let randomness = PhoneRandomness::new(array(&ephemeral), array(&nonce)).unwrap();
            let code = QrCode::parse(fixture.text("/input/qr")).unwrap();
            Box::new(PhoneSession::new(code, randomness, Duration::ZERO, config))
        });
        scrub();
        secrets.are_not_on_the_stack("the phone was told what it needs");
        secrets.are_on_the_heap("the phone was told what it needs");

        let routing_id = Some(RoutingId(fixture.bytes("/input/routing_id").try_into().unwrap()));
        step(&mut *phone, &secrets, Input::TunnelOpened { routing_id }, "the advert");
        let message = Input::TunnelMessage(fixture.bytes("/input/message1"));
        step(&mut *phone, &secrets, message, "the handshake");
        let command = Input::TunnelMessage(fixture.bytes("/input/frames/1/ciphertext"));
        step(&mut *phone, &secrets, command, "the command");
        secrets.are_on_the_heap("the command");
        step(&mut *phone, &secrets, Input::Response(vec![0, 0xa0]), "the answer");
        far_down(|| drop(phone));
        secrets.are_not_on_the_stack("the end");
        secrets.are_not_on_the_heap();
    }

    /// A workstation that waits with its command, and what happens to it until it is answered.
    fn workstation(fixture: &Fixture) -> (Box<WorkstationSession>, [(Input, &'static str); 5]) {
        let [identity, ephemeral, secret] =
            ["client_identity_private", "client_ephemeral_private", "qr_secret"]
                .map(|name| fixture.masked(&format!("/input/{name}")));
        let command = fixture.masked("/expect/request_padded")[COMMAND].to_vec();
        let workstation = far_down(|| {
            let [identity, ephemeral] = [array(&identity), array(&ephemeral)];
            let randomness =
                WorkstationRandomness::new(identity, ephemeral, array(&secret)).unwrap();
            let request = WorkstationRequest {
                // No longer masked.
                command: masked(&command),
                request_type: RequestType::GetAssertion,
            };
            let config = WorkstationConfig::default();
            Box::new(WorkstationSession::new(randomness, request, Duration::ZERO, config))
        });
        scrub();
        assert!(found_on_heap(&command) > 0, "the search sees a command that waits");
        let message = |name: &str| Input::TunnelMessage(fixture.bytes(&format!("/input/{name}")));
        let advert = Advert::from_service_data(&fixture.bytes("/input/advert")).unwrap();
        let inputs = [
            (Input::AdvertSeen(advert), "the advert"),
            (Input::TunnelOpened { routing_id: None }, "its half of the handshake"),
            (message("message2"), "the handshake"),
            (message("introduction_ciphertext"), "the introduction"),
            (message("response_ciphertext"), "the answer"),
        ];
        (workstation, inputs)
    }

    fn a_workstation_leaves_no_secret() {
        let secrets = Secrets::of(WORKSTATION);
        let fixture = Fixture::load(WORKSTATION);
        let (mut workstation, inputs) = workstation(&fixture);
        secrets.are_not_on_the_stack("the workstation was told what it needs");
        for (input, when) in inputs {
            secrets.are_on_the_heap(when);
            step(&mut *workstation, &secrets, input, when);
        }
        assert_eq!(workstation.poll_timeout(), None, "it was the right handshake");
        far_down(|| drop(workstation));
        secrets.are_not_on_the_stack("the end");
        secrets.are_not_on_the_heap();
    }

    fn a_workstation_that_is_called_off_leaves_no_secret() {
        let secrets = Secrets::of(WORKSTATION);
        let fixture = Fixture::load(WORKSTATION);
        for steps in 0..5 {
            let (mut workstation, inputs) = workstation(&fixture);
            for (input, _) in inputs.into_iter().take(steps) {
                tell(&mut *workstation, input);
            }
            tell(&mut *workstation, Input::Cancel);
            assert_eq!(workstation.poll_timeout(), None, "it is over");
            far_down(|| drop(workstation));
            secrets.are_not_on_the_stack("it was called off");
            secrets.are_not_on_the_heap();
        }
    }
}
