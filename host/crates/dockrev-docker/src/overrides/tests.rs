use super::*;

fn pinned(text: &str) -> PinnedImage {
    let image: ImageRef = text.parse().unwrap();
    PinnedImage {
        repository: image.repository().clone(),
        tag: image.tag().unwrap().clone(),
        digest: image.digest().unwrap().clone(),
    }
}

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

fn two_pins() -> Pins {
    Pins::from([
        (ServiceName::new("web"), pinned(&format!("nginx:1.27.1@{}", digest("a")))),
        (ServiceName::new("a: \"b\""), pinned(&format!("localhost:5000/team/app:2@{}", digest("b")))),
    ])
}

#[test]
fn tells_its_reader_what_it_is() {
    let text = render(Path::new("/data/overrides/shop/override.yaml"), &StackName::new("shop"), &two_pins());
    let expected = format!(
        r#"# Written by Dockrev: the images that it updated services of stack `shop` to.
# Dockrev replaces this file; do not edit it.
#
# Your own compose files keep their older tags. To bring the stack up with the updated images, pass this
# file last, after your own files:
#
#   docker compose -f compose.yaml -f /data/overrides/shop/override.yaml up -d
#
# To make an update your own, write its tag into your compose file; to drop them all, remove this file.
services:
  "a: \"b\"":
    image: "localhost:5000/team/app:2@{}"
  "web":
    image: "nginx:1.27.1@{}"
"#,
        digest("b"),
        digest("a")
    );
    assert_eq!(text, expected);
}

#[test]
fn reads_what_it_wrote_and_leaves_nothing_else_behind() {
    let folder = tempfile::tempdir().unwrap();
    let overrides = Overrides::new(folder.path().join("overrides"));
    let stack = StackName::new("shop");
    assert_eq!(overrides.read(&stack).unwrap(), Pins::new());
    overrides.write(&stack, &Pins::new()).unwrap();
    for _ in 0..2 {
        overrides.write(&stack, &two_pins()).unwrap();
        assert_eq!(overrides.read(&stack).unwrap(), two_pins());
    }
    let names = || fs::read_dir(folder.path().join("overrides/shop")).unwrap().count();
    assert_eq!(names(), 1);
    overrides.write(&stack, &Pins::new()).unwrap();
    assert_eq!(overrides.read(&stack).unwrap(), Pins::new());
    assert_eq!(names(), 0);
}

#[test]
fn a_write_that_fails_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let overrides = Overrides::new(folder.path());
    let stack = StackName::new("shop");
    // Something that no file can take the place of.
    fs::create_dir_all(overrides.path(&stack).unwrap().join("in the way")).unwrap();
    let error = overrides.write(&stack, &two_pins()).unwrap_err();
    assert!(matches!(error, HostError::File { action: "write", .. }), "{error}");
    assert_eq!(fs::read_dir(folder.path().join("shop")).unwrap().count(), 1);
}

#[test]
fn a_file_broken_by_hand_is_an_error_that_says_so() {
    let check = |text: &str, word: &str| {
        let reason = parse(text).unwrap_err();
        assert!(reason.contains(word), "{text}: {reason}");
    };
    check("services: [", "not an override file");
    check("services:\n  web:\n    image: nginx:1.27\n", "`nginx:1.27` of service `web`");
    check(&format!("services:\n  web:\n    image: nginx@{}\n", digest("a")), "is not `repository:tag@digest`");
    check(&format!("services:\n  web:\n    image: nginx:1@{}\n    ports: [80]\n", digest("a")), "and no more");
    check("volumes: {}\n", "and no more");
    assert_eq!(parse("services:\n").unwrap(), Pins::new());
}

#[test]
fn a_stack_name_cannot_leave_the_folder() {
    let overrides = Overrides::new("/data/overrides");
    let check = |name: &str, good: bool| assert_eq!(overrides.path(&StackName::new(name)).is_ok(), good, "{name}");
    check("shop", true);
    check("My_shop-2.0", true);
    check("..", false);
    check(".hidden", false);
    check("a/b", false);
    check("", false);
    check("a\0", false);
    check(&"a".repeat(256), false);
}

#[test]
fn knows_its_files_by_any_spelling() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    for folder in ["data/overrides/shop", "srv"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    fs::write(at("data/overrides/shop/override.yaml"), "").unwrap();
    fs::write(at("srv/compose.yaml"), "").unwrap();
    std::os::unix::fs::symlink(at("data"), at("link")).unwrap();
    let check = |folder: &str, path: &str, expected: bool| {
        assert_eq!(Overrides::new(at(folder)).contains(&at(path)), expected, "{folder} {path}");
    };
    for folder in ["data/overrides", "link/overrides", "srv/../data/overrides", "data/./overrides/"] {
        check(folder, "data/overrides/shop/override.yaml", true);
        check(folder, "link/overrides/shop/override.yaml", true);
        check(folder, "srv/../link/overrides/shop/override.yaml", true);
        check(folder, "link/overrides/removed/override.yaml", true);
        check(folder, "srv/compose.yaml", false);
        check(folder, "data/overrides/../compose.yaml", false);
        check(folder, "data/overrides-of-mine/compose.yaml", false);
    }
    std::os::unix::fs::symlink(at("srv"), at("data/overrides/linked")).unwrap();
    check("data/overrides", "data/overrides/linked/override.yaml", true);
    // Neither exists.
    check("no/overrides", "no/overrides/shop/override.yaml", true);
    check("no/x/../overrides", "no/overrides/shop/override.yaml", true);
    check("no/overrides", "no/overrides/../compose.yaml", false);
}
