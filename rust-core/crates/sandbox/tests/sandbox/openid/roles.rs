//! Role selection as users know it.

use wardkey_register::testing::give_roles;

use super::world::{BASE, World, claims, follow, request};
use crate::{
    browser::{Browser, field},
    databases::on_both,
};

const SCOPES: (&str, &str) = ("scope", "openid selectedrole nationalrbacaccess");

/// The roles a page offers.
fn offered(page: &str) -> Vec<&str> {
    let radios = page.split("name=\"role\" type=\"radio\" value=\"").skip(1);
    radios.map(|rest| rest.split('"').next().unwrap()).collect()
}

fn hidden(page: &str) -> [(String, String); 2] {
    ["csrf", "request"].map(|name| (name.to_owned(), field(page, name)))
}

/// Answers the page with these fields besides its hidden ones.
async fn answer(
    browser: &mut Browser<'_>,
    page: &str,
    fields: &[(&str, &str)],
) -> crate::common::Answer {
    let hidden = hidden(page);
    let mut all: Vec<_> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    all.extend(fields);
    browser.form(&format!("{BASE}/role"), &all).await
}

/// Chooses a role on the page. Gives where the way goes on.
async fn chosen(browser: &mut Browser<'_>, page: &str, role: &str) -> String {
    let on = answer(browser, page, &[("role", role)]).await;
    on.headers("location").pop().unwrap()
}

on_both!(
    the_only_role_is_taken_without_a_word,
    a_few_roles_are_a_list,
    many_roles_can_be_searched,
    who_has_no_role_is_told_and_may_go_on,
    a_user_may_stop_and_may_not_take_what_is_not_theirs,
    a_role_that_was_taken_away_is_asked_for_again_and_told_to_nobody,
);

async fn the_only_role_is_taken_without_a_word(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let code = follow(&mut browser, &mut phone, &request(&[SCOPES])).await.code();
    let tokens = world.redeem(&code).await.ok();
    assert_eq!(claims(&tokens["id_token"])["selected_roleid"], "600000000001");
    let told = world.user_info(tokens["access_token"].as_str().unwrap()).await.ok();
    assert_eq!(told["selected_roleid"], "600000000001");
    assert_eq!(told["nhsid_nrbac_roles"].as_array().unwrap().len(), 1);
    // Nor is it asked for in silence.
    let silent = request(&[SCOPES, ("prompt", "none")]);
    follow(&mut browser, &mut phone, &silent).await.code();
}

