//! Registries that fail, break off, lie or never end.

use super::desk::Desk;
use super::{asked, is_unknown, open_registry, publish};
use dockrev_testkit::front::{Fault, Front, Manners};

/// Most memory that a check of all hostile registries together may take, in KiB: far above the 80 MiB that it takes, most
/// of them for compiling the plugins, and far below what they send.
const PEAK_MAX_KIB: u64 = 300 * 1024;

#[test]
fn every_way_to_fail_is_a_status_of_its_own() {
    let registry = open_registry();
    publish(&registry, "team/app");
    let elsewhere = Front::start(Manners::Ghcr, &registry).unwrap();
    // Another name of this machine, so that whoever asks there is seen.
    let there = elsewhere.url().replace("127.0.0.1", "localhost");
    let cases = [
        (Fault::TooManyRequests(17), "registry.rate-limited", "asks to wait until 20"),
        (Fault::Unavailable, "registry.unavailable", "503"),
        (Fault::CutOff, "registry.unavailable", "broke off its answer"),
        (Fault::HangUp, "registry.unexpected-answer", "a broken answer"),
        (Fault::Rubbish, "registry.unexpected-answer", "something else than"),
        (Fault::NotHttp, "registry.unexpected-answer", "it is not HTTP"),
        (Fault::WebPage, "registry.unexpected-answer", "web page"),
        (Fault::LoopOfPages, "registry.unexpected-answer", "a loop of pages"),
        (Fault::NextPageAt(format!("{there}/v2/team/app/tags/list")), "registry.unexpected-answer", "on another host"),
        (Fault::HugeTagList, "registry.unexpected-answer", "more than 6291456 bytes when asked for the tags"),
        (Fault::CompressedTagList, "registry.unexpected-answer", "more than 6291456 bytes when asked for the tags"),
        (Fault::CrowdedTagList, "registry.tags-truncated", "only the first 100000 names of a page were read"),
        (Fault::CrowdedIndex, "registry.unexpected-answer", "an index of more than 2000 manifests"),
        (Fault::EndlessHead, "registry.unexpected-answer", "it is not HTTP"),
        (Fault::RealmAt("http://192.0.2.1/token".to_owned()), "registry.realm-refused", "not its own"),
        (Fault::RedirectTo(format!("{there}/v2/")), "registry.unexpected-answer", "redirects to `localhost:"),
        (Fault::OtherContent, "registry.unexpected-answer", "does not match its digest"),
    ];
    let fronts = cases.each_ref().map(|(fault, _, _)| {
        let front = Front::start(Manners::Ghcr, &registry).unwrap();
        front.fail(fault.clone());
        front
    });
    let images = fronts.each_ref().map(|front| format!("{}/team/app:1.0", front.host()));
    let checked = Desk::new().check(&images.each_ref().map(String::as_str));
    for (image, (_, code, part)) in images.iter().zip(&cases) {
        is_unknown(checked.entry(image), code, part);
    }
    assert!(checked.peak_kib < PEAK_MAX_KIB, "{} KiB", checked.peak_kib);
    assert!(elsewhere.requests().is_empty(), "{:?}", elsewhere.requests());
}

/// Nobody may say "up to date" of a list that was not read to its end.
#[test]
fn pages_without_an_end_are_given_up_and_nothing_is_concluded_from_them() {
    let registry = open_registry();
    publish(&registry, "team/app");
    let front = Front::start(Manners::Ghcr, &registry).unwrap();
    front.fail(Fault::EndlessPages);
    let image = format!("{}/team/app:1.0", front.host());
    let checked = Desk::new().check(&[&image]);
    let entry = checked.entry(&image);
    assert_ne!(entry["status"], "up-to-date", "{entry:#}");
    assert!(checked.out.contains("only the first 100 pages"), "{entry:#}");
    assert_eq!(asked(&front, "/tags/list"), 100);
}

#[test]
fn a_harbor_whose_own_api_fails_is_read_as_a_registry() {
    let registry = open_registry();
    let newest = publish(&registry, "team/app");
    // Not a Harbor at all, as far as its own API goes.
    let front = Front::start(Manners::Ghcr, &registry).unwrap();
    let desk = Desk::new().config(&format!("registries.\"{}\".adapter = \"registry-harbor\"\n", front.host()));
    let image = format!("{}/team/app:1.0", front.host());
    super::is_newer(desk.check(&[&image]).entry(&image), "1.1", &newest);
    assert_eq!((asked(&front, "/artifacts?"), asked(&front, "/tags/list")), (1, 1), "{:?}", front.requests());
}

#[test]
fn registries_that_are_silent_or_gone_hold_up_no_other() {
    let (frozen, mut gone, well) = (open_registry(), open_registry(), open_registry());
    for registry in [&frozen, &gone, &well] {
        publish(registry, "team/app");
    }
    frozen.freeze().unwrap();
    gone.stop().unwrap();
    let fronts = [Fault::Hang, Fault::StandStill, Fault::Trickle].map(|fault| {
        let front = Front::start(Manners::Ghcr, &well).unwrap();
        front.fail(fault);
        front
    });
    let [hanging, halting, trickling] = &fronts;
    let hosts = [frozen.host(), gone.host(), well.host(), hanging.host(), halting.host(), trickling.host()];
    let images = hosts.map(|host| format!("{host}/team/app:1.0"));
    let checked = Desk::new().check(&images.each_ref().map(String::as_str));
    frozen.thaw().unwrap();
    is_unknown(checked.entry(&images[0]), "registry.unreachable", "did not answer within");
    is_unknown(checked.entry(&images[1]), "registry.unreachable", "connection refused");
    assert_eq!(checked.entry(&images[2])["status"], "newer");
    is_unknown(checked.entry(&images[3]), "registry.unreachable", "did not answer within");
    is_unknown(checked.entry(&images[4]), "registry.unavailable", "broke off its answer");
    is_unknown(checked.entry(&images[5]), "registry.too-slow", "so slowly that");
}
