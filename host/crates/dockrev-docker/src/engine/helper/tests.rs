use super::*;
use std::path::PathBuf;

fn listed(owner: &str, writes: bool, state: ContainerSummaryStateEnum, age_s: i64) -> ContainerSummary {
    let mut labels = HashMap::from([(labels::HELPER.to_owned(), owner.to_owned())]);
    if writes {
        labels.insert(labels::HELPER_WRITES.to_owned(), String::new());
    }
    ContainerSummary {
        labels: Some(labels),
        state: Some(state),
        created: Some(1_000_000 - age_s),
        ..ContainerSummary::default()
    }
}

#[test]
fn what_another_process_left_is_told_from_what_is_at_work() {
    use ContainerSummaryStateEnum as State;
    use LeftOver::{AtWork, Nobodys, OfOwner};
    let now = Timestamp::from_second(1_000_000).unwrap();
    let check = |helper: ContainerSummary, owner: Option<&str>, expected: Option<LeftOver>| {
        let owner = owner.map(StackName::new);
        assert_eq!(left_over(&helper, owner.as_ref(), now), expected, "{helper:?} {owner:?}");
    };
    // What puts data back is never ended half-way; what reads is.
    check(listed("shop", true, State::RUNNING, 1), Some("shop"), Some(AtWork));
    check(listed("shop", false, State::RUNNING, 1), Some("shop"), Some(OfOwner));
    check(listed("shop", true, State::CREATED, 1), Some("shop"), Some(OfOwner));
    check(listed("shop", true, State::RUNNING, 50_000), None, None);
    check(listed("other", true, State::RUNNING, 50_000), Some("shop"), None);
    // It is given files.
    check(listed("other", true, State::CREATED, 5_000), Some("shop"), None);
    check(listed("other", true, State::CREATED, 50_000), Some("shop"), Some(Nobodys));
    check(listed("", false, State::CREATED, 5), Some("shop"), None);
    check(listed("", false, State::CREATED, 5_000), None, Some(Nobodys));
    check(listed("", false, State::RUNNING, 5_000), Some("shop"), None);
}

#[test]
fn a_helper_sees_its_data_and_nothing_else() {
    let place = DataPlace::Volume { name: "shop_db".to_owned(), path: PathBuf::new(), is_on_demand: true };
    let mounts = vec![
        DataMount { place, at: "/data/01-shop_db".into(), is_writable: false },
        DataMount { place: DataPlace::Bind { path: "/srv/x y".into() }, at: "/data/02".into(), is_writable: true },
    ];
    let errand = Errand { owner: None, arguments: vec!["helper".to_owned()], mounts, files: Vec::new() };
    let body = container(&errand, "image".to_owned(), vec!["/dockrev".to_owned()]);
    let host = body.host_config.unwrap();
    assert_eq!(host.network_mode.as_deref(), Some("none"));
    assert_eq!(host.readonly_rootfs, Some(true));
    let seen = host.mounts.unwrap().into_iter().map(|mount| (mount.typ, mount.source.unwrap(), mount.read_only));
    let expected = [
        (Some(MountType::VOLUME), "shop_db".to_owned(), Some(true)),
        (Some(MountType::BIND), "/srv/x y".to_owned(), Some(false)),
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
}

#[test]
fn no_two_helpers_have_one_name() {
    assert_ne!(new_name(), new_name());
}
