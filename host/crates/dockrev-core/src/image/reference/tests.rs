use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// `text` parses, prints in full as `full` and for people as `familiar`.
#[track_caller]
fn check(text: &str, full: &str, familiar: &str) {
    let (text, full, familiar) = (expand(text), expand(full), expand(familiar));
    let parsed: ImageRef = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(parsed.to_string(), full, "{text}");
    assert_eq!(parsed.familiar(), familiar, "{text}");
    assert_eq!(parsed.to_string().parse::<ImageRef>().as_ref(), Ok(&parsed), "{text} does not round-trip");
    assert_eq!(parsed.familiar().parse::<ImageRef>().as_ref(), Ok(&parsed), "{text} is another one for people");
}

#[track_caller]
fn refuse(text: &str, message_part: &str) {
    let error = expand(text).parse::<ImageRef>().expect_err(text);
    assert!(error.to_string().contains(message_part), "{text}: {error}");
}

fn expand(text: &str) -> String {
    text.replace("DIGEST", &format!("sha256:{HEX}"))
}

#[test]
fn normalises_as_the_distribution_project_does() {
    check("nginx", "docker.io/library/nginx", "nginx");
    check("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27");
    check("library/nginx", "docker.io/library/nginx", "nginx");
    check("docker.io/nginx", "docker.io/library/nginx", "nginx");
    check("docker.io/library/nginx", "docker.io/library/nginx", "nginx");
    check("index.docker.io/nginx", "docker.io/library/nginx", "nginx");
    check("index.docker.io/team/app", "docker.io/team/app", "team/app");
    check("team/app:v1", "docker.io/team/app:v1", "team/app:v1");
    check("library/team/app", "docker.io/library/team/app", "library/team/app");
    check("ghcr.io/a/b/c:x", "ghcr.io/a/b/c:x", "ghcr.io/a/b/c:x");
    check("localhost/app", "localhost/app", "localhost/app");
    check("localhost:5000/app", "localhost:5000/app", "localhost:5000/app");
    check("host:5000/app:1", "host:5000/app:1", "host:5000/app:1");
    check("Host/app", "Host/app", "Host/app");
    check("127.0.0.1:5000/demo/app:1.0", "127.0.0.1:5000/demo/app:1.0", "127.0.0.1:5000/demo/app:1.0");
    check("[2001:db8::1]:5000/app", "[2001:db8::1]:5000/app", "[2001:db8::1]:5000/app");
    check("[::1]/app", "[::1]/app", "[::1]/app");
    check("xn--n3h.com/app:tag", "xn--n3h.com/app:tag", "xn--n3h.com/app:tag");
    check("app@DIGEST", "docker.io/library/app@DIGEST", "app@DIGEST");
    check("app:1.0@DIGEST", "docker.io/library/app:1.0@DIGEST", "app:1.0@DIGEST");
    check("host:5000/app:1.0@DIGEST", "host:5000/app:1.0@DIGEST", "host:5000/app:1.0@DIGEST");
    check("a__b/c--d.e_f", "docker.io/a__b/c--d.e_f", "a__b/c--d.e_f");
    check("app:_under.score-1", "docker.io/library/app:_under.score-1", "app:_under.score-1");
    check("docker.io/a.b/c", "docker.io/a.b/c", "docker.io/a.b/c");
    check("docker.io/localhost/app:1", "docker.io/localhost/app:1", "docker.io/localhost/app:1");
    check("docker.io/localhost", "docker.io/library/localhost", "localhost");
    check(&format!("library/{HEX}"), &format!("docker.io/library/{HEX}"), &format!("library/{HEX}"));
    check(&HEX[..63], &format!("docker.io/library/{}", &HEX[..63]), &HEX[..63]);
}

#[test]
fn refuses_by_name_what_is_no_reference() {
    refuse("", "must not be empty");
    refuse(HEX, "image id");
    refuse("Nginx", "lower case");
    refuse("team/App:1", "lower case");
    refuse("app:", "not a tag");
    refuse("app:.x", "not a tag");
    refuse(&format!("app:{}", "x".repeat(129)), "not a tag");
    refuse("app@sha256:abc", "64 lower-case");
    refuse("app@md5:0123", "not supported");
    refuse("app@", "not a digest");
    refuse(":1.0", "not a repository name");
    refuse("/app", "not a repository name");
    refuse("team//app", "not a repository name");
    refuse("team/app/", "not a repository name");
    refuse("a___b", "not a repository name");
    refuse("a..b/c:1 ", "not a");
    refuse("-app", "not a repository name");
    refuse("app-", "not a repository name");
    refuse("a$b", "not a repository name");
    refuse("-host.example/app", "not a registry");
    refuse("host:port/app", "not a registry");
    refuse("host:/app", "not a registry");
    refuse(&format!("host.example/{}", "a".repeat(256)), "longer than 255");
}

#[test]
fn follows_latest_only_where_nothing_is_written() {
    let tag = |text: &str| expand(text).parse::<ImageRef>().unwrap().effective_tag().map(|tag| tag.to_string());
    assert_eq!(tag("app").as_deref(), Some("latest"));
    assert_eq!(tag("app:1").as_deref(), Some("1"));
    assert_eq!(tag("app:1@DIGEST").as_deref(), Some("1"));
    assert_eq!(tag("app@DIGEST"), None);
}
