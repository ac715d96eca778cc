//! How each of the well-known services lists and logs in, in front of a real registry.

use super::desk::Desk;
use super::{asked, is_newer, is_unknown, open_registry, publish, push};
use dockrev_testkit::front::{Fault, Front, Manners};
use dockrev_testkit::{Architecture, Attestation, Credentials, Registry};

/// Names of tags that sort before every version here, and after which more are to come.
fn made_up(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("0.0.{number}"))
}

fn fronts<const N: usize>(registry: &Registry, manners: [Manners; N]) -> [Front; N] {
    manners.map(|manners| Front::start(manners, registry).unwrap())
}

fn login(front: &Front, user: &str, password: &str) -> (String, Credentials) {
    (front.host(), Credentials { user: user.to_owned(), password: password.to_owned() })
}

#[test]
fn every_way_to_page_is_followed_to_the_newest_tag() {
    let registry = open_registry();
    let pushed = publish(&registry, "team/app");
    // How many pages 250 tags are, and how the services say where the next one is.
    let services = [
        (Manners::Ghcr, 3),
        (Manners::Acr, 3),
        (Manners::Quay, 3),
        (Manners::GitLab, 1),
        (Manners::Ecr, 1),
        (Manners::Nexus, 1),
    ];
    let fronts = fronts(&registry, services.map(|(manners, _)| manners));
    for front in &fronts {
        front.make_up_tags("team/app", made_up(248));
    }
    let images = fronts.each_ref().map(|front| format!("{}/team/app:1.0", front.host()));
    let desk = Desk::new().logins(&[login(&fronts[4], "AWS", "ecr-s3cret")]);
    let checked = desk.check(&images.each_ref().map(String::as_str));
    for ((image, front), (manners, pages)) in images.iter().zip(&fronts).zip(services) {
        is_newer(checked.entry(image), "1.1", &pushed);
        assert_eq!(asked(front, "/tags/list"), pages, "{manners:?} {:?}", front.requests());
    }
}

#[test]
fn ten_thousand_names_are_read_page_by_page() {
    let registry = open_registry();
    let pushed = publish(&registry, "team/app");
    let fronts = fronts(&registry, [Manners::GitLab, Manners::Ecr, Manners::Nexus, Manners::GitLab, Manners::Ghcr]);
    for front in &fronts {
        front.make_up_tags("team/app", made_up(10_000));
    }
    // It gives as many as it is asked for, and does not say that there are more.
    fronts[3].fail(Fault::NoNextPage);
    let images = fronts.each_ref().map(|front| format!("{}/team/app:1.0", front.host()));
    let desk = Desk::new().logins(&[login(&fronts[1], "AWS", "ecr-s3cret")]);
    let checked = desk.check(&images.each_ref().map(String::as_str));
    for (number, pages) in [11, 11, 1, 11].into_iter().enumerate() {
        is_newer(checked.entry(&images[number]), "1.1", &pushed);
        assert_eq!(asked(&fronts[number], "/tags/list"), pages, "{number}");
    }
    // A hundred at a time is too little: nothing is concluded from what was read.
    assert_eq!(asked(&fronts[4], "/tags/list"), 100);
    assert!(
        !matches!(checked.entry(&images[4])["status"].as_str(), Some("up-to-date")),
        "{:#}",
        checked.entry(&images[4])
    );
}

#[test]
fn every_way_to_log_in_is_taken() {
    let registry = open_registry();
    let pushed = publish(&registry, "private/app");
    let manners = [Manners::GitLab, Manners::Quay, Manners::Ecr, Manners::Acr, Manners::Nexus];
    let fronts = fronts(&registry, manners);
    let images = fronts.each_ref().map(|front| format!("{}/private/app:1.0", front.host()));
    let names = images.each_ref().map(String::as_str);
    let [gitlab, quay, ecr, acr, nexus] = &fronts;
    let logins = |aws: &str| {
        let others = [gitlab, quay, acr, nexus].map(|front| login(front, "tester", "s3cret"));
        others.into_iter().chain([login(ecr, "AWS", aws)]).collect::<Vec<_>>()
    };
    let desk = Desk::new();

    let checked = desk.check(&names);
    for (image, manners) in images.iter().zip(manners) {
        let code = if manners == Manners::Ecr { "registry.unauthorized" } else { "registry.denied" };
        is_unknown(checked.entry(image), code, "credentials");
    }

    let desk = desk.logins(&logins("ecr-s3cret"));
    let checked = desk.check(&names);
    for image in &images {
        is_newer(checked.entry(image), "1.1", &pushed);
    }
    assert_eq!((asked(ecr, "/token"), asked(gitlab, "/jwt/auth?") > 0), (0, true));

    // A password that ended in the night, and an identity token in the place of a password.
    let desk = desk.logins(&logins("old-ecr-s3cret"));
    is_unknown(desk.check(&[names[2]]).entry(names[2]), "registry.denied", "credentials");
    let desk = desk.identity_token(&acr.host(), "identity-s3cret");
    is_newer(desk.check(&[names[3]]).entry(names[3]), "1.1", &pushed);
    let exchanged = acr.requests().iter().any(|request| request.method == "POST" && request.path == "/oauth2/token");
    assert!(exchanged, "{:?}", acr.requests());
    let desk = desk.identity_token(&acr.host(), "old-identity-s3cret");
    let checked = desk.check(&[names[3]]);
    is_unknown(checked.entry(names[3]), "registry.unauthorized", "credentials");
    assert!(!checked.out.contains("identity-s3cret") && !checked.err.contains("identity-s3cret"));
}

