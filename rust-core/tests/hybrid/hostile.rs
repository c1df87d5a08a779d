//! Everything that can go wrong once, at every stage, and how both sides must end.

use crate::pair::{COMMAND, End, Fault, Mischief, Phone, RESPONSE, Side, Workstation, World};
use core::time::Duration;
use wardkey_core::hybrid::session::{Input, PhoneDeadlines, TunnelViolation, WorkstationDeadlines};
use wardkey_core::hybrid::tunnel::MAX_MESSAGE;
use wardkey_core::hybrid::{
    Blame, Cause, LocalFault, PeerFault, RadioFailure,
    Stage::{
        self, Advertising, AwaitingCommand, AwaitingResponse, AwaitingUser, Handshake,
        Introduction, OpeningTunnel, ShowingCode, ShuttingDown,
    },
    TunnelFailure,
};

const OK: End = Ok(());

const fn peer(stage: Stage) -> End {
    Err((Blame::Peer, stage))
}

const fn network(stage: Stage) -> End {
    Err((Blame::Network, stage))
}

const fn local(stage: Stage) -> End {
    Err((Blame::Local, stage))
}

const fn cancelled(stage: Stage) -> End {
    Err((Blame::Cancelled, stage))
}

/// Mischief without its parameters, which make no difference to the end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Drop,
    Duplicate,
    Truncate,
    Flip,
    Reorder,
    Oversize,
    Text,
    Silence,
    Cut,
}

impl Kind {
    pub(crate) fn all(self) -> Vec<Mischief> {
        match self {
            Self::Drop => vec![Mischief::Drop],
            Self::Duplicate => vec![Mischief::Duplicate],
            // The shortest message of a ceremony has 48 bytes.
            Self::Truncate => [0, 1, 16, 32, 47].map(Mischief::Truncate).to_vec(),
            Self::Flip => [0, 1, 20, 33, 47, 64, 65, 80].map(Mischief::Flip).to_vec(),
            Self::Reorder => vec![Mischief::Reorder],
            Self::Oversize => vec![Mischief::Oversize],
            Self::Text => vec![Mischief::Text],
            Self::Silence => vec![Mischief::Silence],
            Self::Cut => vec![Mischief::Cut],
        }
    }
}