async fn a_few_roles_are_a_list(world: World) {
    let mut phone = world.phone("ward.three@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let way = request(&[SCOPES]);
    let page = follow(&mut browser, &mut phone, &way).await.page();
    assert_eq!(offered(&page.body).len(), 3);
    assert!(page.body.contains("Ward round asks") && !page.body.contains("type=\"search\""));
    // The form leads to the application, which browsers hold against this header.
    assert!(page.head.contains("form-action 'self' https://ward.example.org;"), "{}", page.head);
    let role = offered(&page.body)[1];
    let next = chosen(&mut browser, &page.body, role).await;
    let tokens = world.tokens(&mut browser, &mut phone, &next).await;
    assert_eq!(claims(&tokens["id_token"])["selected_roleid"], role);

    // Not asked again in this session, unless the application wants a new sign-in.
    follow(&mut browser, &mut phone, &way).await.code();
    follow(&mut browser, &mut phone, &request(&[SCOPES, ("prompt", "none")])).await.code();
    let afresh = request(&[SCOPES, ("prompt", "login")]);
    assert_eq!(offered(&follow(&mut browser, &mut phone, &afresh).await.page().body).len(), 3);
    // An application that does not ask is told nothing.
    let tokens = world.tokens(&mut browser, &mut phone, &request(&[])).await;
    assert!(claims(&tokens["id_token"]).get("selected_roleid").is_none());
}

async fn many_roles_can_be_searched(world: World) {
    let mut phone = world.phone("ward.eight@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let page = follow(&mut browser, &mut phone, &request(&[SCOPES])).await.page();
    assert_eq!(offered(&page.body).len(), 8);
    assert!(page.body.contains("type=\"search\""));
    let name = field(&page.body, "request");
    let search = |text: &str| {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        format!("{BASE}/continue?request={name}&search={text}")
    };
    let some = browser.get(&search("SYSTEMS support")).await;
    let few = offered(&some.body).len();
    assert!((1..8).contains(&few), "{few}: {}", some.body);
    let none = browser.get(&search("<script>no such")).await;
    assert!(offered(&none.body).is_empty() && none.body.contains("0 of your roles"));
    assert!(!none.body.contains("<script>no such"));
    let role = offered(&some.body)[0];
    let on = answer(&mut browser, &some.body, &[("role", role)]).await;
    let next = on.headers("location").pop().unwrap();
    follow(&mut browser, &mut phone, &next).await.code();
}

async fn who_has_no_role_is_told_and_may_go_on(world: World) {
    let mut phone = world.phone("ward.none@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let page = follow(&mut browser, &mut phone, &request(&[SCOPES])).await.page();
    assert!(page.body.contains("You have no role"), "{}", page.body);
    let on = answer(&mut browser, &page.body, &[]).await;
    let next = on.headers("location").pop().unwrap();
    let tokens = world.tokens(&mut browser, &mut phone, &next).await;
    assert!(claims(&tokens["id_token"]).get("selected_roleid").is_none());
    let told = world.user_info(tokens["access_token"].as_str().unwrap()).await.ok();
    assert_eq!(told["nhsid_nrbac_roles"].as_array().unwrap().len(), 0);
}

async fn a_user_may_stop_and_may_not_take_what_is_not_theirs(world: World) {
    let mut phone = world.phone("ward.three@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let page = follow(&mut browser, &mut phone, &request(&[SCOPES])).await.page().body;
    for fields in [&[][..], &[("role", "600000000001")], &[("role", "x"), ("role", "y")]] {
        let refused = answer(&mut browser, &page, fields).await;
        assert_eq!(refused.status, 400, "{fields:?} {}", refused.body);
    }
    let forged = [("csrf", "x"), ("request", "y"), ("role", "600000000002")];
    assert_eq!(browser.form(&format!("{BASE}/role"), &forged).await.status, 403);
    assert_eq!(
        Browser::new(&world.running).form(&format!("{BASE}/role"), &forged).await.status,
        303
    );

    let silent = request(&[SCOPES, ("prompt", "none")]);
    assert_eq!(follow(&mut browser, &mut phone, &silent).await.error(), "interaction_required");
    let stop = answer(&mut browser, &page, &[("act", "cancel")]).await;
    let back = stop.headers("location").pop().unwrap();
    assert!(back.contains("error=access_denied") && back.contains("state=xyz"), "{back}");
    assert_eq!(answer(&mut browser, &page, &[("act", "cancel")]).await.status, 410);
}

async fn a_role_that_was_taken_away_is_asked_for_again_and_told_to_nobody(world: World) {
    let mut phone = world.phone("ward.three@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let way = request(&[SCOPES]);
    let page = follow(&mut browser, &mut phone, &way).await.page();
    let lost = offered(&page.body)[1].to_owned();
    let next = chosen(&mut browser, &page.body, &lost).await;
    let tokens = world.tokens(&mut browser, &mut phone, &next).await;
    assert_eq!(claims(&tokens["id_token"])["selected_roleid"], lost.as_str());

    let person = world.database.person_by_name("ward.three@example.org").await.unwrap().unwrap();
    let mut roles = person.roles.clone();
    roles.retain(|role| role.person_roleid != lost);
    give_roles(&world.database, &person.id, &roles).await;

    let told = world.user_info(tokens["access_token"].as_str().unwrap()).await.ok();
    assert!(told.get("selected_roleid").is_none(), "{told}");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let newer = world.token(&fields).await.ok();
    assert!(claims(&newer["id_token"]).get("selected_roleid").is_none());
    let page = follow(&mut browser, &mut phone, &way).await.page().body;
    let left = offered(&page);
    assert!(left.len() == 2 && !left.contains(&lost.as_str()), "{left:?}");
}