/// The registry of a Nexus is below a path, or has a port of its own; either way its name is what images are called by.
#[test]
fn a_registry_below_a_path_is_found() {
    let registry = open_registry();
    let pushed = publish(&registry, "docker-hosted/team/app");
    let [nexus] = fronts(&registry, [Manners::Nexus]);
    let by_name = format!("{}/docker-hosted/team/app:1.0", nexus.host());
    let checked = Desk::new().check(&[&by_name]);
    is_newer(checked.entry(&by_name), "1.1", &pushed);

    nexus.serve_below("/repository/docker-hosted", "docker-hosted");
    let config = format!("registries.\"nexus.example\".endpoint = \"{}/repository/docker-hosted\"\n", nexus.url());
    let image = "nexus.example/team/app:1.0";
    let checked = Desk::new().config(&config).check(&[image]);
    is_newer(checked.entry(image), "1.1", &pushed);
}

#[test]
fn names_of_docker_hub_are_one() {
    let registry = open_registry();
    let hub = Front::start(Manners::Hub, &registry).unwrap();
    let pushed = publish(&registry, "library/web");
    let desk = Desk::new().config(&format!("registries.\"docker.io\".endpoint = \"{}\"\n", hub.url()));
    let images = ["web:1.0", "library/web:1.0", "docker.io/web:1.0", "index.docker.io/library/web:1.0"];
    let checked = desk.check(&images);
    for image in images {
        is_newer(checked.entry(image), "1.1", &pushed);
    }
    assert_eq!(asked(&hub, "/tags/list"), 1, "it is one question");
}

#[test]
fn manifests_of_other_kinds_are_said_to_be_that() {
    let registry = open_registry();
    publish(&registry, "team/app");
    let schema_1 = r#"{"schemaVersion": 1, "name": "team/app", "tag": "1.0", "architecture": "amd64", "fsLayers": []}"#;
    let cases = [
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", schema_1, "schema 1"),
        ("application/json", schema_1, "schema 1"),
        ("application/vnd.unheard-of.v7+json", r#"{"schemaVersion": 2}"#, "unknown media type"),
        (
            "application/vnd.oci.image.manifest.v1+json",
            r#"{"schemaVersion": 2, "mediaType": "application/vnd.unheard-of.v7+json", "blobs": []}"#,
            "unknown media type",
        ),
    ];
    let fronts = cases.map(|(media_type, text, _)| {
        let front = Front::start(Manners::Ghcr, &registry).unwrap();
        front.fail(Fault::ManifestIs(media_type, text));
        front
    });
    let images = fronts.each_ref().map(|front| format!("{}/team/app:1.0", front.host()));
    let checked = Desk::new().check(&images.each_ref().map(String::as_str));
    for (image, (_, _, part)) in images.iter().zip(cases) {
        is_unknown(checked.entry(image), "registry.unsupported", part);
    }
}

#[test]
fn an_index_in_an_index_is_read() {
    let registry = open_registry();
    let client = registry.client();
    push(&client, "team/app", "1.0", Architecture::native());
    let inner = push(&client, "team/app", "inner", Architecture::native());
    let inner = client.push_index("team/app", "inner-index", &[inner], Attestation::With).unwrap();
    let outer = client.push_index("team/app", "1.1", &[inner], Attestation::Without).unwrap();
    let image = format!("{}/team/app:1.0", registry.host());
    let checked = Desk::new().check(&[&image]);
    is_newer(checked.entry(&image), "1.1", &outer);
    assert_eq!(checked.entry(&image)["candidate"]["architecture"], "matches");
}
