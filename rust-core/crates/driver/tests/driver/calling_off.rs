//! Calling a ceremony off at each stage, politely and by dropping it: nothing stays switched on.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::session::PhoneConfig;
use wardkey_core::hybrid::{Cause, Stage};
use wardkey_driver::{Phone, PhonePorts, WorkstationPorts};

use crate::world::{Device, Echo, GET_INFO, Undecided, World, failure, workstation};

const PHONE_STAGES: [Stage; 5] = [
    Stage::OpeningTunnel,
    Stage::Advertising,
    Stage::AwaitingCommand,
    Stage::AwaitingUser,
    Stage::ShuttingDown,
];

const WORKSTATION_STAGES: [Stage; 5] = [
    Stage::ShowingCode,
    Stage::OpeningTunnel,
    Stage::Handshake,
    Stage::Introduction,
    Stage::AwaitingResponse,
];

#[tokio::test]
async fn a_cancelled_phone_leaves_nothing_behind() {
    for stage in PHONE_STAGES {
        let world = World::start().await;
        let (mut phone, mut desk) = (Device::cancelling_at(stage), Device::new());
        let client = workstation();
        let code = client.qr().clone();
        let desk_cancel = desk.cancel.clone();
        let (phone, _) = tokio::join!(
            async {
                let person = Undecided::letting_pass_to(stage);
                let phone = phone.phone(&world.air, &world.access, code, person);
                let result = phone.await;
                assert_eq!(world.air.adverts(), [], "{stage:?}");
                // The workstation would wait for another phone.
                desk_cancel.cancel();
                result
            },
            desk.workstation(&world.air, &world.access, client),
        );
        if stage == Stage::ShuttingDown {
            phone.expect("what was answered has happened");
        } else {
            assert_eq!(failure(phone), (stage, Cause::Cancelled));
        }
        world.at_rest().await;
    }
}

#[tokio::test]
async fn a_cancelled_workstation_leaves_nothing_behind() {
    for stage in WORKSTATION_STAGES {
        let world = World::start().await;
        let (mut phone, mut desk) = (Device::new(), Device::cancelling_at(stage));
        let client = workstation();
        let code = client.qr().clone();
        let phone_cancel = phone.cancel.clone();
        let (_, desk) =
            tokio::join!(phone.phone(&world.air, &world.access, code, Undecided::new()), async {
                let result = desk.workstation(&world.air, &world.access, client).await;
                phone_cancel.cancel();
                result
            },);
        assert_eq!(failure(desk), (stage, Cause::Cancelled));
        world.at_rest().await;
    }
}

#[tokio::test]
async fn a_ceremony_cancelled_beforehand_ends_at_once() {
    let world = World::start().await;
    let client = workstation();
    let (mut phone, mut desk) = (Device::new(), Device::new());
    phone.cancel.cancel();
    desk.cancel.cancel();
    let code = client.qr().clone();
    let phone = phone.phone(&world.air, &world.access, code, Echo).await;
    assert_eq!(failure(phone), (Stage::OpeningTunnel, Cause::Cancelled));
    let desk = desk.workstation(&world.air, &world.access, client).await;
    assert_eq!(failure(desk), (Stage::ShowingCode, Cause::Cancelled));
    world.at_rest().await;
}

#[tokio::test]
async fn a_dropped_phone_leaves_nothing_behind() {
    for stage in PHONE_STAGES {
        let world = World::start().await;
        let client = workstation();
        let phone = Phone::new(client.qr().clone(), PhoneConfig::new(GET_INFO.to_vec())).unwrap();
        let mut desk = Device::new();
        let desk_cancel = desk.cancel.clone();
        let (reached, mut stages) = mpsc::unbounded_channel();
        let mut undecided = Undecided::letting_pass_to(stage);
        let (asked, dropped) = (undecided.asked.clone(), undecided.dropped.clone());
        let reached_stage = async {
            wait_for(&mut stages, stage).await;
            if stage == Stage::AwaitingUser {
                asked.cancelled().await;
            }
        };
        let phone = async {
            let ports = PhonePorts {
                access: &world.access,
                radio: &mut world.air.advertiser(),
                handler: &mut undecided,
                cancel: &CancellationToken::new(),
                on_stage: &mut |stage| reached.send(stage).unwrap(),
            };
            tokio::select! {
                result = phone.run(ports) => panic!("{result:?}"),
                () = reached_stage => {}
            }
            desk_cancel.cancel();
        };
        let ((), _) = tokio::join!(phone, desk.workstation(&world.air, &world.access, client));
        let was_asked = matches!(stage, Stage::AwaitingUser | Stage::ShuttingDown);
        assert_eq!(dropped.is_cancelled(), was_asked);
        world.at_rest().await;
    }
}

#[tokio::test]
async fn a_dropped_workstation_leaves_nothing_behind() {
    for stage in WORKSTATION_STAGES {
        let world = World::start().await;
        let client = workstation();
        let code = client.qr().clone();
        let mut phone = Device::new();
        let phone_cancel = phone.cancel.clone();
        let (reached, mut stages) = mpsc::unbounded_channel();
        let desk = async {
            let ports = WorkstationPorts {
                access: &world.access,
                radio: &mut world.air.scanner(),
                cancel: &CancellationToken::new(),
                on_stage: &mut |stage| reached.send(stage).unwrap(),
            };
            tokio::select! {
                result = client.run(ports) => panic!("{result:?}"),
                () = wait_for(&mut stages, stage) => {}
            }
            phone_cancel.cancel();
        };
        let undecided = Undecided::new();
        let (_, ()) = tokio::join!(phone.phone(&world.air, &world.access, code, undecided), desk);
        world.at_rest().await;
    }
}

async fn wait_for(stages: &mut mpsc::UnboundedReceiver<Stage>, stage: Stage) {
    while stages.recv().await.unwrap() != stage {}
}
