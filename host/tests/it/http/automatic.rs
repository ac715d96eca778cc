use super::events::Stream;
use super::served::Served;
use crate::stage::Stage;
use dockrev_testkit::{Compose, Mode};
use serde_json::Value;

/// Of two services with news, the one that opted in is updated, and only while a window is open.
#[test]
fn what_opted_in_is_updated_within_its_window() {
    let stage = Stage::new(Compose::any().unwrap());
    let old = stage.push("au/web", "1.0", Mode::Healthy);
    let web = stage.service("web", "au/web:1.0").line("labels: {dockrev.auto-update: 'true'}");
    let project = stage.project(&[web, stage.service("api", "au/web:1.0")], &["web", "api"]);
    let new = stage.push("au/web", "1.1", Mode::Healthy);
    let token = stage.token("read");
    let windows = |windows| [("DOCKREV_CHECK_EVERY", "1h"), ("DOCKREV_UPDATE_WINDOWS", windows)];
    let checked = |served: &Served| {
        let mut stream = Stream::open(served, &token, None);
        if !served.get(&token, "/api/v1/check").is(200).json()["checked_at"].is_string() {
            stream.next_of("candidates-changed");
        }
        served.get(&token, "/api/v1/system").is(200).json()
    };

    let served = Served::start(&stage, &windows("off"), &[]);
    let system = checked(&served);
    assert_eq!(system["updates"], serde_json::json!({ "open_until": null, "opens_at": null }));
    assert_eq!(served.stop(), Some(0));
    assert!(stage.jobs().is_empty());

    // The whole day, so that it is open whenever this runs.
    let served = Served::start(&stage, &windows("00:00-24:00"), &[]);
    let mut stream = Stream::open(&served, &token, None);
    loop {
        let told: Value = serde_json::from_str(&stream.next_of("plan").data).unwrap();
        if told["run"]["state"] == "ended" {
            break;
        }
    }
    assert!(project.service("web").unwrap().runs(&new));
    let system = served.get(&token, "/api/v1/system").is(200).json();
    assert!(system["updates"]["open_until"].is_string() && system["next_check_at"].is_string(), "{system:#}");
    assert_eq!(served.stop(), Some(0));
    let jobs = stage.jobs();
    assert_eq!((jobs.len(), &jobs[0]["requested_by"]), (1, &"schedule".into()), "{jobs:#?}");
    assert!(project.service("api").unwrap().runs(&old), "it did not opt in");
}