/// Sender, index of the message, mischief; how the phone and the workstation end.
///
/// The side that notices blames its peer; the other finds the connection cut. Once the phone has
/// answered, how the connection ends says nothing any more.
#[rustfmt::skip]
pub(crate) const WIRE: [(Side, usize, Kind, End, End); 54] = [
    // The workstation's handshake message.
    (Workstation, 0, Kind::Drop,      network(Advertising),     peer(Handshake)),
    (Workstation, 0, Kind::Duplicate, peer(AwaitingCommand),    network(AwaitingResponse)),
    (Workstation, 0, Kind::Truncate,  peer(Handshake),          network(Handshake)),
    (Workstation, 0, Kind::Flip,      peer(Handshake),          network(Handshake)),
    (Workstation, 0, Kind::Reorder,   network(Advertising),     peer(Handshake)),
    (Workstation, 0, Kind::Oversize,  peer(Advertising),        network(Handshake)),
    (Workstation, 0, Kind::Text,      peer(Advertising),        network(Handshake)),
    (Workstation, 0, Kind::Silence,   peer(Advertising),        peer(Handshake)),
    (Workstation, 0, Kind::Cut,       network(Advertising),     network(Handshake)),
    // The phone's handshake message. When it is lost, the introduction takes its place.
    (Phone, 0, Kind::Drop,            network(AwaitingCommand), peer(Handshake)),
    (Phone, 0, Kind::Duplicate,       network(AwaitingCommand), peer(Introduction)),
    (Phone, 0, Kind::Truncate,        network(AwaitingCommand), peer(Handshake)),
    (Phone, 0, Kind::Flip,            network(AwaitingCommand), peer(Handshake)),
    (Phone, 0, Kind::Reorder,         network(AwaitingCommand), peer(Handshake)),
    (Phone, 0, Kind::Oversize,        network(AwaitingCommand), peer(Handshake)),
    (Phone, 0, Kind::Text,            network(AwaitingCommand), peer(Handshake)),
    (Phone, 0, Kind::Silence,         peer(AwaitingCommand),    peer(Handshake)),
    (Phone, 0, Kind::Cut,             network(AwaitingCommand), network(Handshake)),
    // The phone's introduction. Silence swallows the handshake message on its way, too.
    (Phone, 1, Kind::Drop,            network(AwaitingCommand), peer(Introduction)),
    (Phone, 1, Kind::Duplicate,       network(AwaitingUser),    peer(AwaitingResponse)),
    (Phone, 1, Kind::Truncate,        network(AwaitingCommand), peer(Introduction)),
    (Phone, 1, Kind::Flip,            network(AwaitingCommand), peer(Introduction)),
    (Phone, 1, Kind::Reorder,         network(AwaitingCommand), peer(Introduction)),
    (Phone, 1, Kind::Oversize,        network(AwaitingCommand), peer(Introduction)),
    (Phone, 1, Kind::Text,            network(AwaitingCommand), peer(Introduction)),
    (Phone, 1, Kind::Silence,         peer(AwaitingCommand),    peer(Handshake)),
    (Phone, 1, Kind::Cut,             network(AwaitingCommand), network(Introduction)),
    // The command. The workstation waits longer than the phone.
    (Workstation, 1, Kind::Drop,      peer(AwaitingCommand),    network(AwaitingResponse)),
    (Workstation, 1, Kind::Duplicate, peer(AwaitingUser),       network(AwaitingResponse)),
    (Workstation, 1, Kind::Truncate,  peer(AwaitingCommand),    network(AwaitingResponse)),
    (Workstation, 1, Kind::Flip,      peer(AwaitingCommand),    network(AwaitingResponse)),
    (Workstation, 1, Kind::Reorder,   peer(AwaitingCommand),    network(AwaitingResponse)),
    (Workstation, 1, Kind::Oversize,  peer(AwaitingCommand),    network(AwaitingResponse)),
    (Workstation, 1, Kind::Text,      peer(AwaitingCommand),    network(AwaitingResponse)),
    (Workstation, 1, Kind::Silence,   peer(AwaitingCommand),    peer(AwaitingResponse)),
    (Workstation, 1, Kind::Cut,       network(AwaitingCommand), network(AwaitingResponse)),
    // The response. The phone has done its part and cannot know.
    (Phone, 2, Kind::Drop,            OK,                       network(AwaitingResponse)),
    (Phone, 2, Kind::Duplicate,       OK,                       OK),
    (Phone, 2, Kind::Truncate,        OK,                       peer(AwaitingResponse)),
    (Phone, 2, Kind::Flip,            OK,                       peer(AwaitingResponse)),
    (Phone, 2, Kind::Reorder,         OK,                       network(AwaitingResponse)),
    (Phone, 2, Kind::Oversize,        OK,                       peer(AwaitingResponse)),
    (Phone, 2, Kind::Text,            OK,                       peer(AwaitingResponse)),
    (Phone, 2, Kind::Silence,         OK,                       peer(AwaitingResponse)),
    (Phone, 2, Kind::Cut,             OK,                       network(AwaitingResponse)),
    // The shutdown. The workstation has the response and waits for nothing.
    (Workstation, 2, Kind::Drop,      OK,                       OK),
    (Workstation, 2, Kind::Duplicate, OK,                       OK),
    (Workstation, 2, Kind::Truncate,  OK,                       OK),
    (Workstation, 2, Kind::Flip,      OK,                       OK),
    (Workstation, 2, Kind::Reorder,   OK,                       OK),
    (Workstation, 2, Kind::Oversize,  OK,                       OK),
    (Workstation, 2, Kind::Text,      OK,                       OK),
    (Workstation, 2, Kind::Silence,   OK,                       OK),
    (Workstation, 2, Kind::Cut,       OK,                       OK),
];

