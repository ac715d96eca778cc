//! Where it is not certain, nothing is written, and the reason is said with its place.

use super::*;

/// Asserts that nothing is found for the service `web`, which is made from `nginx:1.0`, and that the reason says `what`.
#[track_caller]
fn refuses(case: &Case<'_>, what: &str) {
    let cannot = case.find("web", "nginx:1.0", "1.1").unwrap_err().to_string();
    assert!(cannot.contains(what), "`{what}` is not in `{cannot}`");
}

#[track_caller]
fn refuses_file(compose_file: &str, what: &str) {
    refuses(&Case::of(compose_file), what);
}

#[test]
fn what_cannot_be_read_with_certainty() {
    refuses_file("services: {}", "no place in its files");
    refuses_file("services: {web: {build: .}}", "no place in its files");
    refuses_file("services: {web: {image: }}", "not at all (/srv/compose.yaml:1)");
    refuses_file("services:\n  web:\n    image: [nginx:1.0]\n", "its image is no text (/srv/compose.yaml:3)");
    refuses_file("services:\n  web:\n    image: >-\n      nginx:1.0\n", "as a block (/srv/compose.yaml:4)");
    refuses_file("services:\n  web:\n    image: |\n      nginx:1.0\n", "as a block");
    refuses_file("services:\n  web:\n    image: \"nginx\\x3a1.0\"\n", "with escapes");
    refuses_file("services:\n  web:\n    image: !reset nginx:1.0\n", "a YAML tag");
    refuses_file(
        "services:\n  web:\n    image: nginx:1.0\n    image: nginx:1.0\n",
        "`image` is written twice (/srv/compose.yaml:4)",
    );
    refuses_file("services: {web: {image: nginx:1.0}, web: {image: nginx:1.0}}", "`web` is written twice");
    refuses_file(
        "services: {web: {image: nginx:1.0}}\n---\nservices: {}\n",
        "several YAML documents (/srv/compose.yaml:2)",
    );
    refuses_file("services:\n  web: [\n", "not YAML");
    let digest = "a".repeat(64);
    let pinned = format!("services: {{web: {{image: \"nginx:1.0@sha256:{digest}\"}}}}");
    refuses_file(&pinned, "written with a digest (/srv/compose.yaml:1)");
    let no_text = Case::of("services: {web: {image: \"nginx:$TAG\"}}");
    let path = PathBuf::from("/srv/compose.yaml");
    let contents = Contents::from([(path.clone(), b"services: {web: {image: nginx:1.0}} # \xff".to_vec())]);
    let project = ComposeProject {
        name: StackName::new("shop"),
        working_dir: "/srv".into(),
        files: vec![path.clone()],
        env_files: Vec::new(),
    };
    let compose_files = BTreeSet::from([path]);
    let files = Files { project: &project, contents: &contents, compose_files: &compose_files, is_set: &|_| false };
    let cannot = find(&files, &wanted("web", "nginx:1.0", "1.1")).unwrap_err();
    assert_eq!(cannot.obstacle, Obstacle::NotUtf8);
    refuses(&no_text, "variable `TAG` is set in no file");
}

#[test]
fn what_compose_says_otherwise() {
    refuses_file("services: {web: {image: nginx:0.9}}", "`nginx:0.9` was found, and Compose says `nginx:1.0`");
    refuses_file("services: {web: {image: other:1.0}}", "Compose says `nginx:1.0`");
    refuses_file("services: {web: {image: NGINX}}", "Compose says");
}

#[test]
fn what_decides_about_others() {
    refuses_file("services: {web: &w {image: nginx:1.0}, db: *w}", "also decides about db");
    refuses_file(
        "x-b: &b {image: nginx:1.0}\nservices:\n  web: {<<: *b}\n  a: {<<: *b}\n  c: {<<: *b}\n",
        "also decides about a, c (/srv/compose.yaml:1)",
    );
    refuses_file("services: {web: {image: &i nginx:1.0}, db: {image: *i}}", "also decides about db");
    refuses_file("services: {web: {image: &i nginx:1.0, labels: {i: *i}}}", "its anchor is used at");
    refuses_file("services: {base: {image: nginx:1.0}, web: {extends: base}}", "also decides about base");
    let two = "services: {web: {extends: {file: b.yaml, service: b}}, api: {extends: {file: b.yaml, service: b}}}";
    refuses(&Case::of(two).file("b.yaml", "services: {b: {image: nginx:1.0}}"), "also decides about api");
}

