//! Registries of every kind, the hostile ones too: what `check` says of their images, and what it costs.

mod adapters;
mod desk;
mod hostile;
mod proxies;
mod services;

use desk::Desk;
use dockrev_testkit::front::{Front, Manners};
use dockrev_testkit::{App, Architecture, Attestation, Auth, Client, Credentials, Mode, Pushed, Registry};
use serde_json::{Value, json};

fn open_registry() -> Registry {
    Registry::start(Auth::Plain).expect("a registry")
}

fn push(client: &Client, repository: &str, tag: &str, architecture: Architecture) -> Pushed {
    let image = App::new(tag, Mode::Healthy).architecture(architecture).build().unwrap();
    client.push(repository, tag, &image).unwrap()
}

/// Publishes `repository:1.0` and `repository:1.1`, and gives the latter.
fn publish(registry: &Registry, repository: &str) -> Pushed {
    push(&registry.client(), repository, "1.0", Architecture::native());
    push(&registry.client(), repository, "1.1", Architecture::native())
}

/// Publishes 25 images as `repository:1.0.0` to `1.24.0`, and each under 99 more tags. All at once, since the registry
/// waits for its disk after each; the tags of one image one after the other, which is all that it can take.
fn publish_2500_tags(client: &Client, repository: &str) {
    std::thread::scope(|scope| {
        for minor in 0..25 {
            let first = format!("1.{minor}.0");
            push(client, repository, &first, Architecture::native());
            scope.spawn(move || {
                for patch in 1..100 {
                    client.copy_tag(repository, &first, &format!("1.{minor}.{patch}")).unwrap();
                }
            });
        }
    });
}

/// There is a newer image, and it is this one.
#[track_caller]
fn is_newer(entry: &Value, tag: &str, pushed: &Pushed) {
    let found = (&entry["status"], &entry["candidate"]["tag"], &entry["candidate"]["digest"]);
    assert_eq!(found, (&json!("newer"), &json!(tag), &json!(pushed.digest)), "{entry:#}");
}