#[test]
fn a_hostile_wire_ends_both_sides_in_the_right_error() {
    for (sender, index, kind, phone, workstation) in WIRE {
        for mischief in kind.all() {
            let mut world = World::new(Some(Fault::Wire(sender, index, mischief)));
            let ends = world.run();
            assert_eq!(ends, [phone, workstation], "{mischief:?} of {sender:?}'s message {index}");
            // A response is given out exactly when the workstation succeeds.
            assert_eq!(world.response.is_some(), workstation.is_ok());
        }
    }
}

/// What the side that notices mischief says of its peer. A message that is missing is noticed by the next, and
/// only the phone's handshake message has a next that its sender does not wait with.
fn fault(sender: Side, index: usize, kind: Kind, stage: Stage) -> PeerFault {
    let another_follows = (sender, index) == (Phone, 0);
    match kind {
        Kind::Oversize => PeerFault::MessageTooLarge,
        Kind::Text => PeerFault::TextMessage,
        Kind::Silence | Kind::Cut => PeerFault::Silent,
        Kind::Drop | Kind::Reorder if !another_follows => PeerFault::Silent,
        _ if stage == Handshake => PeerFault::HandshakeFailed,
        _ => PeerFault::Undecryptable,
    }
}

#[test]
fn whoever_notices_says_what_it_was() {
    for (sender, index, kind, phone, workstation) in WIRE {
        for mischief in kind.all() {
            let mut world = World::new(Some(Fault::Wire(sender, index, mischief)));
            let _ = world.run();
            for (side, end) in [(Phone, phone), (Workstation, workstation)] {
                let Err((Blame::Peer, stage)) = end else { continue };
                let expected = Cause::Peer(fault(sender, index, kind, stage));
                let case = format!("{mischief:?} of {sender:?}'s message {index}, for {side:?}");
                assert_eq!(world.cause(side), Some(expected), "{case}");
            }
        }
    }
}

/// Side, stage, deadline of the stage; how the phone and the workstation end when nothing more
/// reaches that side.
#[test]
fn silence_at_any_stage_ends_at_its_deadline() {
    let (phone, workstation) = (PhoneDeadlines::default(), WorkstationDeadlines::default());
    #[rustfmt::skip]
    let table = [
        (Phone, OpeningTunnel,   phone.tunnel,      network(OpeningTunnel), peer(ShowingCode)),
        (Phone, Advertising,     phone.workstation, peer(Advertising),      peer(Handshake)),
        (Phone, AwaitingCommand, phone.command,     peer(AwaitingCommand),  network(AwaitingResponse)),
        (Phone, AwaitingUser,    phone.user,        local(AwaitingUser),    network(AwaitingResponse)),
        (Phone, ShuttingDown,    phone.shutdown,    OK,                     OK),
        (Workstation, ShowingCode,      workstation.scan,         peer(Advertising),     peer(ShowingCode)),
        (Workstation, OpeningTunnel,    workstation.tunnel,       peer(Advertising),     network(OpeningTunnel)),
        (Workstation, Handshake,        workstation.handshake,    network(AwaitingCommand), peer(Handshake)),
        (Workstation, Introduction,     workstation.introduction, network(AwaitingCommand), peer(Introduction)),
        (Workstation, AwaitingResponse, workstation.response,     OK,                    peer(AwaitingResponse)),
    ];
    for (side, stage, limit, phone, workstation) in table {
        let mut world = World::new(Some(Fault::Deaf(side, stage)));
        assert_eq!(world.run(), [phone, workstation], "{side:?} hears nothing at {stage:?}");
        let ended_at = world.ended_at[side as usize];
        assert_eq!(ended_at, world.entered_at(side) + limit, "{side:?} at {stage:?}");
    }
}

/// Where each side waits for something, and so can be called off or meet silence: the tables of this file have
/// all of it. A phone agrees on keys within one call; what goes wrong there is in the table of messages.
#[test]
fn the_tables_have_every_stage_at_which_a_side_waits() {
    let mut world = World::new(None);
    let mut waited = [vec![], vec![]];
    loop {
        for side in [Phone, Workstation] {
            let stage = world.session(side).stage();
            if world.end(side).is_none() && waited[side as usize].last() != Some(&stage) {
                waited[side as usize].push(stage);
            }
        }
        if !world.step() {
            break;
        }
    }
    let [phone, workstation] = waited;
    assert_eq!(phone, [OpeningTunnel, Advertising, AwaitingCommand, AwaitingUser, ShuttingDown]);
    assert_eq!(
        workstation,
        [ShowingCode, OpeningTunnel, Handshake, Introduction, AwaitingResponse]
    );
}