#[test]
fn variables_that_are_not_this_services_alone() {
    let case = |image: &str, more: &str, env: &'static str| {
        let text = format!("services:\n  web:\n    image: {image}\n{more}");
        (text, env)
    };
    let check = |(text, env): (String, &str), what: &str| refuses(&Case::of(&text).file(".env", env), what);
    check(
        case("nginx:$TAG", "  api:\n    image: api:$TAG\n", "TAG=1.0"),
        "also decides about /srv/compose.yaml:5 (/srv/.env:1)",
    );
    check(case("nginx:$TAG", "    labels: [\"v=${TAG}\"]\n", "TAG=1.0"), "also decides about /srv/compose.yaml:4");
    check(case("nginx:$TAG", "    environment: [TAG]\n", "TAG=1.0"), "also decides about /srv/compose.yaml:4");
    check(case("nginx:$TAG", "    env_file: .env\n", "TAG=1.0"), "the environment of service `web`");
    check(case("nginx:$TAG", "", "TAG=1.0\nIMAGE=app:$TAG\n"), "variable `IMAGE`");
    check(case("$REPO:$TAG", "", "REPO=nginx\nTAG=1.0\n"), "made from several variables (/srv/compose.yaml:3)");
    check(case("nginx:${A:-${B}}", "", "B=1.0\n"), "several variables");
    check(case("nginx:${TAG:+1.0}", "", "TAG=1"), "replaced by something else");
    check(case("nginx:$TAG", "", "OTHER=1.0"), "variable `TAG` is set in no file");
    check(case("nginx:$TAG", "", "TAG=1.0\nTAG=1.0\n"), "two places decide: /srv/.env:1 as well (/srv/.env:2)");
    check(case("nginx:$TAG", "", "TAG=$OTHER\nOTHER=1.0\n"), "made from another variable (/srv/.env:1)");
    check(case("nginx:$TAG", "", "TAG: 1.0\n"), "set with a colon");
    check(case("nginx:$TAG", "", "TAG=0.9\n"), "`nginx:0.9` was found");
    check(case("$REPO:1.0", "", "REPO=nginx"), "only a part of the tag");
    check(case("nginx:2.$MINOR", "", "MINOR=0"), "`nginx:2.0` was found");
    let set = Case::of("services: {web: {image: \"nginx:${TAG:-1.0}\"}}").environment("TAG");
    refuses(&set, "variable `TAG` comes from the environment of the process");
}

#[test]
fn files_that_are_not_certain() {
    let web = "services: {web: {image: nginx:1.0}}";
    refuses(&Case::of("include: [\"$PART\"]").file("p.yaml", web), "not certain which file is included");
    refuses(&Case::of("include: [p.yaml]"), "was not found (/srv/p.yaml)");
    refuses(&Case::of("include: [p.yaml, q.yaml]").file("p.yaml", web).file("q.yaml", web), "two places decide");
    let both = format!("include: [p.yaml]\n{web}");
    refuses(&Case::of(&both).file("p.yaml", web), "two places decide: /srv/p.yaml:1 as well");
    refuses(&Case::of("include: [p.yaml]").file("p.yaml", "include: [compose.yaml]"), "round in a circle");
    refuses(&Case::of("services: {web: {extends: {file: $F, service: b}}}"), "not certain which service is extended");
    refuses(&Case::of("services: {web: {extends: {service: web}}}"), "extend each other in a circle");
    refuses(&Case::of("services: {web: {extends: {file: b.yaml, service: b}}}"), "was not found (/srv/b.yaml)");
}