/// It is not known, with this code, and the reason says so.
#[track_caller]
fn is_unknown(entry: &Value, code: &str, part: &str) {
    assert_eq!((&entry["status"], &entry["code"]), (&json!("unknown"), &json!(code)), "{entry:#}");
    let reason = entry["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(part), "`{part}` is not in `{reason}`");
}

/// How many requests there were with this in their path, those left out that had to come back with a token.
fn asked(front: &Front, part: &str) -> usize {
    front.requests().iter().filter(|request| request.status != 401 && request.path.contains(part)).count()
}

#[test]
fn each_registry_is_read_by_the_adapter_made_for_it() {
    let registry = open_registry();
    let fronts =
        [Manners::Ghcr, Manners::Hub, Manners::Harbor].map(|manners| Front::start(manners, &registry).unwrap());
    let [ghcr, hub, harbor] = &fronts;
    let pushed = ["team/app", "library/web", "shop/group/web"].map(|name| publish(&registry, name));
    let config = format!(
        "registries.\"ghcr.io\".endpoint = \"{}\"\nregistries.\"docker.io\".endpoint = \"{}\"\n\
         registries.\"harbor.example\" = {{ endpoint = \"{}\", adapter = \"registry-harbor\" }}\n",
        ghcr.url(),
        hub.url(),
        harbor.url(),
    );
    let desk = Desk::new().config(&config);
    let images = ["ghcr.io/team/app:1.0", "web:1.0", "harbor.example/shop/group/web:1.0"];
    let checked = desk.check(&images);
    for (image, pushed) in images.iter().zip(&pushed) {
        is_newer(checked.entry(image), "1.1", pushed);
    }
    assert_eq!((asked(ghcr, "/tags/list"), asked(hub, "/tags/list")), (1, 1), "one page has them all");
    assert_eq!((asked(harbor, "/artifacts?"), asked(harbor, "/tags/list")), (1, 1), "{:?}", harbor.requests());
}

#[test]
fn logins_are_used_where_they_belong() {
    let (basic, token, open) =
        (Registry::start(Auth::Basic).unwrap(), Registry::start(Auth::Token).unwrap(), open_registry());
    let (ghcr, harbor) = (Front::start(Manners::Ghcr, &open).unwrap(), Front::start(Manners::Harbor, &open).unwrap());
    let robot = Credentials { user: "robot$demo+ci".to_owned(), password: "robot-s3cret".to_owned() };
    let tester = Credentials { user: "tester".to_owned(), password: "s3cret".to_owned() };
    let pushed = [publish(&basic, "team/app"), publish(&token, "team/app"), publish(&open, "private/app")];
    let images = [
        (format!("{}/team/app:1.0", basic.host()), &pushed[0]),
        (format!("{}/team/app:1.0", token.host()), &pushed[1]),
        (format!("{}/private/app:1.0", ghcr.host()), &pushed[2]),
        (format!("{}/private/app:1.0", harbor.host()), &pushed[2]),
    ];
    let names: Vec<&str> = images.iter().map(|(image, _)| image.as_str()).collect();
    let config = format!("registries.\"{}\".adapter = \"registry-harbor\"\n", harbor.host());
    let desk = Desk::new().config(&config);

    let checked = desk.check(&names);
    for (number, (image, _)) in images.iter().enumerate() {
        let code = if number < 2 { "registry.unauthorized" } else { "registry.denied" };
        is_unknown(checked.entry(image), code, "credentials");
    }

    let login = |known: &Registry| (known.host(), known.credentials().unwrap());
    let desk = desk.logins(&[login(&basic), login(&token), (ghcr.host(), tester), (harbor.host(), robot)]);
    let checked = desk.check(&names);
    for (image, pushed) in &images {
        is_newer(checked.entry(image), "1.1", pushed);
    }
    assert_eq!(asked(&harbor, "/artifacts?"), 1, "its own API takes the robot's password: {:?}", harbor.requests());
    for secret in ["s3cret", "open-sesame"] {
        assert!(!checked.out.contains(secret) && !checked.err.contains(secret));
    }

    let wrong = |user: &str| Credentials { user: user.to_owned(), password: "wrong-s3cret".to_owned() };
    let hosts = [basic.host(), token.host(), ghcr.host(), harbor.host()];
    let checked = desk.logins(&hosts.map(|host| (host, wrong("keeper")))).check(&names);
    for (image, _) in &images {
        is_unknown(checked.entry(image), "registry.unauthorized", "credentials");
    }
    assert!(!checked.out.contains("wrong-s3cret") && !checked.err.contains("wrong-s3cret"));
}

#[test]
fn one_token_is_asked_for_all_that_a_check_reads() {
    let open = open_registry();
    let front = Front::start(Manners::Ghcr, &open).unwrap();
    let names = ["team/a", "team/b", "team/c", "team/d"];
    let pushed = names.map(|name| publish(&open, name));
    let images = names.map(|name| format!("{}/{name}:1.0", front.host()));
    let checked = Desk::new().check(&images.each_ref().map(String::as_str));
    for (image, pushed) in images.iter().zip(&pushed) {
        is_newer(checked.entry(image), "1.1", pushed);
    }
    assert_eq!(asked(&front, "/token?"), 1, "{:?}", front.requests());
}

#[test]
fn platforms_and_pages_are_read_to_the_end() {
    let registry = open_registry();
    let (client, front) = (registry.client(), Front::start(Manners::Ghcr, &registry).unwrap());
    let host = front.host();

    let index = |tag: &str| {
        let members = [Architecture::Amd64, Architecture::Arm64].map(|one| {
            client.push_untagged("kit/index", &App::new(tag, Mode::Healthy).architecture(one).build().unwrap())
        });
        client.push_index("kit/index", tag, &members.map(Result::unwrap), Attestation::With).unwrap()
    };
    let (_, newer) = (index("1.0"), index("1.1"));

    push(&client, "kit/foreign", "1.0", Architecture::native());
    let foreign = push(&client, "kit/foreign", "1.1", Architecture::foreign());

    publish_2500_tags(&client, "kit/many");
    let last = push(&client, "kit/many", "1.30.0", Architecture::native());

    front.set_token_uses(10);
    let images = ["kit/index:1.0", "kit/foreign:1.0", "kit/many:1.3.0"].map(|name| format!("{host}/{name}"));
    let checked = Desk::new().check(&images.each_ref().map(String::as_str));
    is_newer(checked.entry(&images[0]), "1.1", &newer);
    assert_eq!(checked.entry(&images[0])["candidate"]["architecture"], "matches");
    is_newer(checked.entry(&images[2]), "1.30.0", &last);
    assert_eq!(asked(&front, "/v2/kit/many/tags/list"), 26, "2,501 tags, 100 on a page");
    assert!(asked(&front, "/token?") > 3, "tokens end in the middle of the list");

    let entry = checked.entry(&images[1]);
    assert_eq!(entry["candidate"]["digest"], foreign.digest.as_str(), "{entry:#}");
    assert_eq!(entry["candidate"]["architecture"], "mismatch", "{entry:#}");
}

/// Reading a manifest counts as a pull there, asking for its digest does not.
#[test]
fn a_used_up_pull_limit_is_said_and_spent_on_news_alone() {
    let registry = open_registry();
    let hub = Front::start(Manners::Hub, &registry).unwrap();
    publish(&registry, "team/app");
    hub.set_pulls_left(0);
    let desk = Desk::new().config(&format!("registries.\"docker.io\".endpoint = \"{}\"\n", hub.url()));
    let checked = desk.check(&["team/app:1.1", "team/app:1.0"]);
    assert_eq!(checked.entry("team/app:1.1")["status"], "up-to-date");
    is_unknown(checked.entry("team/app:1.0"), "registry.rate-limited", "asks to wait until 20");
    let limit = checked.limit(&hub.host());
    assert_eq!((&limit["remaining"], &limit["limit"]), (&json!(0), &json!(100)), "{limit:#}");
    assert!(limit["left_alone_until"].is_string(), "{limit:#}");
}
