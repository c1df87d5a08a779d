//! How long whole ceremonies take through everything but a network and a person: driver, TLS, WebSocket, tunnel
//! service, loopback radio, both sessions, and a real authenticator with its keys and passkeys in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../../../tests/agreeable/mod.rs"]
mod agreeable;

use agreeable::{Memory, Willing, run};
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::future::{BoxFuture, FutureExt};
use std::{future::pending, sync::LazyLock};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wardkey_core::{
    authenticator::{AttestationFormat, Authenticator, Moment, Settings},
    ctap::{
        get_assertion, make_credential,
        request::{RelyingParty, User},
    },
    hybrid::{
        qr::{QrCode, RequestType},
        session::{PhoneConfig, WorkstationConfig, WorkstationRequest},
    },
    keystore::software::{MemoryRecords, SoftwareKeys, TestAttestation},
};
use wardkey_driver::{
    CtapHandler, Phone, PhonePorts, TunnelAccess, Workstation, WorkstationPorts,
    radio::loopback::Loopback,
};
use wardkey_local_tls::Authority;
use wardkey_tunnel::{Limits, Tunnel};

const NOW: u64 = 1_767_225_600;
const RP: &str = "example.org";
const MAKE_CREDENTIAL: u8 = 1;
const GET_ASSERTION: u8 = 2;

/// An authenticator whose registrations each have an entropy of their own.
struct Wallet {
    authenticator: Authenticator<SoftwareKeys<MemoryRecords>, Memory, Willing>,
    ceremonies: u64,
}

impl Wallet {
    fn new() -> Self {
        let attestation = TestAttestation::generate(NOW).unwrap();
        let keys = SoftwareKeys::open(MemoryRecords::default(), attestation, || NOW).unwrap();
        let settings = Settings::test(AttestationFormat::AndroidKey);
        let opened = run(Authenticator::open(keys, Memory::default(), Willing, settings));
        Self { authenticator: opened.unwrap(), ceremonies: 0 }
    }
}

impl CtapHandler for Wallet {
    fn handle(&mut self, command: Vec<u8>) -> BoxFuture<'_, Vec<u8>> {
        self.ceremonies += 1;
        let mut entropy = [0; 32];
        entropy[..8].copy_from_slice(&self.ceremonies.to_be_bytes());
        let moment = Moment { now: NOW, entropy };
        async move { self.authenticator.handle(moment, &command).await }.boxed()
    }
}

/// A tunnel service, and the air between phone and workstation.
struct World {
    access: TunnelAccess,
    air: Loopback,
    wallet: Wallet,
}

impl World {
    /// Within a runtime.
    fn start() -> Self {
        let authority = Authority::generate().unwrap();
        let identity = authority.issue(&["cable.ua5v.com"]).unwrap();
        // All of them are this machine's, and more a minute than any phone opens.
        let limits = Limits { tunnels_per_peer: usize::MAX, ..Limits::default() };
        let tunnel = Tunnel::bind(([127, 0, 0, 1], 0).into(), &identity, limits).unwrap();
        let address = tunnel.local_addr().to_string().parse().unwrap();
        tokio::spawn(tunnel.serve(pending()));
        let access = TunnelAccess::trusting(authority.certificate_pem().as_bytes()).unwrap();
        Self { access: access.connecting_to(address), air: Loopback::new(), wallet: Wallet::new() }
    }

    /// From a new code to the answer, whose status must be success.
    async fn ceremony(&mut self, command: &[u8], request_type: RequestType) {
        let request = WorkstationRequest { command: command.to_vec(), request_type };
        let workstation = Workstation::new(request, WorkstationConfig::default()).unwrap();
        let code = QrCode::parse(&workstation.qr().to_text()).unwrap();
        let config = PhoneConfig::new(self.wallet.authenticator.info());
        let cancel = CancellationToken::new();
        let phone_ports = PhonePorts {
            access: &self.access,
            radio: &mut self.air.advertiser(),
            handler: &mut self.wallet,
            cancel: &cancel,
            on_stage: &mut |_| {},
        };
        let workstation_ports = WorkstationPorts {
            access: &self.access,
            radio: &mut self.air.scanner(),
            cancel: &cancel,
            on_stage: &mut |_| {},
        };
        let phone = Phone::new(code, config).unwrap();
        let (phone, answer) =
            tokio::join!(phone.run(phone_ports), workstation.run(workstation_ports));
        phone.unwrap();
        assert_eq!(answer.unwrap().response.first(), Some(&0));
    }
}

/// Of one account, so that each registration takes the place of the one before.
static REGISTRATION: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let rp = RelyingParty { id: RP.into(), name: None };
    let user = User { id: b"u".to_vec(), name: Some(RP.into()), display_name: None };
    let mut request = make_credential::Request::new([0x5a; 32], rp, user);
    request.options.discoverable = Some(true);
    [vec![MAKE_CREDENTIAL], request.encode()].concat()
});

static SIGN_IN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    [vec![GET_ASSERTION], get_assertion::Request::new(RP, [0x5a; 32]).encode()].concat()
});

fn ceremonies(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut world = {
        let _within = runtime.enter();
        World::start()
    };
    // There is a passkey to sign in with, whichever of the two is asked for.
    runtime.block_on(world.ceremony(&REGISTRATION, RequestType::MakeCredential));
    let cases = [
        ("registration", &REGISTRATION, RequestType::MakeCredential),
        ("sign-in", &SIGN_IN, RequestType::GetAssertion),
    ];
    for (name, command, request_type) in cases {
        criterion.bench_function(&format!("loopback ceremony, {name}"), |bencher| {
            bencher.iter(|| runtime.block_on(world.ceremony(command, request_type)));
        });
    }
}

criterion_group!(benches, ceremonies);
criterion_main!(benches);
