//! Addresses at the tunnel service.

use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain, TunnelId, TunnelRequest, TunnelRole};

#[test]
fn routing_ids_are_six_digits_and_nothing_else() {
    for header in ["c49c24", "C49C24", "c49C24"] {
        assert_eq!(RoutingId::from_header(header), Some(RoutingId([0xc4, 0x9c, 0x24])));
    }
    for header in
        ["", "c49c2", "c49c240", "00c49c24", "+49c24", "-49c24", " c49c2", "c49c2g", "c49c\u{e9}"]
    {
        assert_eq!(RoutingId::from_header(header), None, "{header:?}");
    }
}

#[test]
fn each_role_has_its_path() {
    let domain = TunnelDomain::new(256).unwrap();
    let tunnel = TunnelId(core::array::from_fn(|index| u8::try_from(index).unwrap()));
    let request = TunnelRequest::new_tunnel(domain, tunnel);
    assert_eq!(request.role, TunnelRole::Phone);
    assert_eq!(
        request.url(),
        "wss://cable.qz2ekwmnd332c.info/cable/new/000102030405060708090a0b0c0d0e0f"
    );
    let request = TunnelRequest::join_tunnel(domain, RoutingId([0, 10, 255]), tunnel);
    assert_eq!(request.role, TunnelRole::Workstation);
    assert_eq!(
        request.url(),
        "wss://cable.qz2ekwmnd332c.info/cable/connect/000aff/000102030405060708090a0b0c0d0e0f"
    );
    assert_eq!(request.origin(), "wss://cable.qz2ekwmnd332c.info");
}