/// Runs one fault that happens to a side at a stage.
fn happens(side: Side, stage: Stage, input: Input) -> [End; 2] {
    World::new(Some(Fault::Happens(side, stage, input))).run()
}

#[test]
fn tunnels_that_do_not_open_are_the_networks_fault() {
    let failures = [
        TunnelFailure::NameNotFound,
        TunnelFailure::Unreachable,
        TunnelFailure::Certificate,
        TunnelFailure::HttpStatus(404),
        TunnelFailure::HttpStatus(410),
        TunnelFailure::HttpStatus(503),
        TunnelFailure::NoSubprotocol,
        TunnelFailure::NoRoutingId,
        TunnelFailure::NotWebSocket,
    ];
    for input in failures.map(Input::TunnelFailed).into_iter().chain([Input::TunnelClosed]) {
        let ends = happens(Phone, OpeningTunnel, input.clone());
        assert_eq!(ends, [network(OpeningTunnel), peer(ShowingCode)], "{input:?}");
        let ends = happens(Workstation, OpeningTunnel, input.clone());
        assert_eq!(ends, [peer(Advertising), network(OpeningTunnel)], "{input:?}");
    }
    // Only the phone needs a routing id.
    let unrouted = Input::TunnelOpened { routing_id: None };
    let ends = happens(Phone, OpeningTunnel, unrouted);
    assert_eq!(ends, [network(OpeningTunnel), peer(ShowingCode)]);
}

#[test]
fn a_radio_that_fails_is_our_own_fault() {
    let failures = [
        RadioFailure::Unavailable,
        RadioFailure::Off,
        RadioFailure::PermissionDenied,
        RadioFailure::Failed,
    ];
    for input in failures.map(Input::RadioFailed) {
        let ends = happens(Phone, Advertising, input.clone());
        assert_eq!(ends, [local(Advertising), peer(ShowingCode)]);
        let ends = happens(Workstation, ShowingCode, input.clone());
        assert_eq!(ends, [peer(Advertising), local(ShowingCode)]);
        // Once the devices have met, the radio has no part any more.
        assert_eq!(happens(Phone, AwaitingUser, input.clone()), [OK, OK]);
        assert_eq!(happens(Workstation, AwaitingResponse, input), [OK, OK]);
    }
}

#[test]
fn cancelling_ends_any_stage_at_once() {
    #[rustfmt::skip]
    let table = [
        (Phone, OpeningTunnel,   cancelled(OpeningTunnel),   peer(ShowingCode)),
        (Phone, Advertising,     cancelled(Advertising),     peer(ShowingCode)),
        (Phone, AwaitingCommand, cancelled(AwaitingCommand), network(AwaitingResponse)),
        (Phone, AwaitingUser,    cancelled(AwaitingUser),    network(AwaitingResponse)),
        // Too late to undo anything: there is nothing left to cancel.
        (Phone, ShuttingDown,    OK,                         OK),
        (Workstation, ShowingCode,      peer(Advertising),        cancelled(ShowingCode)),
        (Workstation, OpeningTunnel,    peer(Advertising),        cancelled(OpeningTunnel)),
        (Workstation, Handshake,        network(AwaitingCommand), cancelled(Handshake)),
        (Workstation, Introduction,     network(AwaitingCommand), cancelled(Introduction)),
        // Here the workstation can still say so.
        (Workstation, AwaitingResponse, peer(AwaitingUser),       cancelled(AwaitingResponse)),
    ];
    for (side, stage, phone, workstation) in table {
        let ends = happens(side, stage, Input::Cancel);
        assert_eq!(ends, [phone, workstation], "{side:?} at {stage:?}");
    }
}

