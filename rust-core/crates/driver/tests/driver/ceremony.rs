//! Whole ceremonies through the real tunnel service.

use tokio::io::duplex;
use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::session::PhoneConfig;
use wardkey_core::hybrid::{Cause, NetworkFault, Stage};
use wardkey_driver::radio::lines::{LinesAdvertiser, LinesScanner};
use wardkey_driver::{Phone, PhonePorts, WorkstationPorts};

use crate::world::{COMMAND, Device, Echo, GET_INFO, Undecided, World, failure, workstation};

#[tokio::test]
async fn a_command_goes_to_the_phone_and_its_answer_back() {
    let world = World::start().await;
    let (mut phone, mut desk) = (Device::new(), Device::new());
    let client = workstation();
    let code = client.qr().clone();
    let (answered, answer) = tokio::join!(
        phone.phone(&world.air, &world.access, code, Echo),
        desk.workstation(&world.air, &world.access, client),
    );
    answered.unwrap();
    let answer = answer.unwrap();
    assert_eq!(answer.response, [&[0][..], &COMMAND].concat());
    assert_eq!(answer.get_info, GET_INFO);
    let expected = [
        Stage::OpeningTunnel,
        Stage::Advertising,
        Stage::Handshake,
        Stage::AwaitingCommand,
        Stage::AwaitingUser,
        Stage::ShuttingDown,
    ];
    assert_eq!(phone.stages, expected);
    let expected = [
        Stage::ShowingCode,
        Stage::OpeningTunnel,
        Stage::Handshake,
        Stage::Introduction,
        Stage::AwaitingResponse,
    ];
    assert_eq!(desk.stages, expected);
    world.at_rest().await;
}

#[tokio::test]
async fn ceremonies_side_by_side_find_their_own_partners() {
    let world = World::start().await;
    let ceremony = async || {
        let (mut phone, mut desk) = (Device::new(), Device::new());
        let client = workstation();
        let code = client.qr().clone();
        tokio::join!(
            phone.phone(&world.air, &world.access, code, Echo),
            desk.workstation(&world.air, &world.access, client),
        )
    };
    let all = futures_util::future::join_all((0..4).map(|_| ceremony()));
    for (phone, desk) in all.await {
        phone.unwrap();
        desk.unwrap();
    }
    world.at_rest().await;
}

#[tokio::test]
async fn adverts_may_travel_as_lines_of_text() {
    let world = World::start().await;
    let (printed, read) = duplex(1024);
    let client = workstation();
    let config = PhoneConfig::new(GET_INFO.to_vec());
    let phone = Phone::new(client.qr().clone(), config).unwrap();
    let cancel = CancellationToken::new();
    let phone_ports = PhonePorts {
        access: &world.access,
        radio: &mut LinesAdvertiser::new(printed),
        handler: &mut Echo,
        cancel: &cancel,
        on_stage: &mut |_| {},
    };
    let desk_ports = WorkstationPorts {
        access: &world.access,
        radio: &mut LinesScanner::new(read),
        cancel: &cancel,
        on_stage: &mut |_| {},
    };
    let (phone, desk) = tokio::join!(phone.run(phone_ports), client.run(desk_ports));
    phone.unwrap();
    desk.unwrap();
    world.at_rest().await;
}

#[tokio::test]
async fn a_ceremony_may_run_in_a_task_of_its_own() {
    let world = World::start().await;
    let client = workstation();
    let code = client.qr().clone();
    let (air, access) = (world.air.clone(), world.access.clone());
    let phone = tokio::spawn(async move { Device::new().phone(&air, &access, code, Echo).await });
    let (air, access) = (world.air.clone(), world.access.clone());
    let desk = tokio::spawn(async move { Device::new().workstation(&air, &access, client).await });
    phone.await.unwrap().unwrap();
    desk.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_tunnel_cut_in_the_middle_of_a_command_is_the_networks_fault() {
    let world = World::start().await;
    let (mut phone, mut desk) = (Device::new(), Device::new());
    let client = workstation();
    let code = client.qr().clone();
    let undecided = Undecided::new();
    let (asked, dropped) = (undecided.asked.clone(), undecided.dropped.clone());
    let (phone, desk, ()) = tokio::join!(
        phone.phone(&world.air, &world.access, code, undecided),
        desk.workstation(&world.air, &world.access, client),
        async {
            asked.cancelled().await;
            world.tunnel.close_all();
        },
    );
    let cut = Cause::Network(NetworkFault::TunnelClosed);
    assert_eq!(failure(phone), (Stage::AwaitingUser, cut));
    assert_eq!(failure(desk), (Stage::AwaitingResponse, cut));
    assert!(dropped.is_cancelled());
    world.at_rest().await;
}
