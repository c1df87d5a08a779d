//! A deadline that passes while somebody is waited for: the ceremony ends, and nothing stays switched on.
//! Those at the other stages are in `opening` and `messages`, where the other side is a script.

use std::time::Duration;

use wardkey_core::hybrid::session::{PhoneConfig, WorkstationConfig};
use wardkey_core::hybrid::{Cause, LocalFault, NetworkFault, PeerFault, Stage};

use crate::world::{
    Device, GET_INFO, Undecided, World, configured_workstation, failure, workstation,
};

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_person_who_never_answers_is_given_up_and_so_is_the_question() {
    let world = World::start().await;
    let client = workstation();
    let code = client.qr().clone();
    let mut config = PhoneConfig::new(GET_INFO.to_vec());
    config.deadlines.user = SHORT;
    let undecided = Undecided::new();
    let (asked, dropped) = (undecided.asked.clone(), undecided.dropped.clone());
    let (mut phone, mut desk) = (Device::new(), Device::new());
    let (phone, desk) = tokio::join!(
        phone.configured_phone(&world.air, &world.access, code, undecided, config),
        desk.workstation(&world.air, &world.access, client),
    );
    let gave_up = (Stage::AwaitingUser, Cause::Local(LocalFault::UserTimedOut));
    assert_eq!(failure(phone), gave_up);
    let cut = (Stage::AwaitingResponse, Cause::Network(NetworkFault::TunnelClosed));
    assert_eq!(failure(desk), cut);
    assert!(asked.is_cancelled() && dropped.is_cancelled());
    world.at_rest().await;
}

#[tokio::test]
async fn a_phone_that_never_answers_is_given_up_and_told_so() {
    let world = World::start().await;
    let mut config = WorkstationConfig::default();
    config.deadlines.response = SHORT;
    let client = configured_workstation(config);
    let code = client.qr().clone();
    let undecided = Undecided::new();
    let dropped = undecided.dropped.clone();
    let (mut phone, mut desk) = (Device::new(), Device::new());
    let (phone, desk) = tokio::join!(
        phone.phone(&world.air, &world.access, code, undecided),
        desk.workstation(&world.air, &world.access, client),
    );
    assert_eq!(failure(desk), (Stage::AwaitingResponse, Cause::Peer(PeerFault::Silent)));
    assert_eq!(failure(phone).0, Stage::AwaitingUser);
    assert!(dropped.is_cancelled(), "nobody is asked any more");
    world.at_rest().await;
}
