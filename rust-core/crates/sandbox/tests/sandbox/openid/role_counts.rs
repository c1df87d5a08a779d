//! How many roles make which page: the limits between them.

use wardkey_register::{Role, testing::give_roles};

use super::world::{World, follow, request};
use crate::{browser::Browser, databases::on_both};

on_both!(each_number_of_roles_has_its_page, who_chooses_no_role_is_asked_again);

const NAME: &str = "ward.eight@example.org";

async fn each_number_of_roles_has_its_page(world: World) {
    let mut phone = world.phone(NAME, 3).await;
    let person = world.database.person_by_name(NAME).await.unwrap().unwrap();
    let way = request(&[("scope", "openid selectedrole nationalrbacaccess")]);
    for (number, has_search) in [(2, false), (5, false), (6, true)] {
        let roles: Vec<Role> = person.roles[..number].to_vec();
        give_roles(&world.database, &person.id, &roles).await;
        let mut browser = Browser::new(&world.running);
        let page = follow(&mut browser, &mut phone, &way).await.page().body;
        assert_eq!(page.matches("name=\"role\" type=\"radio\"").count(), number);
        assert_eq!(page.contains("type=\"search\""), has_search, "{number} roles");
        // None is chosen beforehand, so pressing Continue alone chooses none.
        assert!(!page.contains(" checked"), "{number} roles");
    }
    give_roles(&world.database, &person.id, &person.roles[..1]).await;
    follow(&mut Browser::new(&world.running), &mut phone, &way).await.code();
}

async fn who_chooses_no_role_is_asked_again(world: World) {
    let mut phone = world.phone("ward.three@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let way = request(&[("scope", "openid selectedrole nationalrbacaccess")]);
    let page = follow(&mut browser, &mut phone, &way).await.page().body;
    let fields = ["csrf", "request"].map(|name| (name, crate::browser::field(&page, name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let path = format!("{}/role", super::world::BASE);
    let again = browser.form(&path, &fields).await;
    assert_eq!(again.status, 400);
    for part in ["There is a problem", "Choose a role</a>", "aria-describedby=\"roles-error\""] {
        assert!(again.body.contains(part), "{part}: {}", again.body);
    }
    assert_eq!(again.body.matches("type=\"radio\"").count(), 3);
}