#[test]
fn broken_websockets_are_the_peers_fault() {
    for violation in [TunnelViolation::Text, TunnelViolation::TooLarge, TunnelViolation::Protocol] {
        let input = Input::TunnelViolation(violation);
        let ends = happens(Phone, AwaitingUser, input.clone());
        assert_eq!(ends, [peer(AwaitingUser), network(AwaitingResponse)]);
        let ends = happens(Workstation, AwaitingResponse, input);
        assert_eq!(ends, [network(AwaitingUser), peer(AwaitingResponse)]);
    }
}

/// What the response says has happened, and nothing that follows makes a failure of it.
#[test]
fn an_answered_ceremony_stays_a_success() {
    for input in [
        Input::Cancel,
        Input::TunnelClosed,
        Input::TunnelFailed(TunnelFailure::NotWebSocket),
        Input::TunnelViolation(TunnelViolation::Text),
        Input::TunnelViolation(TunnelViolation::TooLarge),
        Input::TunnelViolation(TunnelViolation::Protocol),
        Input::TunnelMessage(vec![]),
        Input::TunnelMessage(vec![0; 48]),
        Input::TunnelMessage(vec![0; MAX_MESSAGE + 1]),
        Input::RadioFailed(RadioFailure::Off),
        Input::Response(RESPONSE.to_vec()),
    ] {
        assert_eq!(happens(Phone, ShuttingDown, input.clone()), [OK, OK], "{input:?}");
    }
}

#[test]
fn answers_of_the_authenticator_pass_through() {
    let answer = |bytes: &[u8]| {
        let mut world = World::new(Some(Fault::Answer(bytes.to_vec())));
        (world.run(), world.response)
    };
    let fault = |bytes: &[u8]| {
        let mut world = World::new(Some(Fault::Answer(bytes.to_vec())));
        let _ = world.run();
        world.cause(Phone)
    };
    for status in 0..=u8::MAX {
        assert_eq!(answer(&[status]), ([OK, OK], Some(vec![status])));
    }
    let failed = ([local(AwaitingUser), network(AwaitingResponse)], None);
    assert_eq!(answer(&[]), failed);
    assert_eq!(fault(&[]), Some(Cause::Local(LocalFault::EmptyResponse)));
    assert_eq!(answer(&vec![0; MAX_MESSAGE]), failed);
    assert_eq!(fault(&vec![0; MAX_MESSAGE]), Some(Cause::Local(LocalFault::MessageTooLarge)));
    // With type byte, padding and tag, 16 bytes too many.
    assert_eq!(answer(&vec![0; MAX_MESSAGE - 32 - 1]), failed);
    let largest = vec![0; MAX_MESSAGE - 32 - 2];
    assert_eq!(answer(&largest), ([OK, OK], Some(largest)));
}

#[test]
fn foreign_and_altered_adverts_leave_the_code_on_the_screen() {
    for byte in 0..20 {
        let mut world = World::new(None);
        while world.advert().is_none() {
            assert!(world.step());
        }
        let mut advert = world.advert().unwrap();
        advert.0[byte] ^= 0x10;
        world.happen(Workstation, Input::AdvertSeen(advert));
        assert_eq!(world.session(Workstation).stage(), ShowingCode);
        assert_eq!(world.run(), [OK, OK]);
    }
}

#[test]
fn a_message_too_early_or_too_late_changes_nothing() {
    let mut world = World::new(None);
    for side in [Phone, Workstation] {
        for input in [
            Input::TunnelMessage(vec![0; 81]),
            Input::Response(RESPONSE.to_vec()),
            Input::Response(COMMAND.to_vec()),
            Input::Timeout,
        ] {
            world.happen(side, input);
        }
    }
    assert_eq!(world.run(), [OK, OK]);
    for side in [Phone, Workstation] {
        let stage = world.session(side).stage();
        for input in [Input::Cancel, Input::Timeout, Input::TunnelClosed] {
            world.now += Duration::from_secs(1);
            world.happen(side, input);
        }
        assert_eq!(world.session(side).stage(), stage);
        assert_eq!(world.end(side), Some(OK));
    }
}
