//! What is changed along with a service: those that follow it, and those that run before it.

use super::*;

#[test]
fn a_change_has_what_follows_it() {
    let mut detection = newer("1.1", resolved("b", &["amd64"]));
    let (service, lives_in) = (ServiceName::new("torrent"), vec![ServiceName::new("app")]);
    let follower = Follower { service, lives_in, containers: 1, was_healthy: true };
    compose(&mut detection).followers = vec![follower.clone()];
    let change = change_of(&detection);
    assert_eq!(change.workload.followers(), [follower]);
    let written = serde_json::to_value(&change).unwrap();
    assert_eq!(serde_json::from_value::<Change>(written.clone()).unwrap(), change);
    // What was written before there were followers can still be read.
    let mut old = written;
    old.as_object_mut().unwrap().remove("followers").expect("it is a field of the change");
    assert!(serde_json::from_value::<Change>(old).unwrap().workload.followers().is_empty());
}

#[test]
fn a_one_shot_moves_with_it_unless_the_file_says_otherwise() {
    let mut detection = newer("1.1", resolved("b", &["amd64"]));
    let one_shot = |name: &str, image| OneShot { service: ServiceName::new(name), image };
    let (migrate, assets) =
        (one_shot("migrate", OneShotImage::Moves { pin_found: None }), one_shot("assets", OneShotImage::Stays));
    compose(&mut detection).one_shots = vec![migrate.clone(), assets.clone()];
    let change = change_of(&detection);
    assert_eq!(change.workload.one_shots(), [migrate, assets.clone()]);
    let written = serde_json::to_value(&change).unwrap();
    assert_eq!(serde_json::from_value::<Change>(written).unwrap(), change);

    let rewrite = Rewrite {
        file: FileHash { path: "/srv/compose.yaml".into(), digest: digest("c") },
        place: Place::Yaml { path: vec!["services".to_owned()] },
        line: 1,
        lead: String::new(),
        before: "app:1.0".to_owned(),
        after: "app:1.1".to_owned(),
        rest: String::new(),
    };
    let change = change.with_rewrite(RewritePlan { rewrite, before: None, tag_before: None });
    assert_eq!(change.workload.one_shots(), [one_shot("migrate", OneShotImage::Stays), assets]);
    let stays = Warning::OneShotStays { service: ServiceName::new("migrate") };
    assert!(change.warnings.contains(&stays), "{:?}", change.warnings);
}
