//! Files in, a service, and the files that come out: or why not.

use super::super::place;
use super::*;
use crate::overrides::normalised;
use dockrev_core::ids::{ServiceName, StackName};
use dockrev_core::plan::Rewrite;
use dockrev_core::ports::{Standing, Way};
use dockrev_core::stack::FileHash;

mod refusals;

/// A project in `/srv`, made of files with these names and contents.
#[derive(Clone, Default)]
struct Case<'a> {
    files: Vec<(&'a str, &'a str)>,
    /// What Compose is called with; `compose.yaml` if nothing is said.
    compose: Vec<&'a str>,
    env_files: Vec<&'a str>,
    /// Variables of the process.
    environment: Vec<&'a str>,
}

impl<'a> Case<'a> {
    fn of(compose_file: &'a str) -> Self {
        Self::default().file("compose.yaml", compose_file)
    }

    fn file(mut self, name: &'a str, content: &'a str) -> Self {
        self.files.push((name, content));
        self
    }

    fn called_with(mut self, compose: &[&'a str]) -> Self {
        self.compose = compose.to_vec();
        self
    }

    fn env_file(mut self, name: &'a str) -> Self {
        self.env_files.push(name);
        self
    }

    fn environment(mut self, name: &'a str) -> Self {
        self.environment.push(name);
        self
    }

    /// What is found for `service`, which Compose says is `image`, on its way to `tag`.
    fn find(&self, service: &str, image: &str, tag: &str) -> Result<Edit, CannotRewrite> {
        let path = |name: &&str| normalised(&Path::new("/srv").join(name));
        let names = if self.compose.is_empty() { vec!["compose.yaml"] } else { self.compose.clone() };
        let project = ComposeProject {
            name: StackName::new("shop"),
            working_dir: "/srv".into(),
            files: names.iter().map(path).collect(),
            env_files: self.env_files.iter().map(path).collect(),
        };
        let contents: Contents =
            self.files.iter().map(|(name, content)| (path(name), content.as_bytes().to_vec())).collect();
        let compose_files = contents.keys().filter(|path| path.extension().is_some_and(|e| e == "yaml"));
        let compose_files: BTreeSet<PathBuf> = compose_files.cloned().collect();
        let is_set = |name: &str| self.environment.contains(&name);
        let files = Files { project: &project, contents: &contents, compose_files: &compose_files, is_set: &is_set };
        find(&files, &wanted(service, image, tag))
    }

    /// Asserts that the one change is that `before`, in `file`, becomes `after`.
    #[track_caller]
    fn becomes(&self, (service, image, tag): (&str, &str, &str), file: &str, after: &str) {
        let edit = self.find(service, image, tag).unwrap_or_else(|cannot| panic!("{cannot}"));
        assert_eq!(edit.path, normalised(&Path::new("/srv").join(file)));
        let (_, before) = *self.files.iter().find(|(name, _)| *name == file).unwrap();
        let rewrite = freeze(&edit, before);
        assert_eq!(place::standing(before, &rewrite), Standing::Before);
        let there = place::replaced(before, &rewrite, Way::Forth).unwrap();
        assert_eq!(there, after);
        // What was done is seen, is not done twice, and is undone byte for byte.
        assert_eq!(place::standing(&there, &rewrite), Standing::After);
        assert_eq!(place::replaced(&there, &rewrite, Way::Forth).unwrap(), after);
        assert_eq!(place::replaced(&there, &rewrite, Way::Back).unwrap(), before);
        assert_eq!(place::replaced(before, &rewrite, Way::Back).unwrap(), before);
    }
}

fn wanted(service: &str, image: &str, tag: &str) -> Wanted {
    let reference: ImageRef = image.parse().unwrap();
    let digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
    let to = PinnedImage { repository: reference.repository().clone(), tag: tag.parse().unwrap(), digest };
    Wanted { service: ServiceName::new(service), file_image: image.to_owned(), to }
}

fn freeze(edit: &Edit, text: &str) -> Rewrite {
    let digest = format!("sha256:{}", "b".repeat(64)).parse().unwrap();
    Rewrite {
        file: FileHash { path: edit.path.clone(), digest },
        place: edit.place.clone(),
        line: edit.line,
        lead: String::new(),
        before: text[edit.span.clone()].to_owned(),
        after: edit.after.clone(),
        rest: String::new(),
    }
}

/// One compose file whose service `web` is made from `nginx:1.0` and goes to `1.1`.
#[track_caller]
fn check(before: &str, after: &str) {
    Case::of(before).becomes(("web", "nginx:1.0", "1.1"), "compose.yaml", after);
}

#[test]
fn keeps_every_other_byte_of_the_file() {
    check("services:\n  web:\n    image: nginx:1.0\n", "services:\n  web:\n    image: nginx:1.1\n");
    // No line end at the end; Windows line ends; a byte-order mark.
    check("services:\n  web:\n    image: nginx:1.0", "services:\n  web:\n    image: nginx:1.1");
    check(
        "services:\r\n  web:\r\n    image: nginx:1.0\r\n    tty: true\r\n",
        "services:\r\n  web:\r\n    image: nginx:1.1\r\n    tty: true\r\n",
    );
    check("\u{feff}services:\n  web:\n    image: nginx:1.0\n", "\u{feff}services:\n  web:\n    image: nginx:1.1\n");
    // Comments, blanks, tabs before a comment, a document start, a trailing `...`.
    check(
        "# nginx:1.0\nservices:\n  web: # nginx:1.0\n    image:   nginx:1.0 \t# keep: nginx:1.0\n\n\n",
        "# nginx:1.0\nservices:\n  web: # nginx:1.0\n    image:   nginx:1.1 \t# keep: nginx:1.0\n\n\n",
    );
    check("---\nservices:\n  web:\n    image: nginx:1.0\n...\n", "---\nservices:\n  web:\n    image: nginx:1.1\n...\n");
    check(
        "services:\n  web:\n    image: nginx:1.0 # für später ✓\n",
        "services:\n  web:\n    image: nginx:1.1 # für später ✓\n",
    );
    check("version: '3'\nservices: {web: {image: nginx:1.0}}", "version: '3'\nservices: {web: {image: nginx:1.1}}");
}

#[test]
fn keeps_the_way_it_is_written() {
    check("services: {web: {image: 'nginx:1.0'}}", "services: {web: {image: 'nginx:1.1'}}");
    check("services: {web: {image: \"nginx:1.0\"}}", "services: {web: {image: \"nginx:1.1\"}}");
    check(
        "services: {\"web\":{\"image\":\"nginx:1.0\",\"tty\":true}}",
        "services: {\"web\":{\"image\":\"nginx:1.1\",\"tty\":true}}",
    );
    check("services:\n  web:\n    'image': nginx:1.0\n", "services:\n  web:\n    'image': nginx:1.1\n");
    check("services:\n  web:\n    image:\n      nginx:1.0\n", "services:\n  web:\n    image:\n      nginx:1.1\n");
    check("services:\n  web:\n    ? image\n    : nginx:1.0\n", "services:\n  web:\n    ? image\n    : nginx:1.1\n");
    check("services:\n  web: &w\n    image: &i nginx:1.0\n", "services:\n  web: &w\n    image: &i nginx:1.1\n");
    check("services:\n    web:\n            image: nginx:1.0\n", "services:\n    web:\n            image: nginx:1.1\n");
}

#[test]
fn changes_the_tag_and_keeps_the_name_as_it_is_spelt() {
    let check = |image: &str, tag: &str, after: &str| {
        let (before, after) =
            (format!("services: {{web: {{image: {image}}}}}"), format!("services: {{web: {{image: {after}}}}}"));
        Case::of(&before).becomes(("web", image, tag), "compose.yaml", &after);
    };
    check("nginx", "1.1", "nginx:1.1");
    check("docker.io/library/nginx:1.0", "1.1-alpine", "docker.io/library/nginx:1.1-alpine");
    check("localhost:5000/a/b:v1", "v2", "localhost:5000/a/b:v2");
    check("localhost:5000/a/b", "v2", "localhost:5000/a/b:v2");
    check("ghcr.io/a/b_c:2026.01.1", "2026.02.1", "ghcr.io/a/b_c:2026.02.1");
}

#[test]
fn finds_the_place_that_counts() {
    // Only the service that is meant, whatever the others are called.
    check(
        "services:\n  web2:\n    image: nginx:1.0\n  web:\n    image: nginx:1.0\n  image:\n    image: nginx:1.0\n",
        "services:\n  web2:\n    image: nginx:1.0\n  web:\n    image: nginx:1.1\n  image:\n    image: nginx:1.0\n",
    );
    check(
        "x-web: {image: nginx:1.0}\nservices:\n  web:\n    labels: {image: nginx:1.0}\n    image: nginx:1.0\n",
        "x-web: {image: nginx:1.0}\nservices:\n  web:\n    labels: {image: nginx:1.0}\n    image: nginx:1.1\n",
    );
    // Merged in, once; what is merged in and overruled is somebody else's.
    check(
        "x-web: &web\n  image: nginx:1.0\nservices:\n  web:\n    <<: *web\n",
        "x-web: &web\n  image: nginx:1.1\nservices:\n  web:\n    <<: *web\n",
    );
    check(
        "x-a: &a {tty: true}\nx-b: &b {image: nginx:1.0}\nservices:\n  web:\n    <<: [*a, *b]\n",
        "x-a: &a {tty: true}\nx-b: &b {image: nginx:1.1}\nservices:\n  web:\n    <<: [*a, *b]\n",
    );
    check(
        "x-b: &b {image: nginx:1.0}\nservices:\n  db:\n    <<: *b\n  web:\n    <<: *b\n    image: nginx:1.0\n",
        "x-b: &b {image: nginx:1.0}\nservices:\n  db:\n    <<: *b\n  web:\n    <<: *b\n    image: nginx:1.1\n",
    );
    check(
        "x-image: &i nginx:1.0\nservices:\n  web:\n    image: *i\n",
        "x-image: &i nginx:1.1\nservices:\n  web:\n    image: *i\n",
    );
    check(
        "x-web: &web {image: nginx:1.0}\nservices:\n  web: *web\n",
        "x-web: &web {image: nginx:1.1}\nservices:\n  web: *web\n",
    );
}

#[test]
fn the_last_of_several_files_counts() {
    let (base, over) = ("services: {web: {image: nginx:0.9}}", "services: {web: {image: nginx:1.0}}");
    let case = Case::default().file("compose.yaml", base).file("o.yaml", over).called_with(&["compose.yaml", "o.yaml"]);
    case.becomes(("web", "nginx:1.0", "1.1"), "o.yaml", "services: {web: {image: nginx:1.1}}");
    let case = Case::default()
        .file("compose.yaml", over)
        .file("o.yaml", "services: {web: {tty: true}}")
        .called_with(&["compose.yaml", "o.yaml"]);
    case.becomes(("web", "nginx:1.0", "1.1"), "compose.yaml", "services: {web: {image: nginx:1.1}}");
    let case = Case::default()
        .file("a.yaml", base)
        .file("b/o.yaml", "services:\n  web:\n    extends: {file: c.yaml, service: base}\n")
        .file("b/c.yaml", "services: {base: {image: nginx:1.0}}")
        .called_with(&["a.yaml", "b/o.yaml"]);
    case.becomes(("web", "nginx:1.0", "1.1"), "b/c.yaml", "services: {base: {image: nginx:1.1}}");
}

#[test]
fn follows_extends_and_include() {
    let web = ("web", "nginx:1.0", "1.1");
    let extends = "services: {web: {extends: {file: base/b.yaml, service: base}}}";
    let case = Case::of(extends).file("base/b.yaml", "services: {base: {image: nginx:1.0}, other: {image: nginx:1.0}}");
    case.becomes(web, "base/b.yaml", "services: {base: {image: nginx:1.1}, other: {image: nginx:1.0}}");
    // Over several files.
    let case = Case::of(extends)
        .file("base/b.yaml", "services: {base: {extends: {file: ../c.yaml, service: c}}}")
        .file("c.yaml", "services: {c: {image: nginx:1.0}}");
    case.becomes(web, "c.yaml", "services: {c: {image: nginx:1.1}}");
    // What the service says itself counts.
    let case = Case::of("services: {web: {extends: {file: b.yaml, service: base}, image: nginx:1.0}}")
        .file("b.yaml", "services: {base: {image: nginx:0.1}}");
    case.becomes(web, "compose.yaml", "services: {web: {extends: {file: b.yaml, service: base}, image: nginx:1.1}}");
    let included = "services: {web: {image: nginx:1.0}}";
    for include in ["include: [part/p.yaml]", "include: [{path: part/p.yaml}]", "include: [{path: [part/p.yaml]}]"] {
        let main = format!("{include}\nservices: {{db: {{image: db:1}}}}\n");
        let case = Case::of(&main).file("part/p.yaml", included);
        case.becomes(web, "part/p.yaml", "services: {web: {image: nginx:1.1}}");
    }
    let case = Case::of("include: [part/p.yaml]")
        .file("part/p.yaml", "include: [../q.yaml]")
        .file("q.yaml", "services: {web: {image: nginx:1.0}}");
    case.becomes(web, "q.yaml", "services: {web: {image: nginx:1.1}}");
}

#[test]
fn follows_a_variable_into_the_environment_file() {
    let web = ("web", "nginx:1.0", "1.1");
    let check = |image: &str, before: &str, after: &str| {
        let compose = format!("services:\n  web:\n    image: {image}\n");
        Case::of(&compose).file(".env", before).becomes(web, ".env", after);
    };
    check("nginx:$TAG", "TAG=1.0\n", "TAG=1.1\n");
    check("nginx:${TAG}", "A=1\r\nTAG=1.0\r\nB=2\r\n", "A=1\r\nTAG=1.1\r\nB=2\r\n");
    check("\"nginx:${TAG:-0.1}\"", "TAG='1.0'", "TAG='1.1'");
    check("nginx:${TAG-0.1}", "# TAG=1.0\nexport TAG=\"1.0\" # c\n", "# TAG=1.0\nexport TAG=\"1.1\" # c\n");
    check("nginx:${TAG:?say it}", "\u{feff}TAG = 1.0\n", "\u{feff}TAG = 1.1\n");
    check("${IMAGE}", "IMAGE=nginx:1.0\n", "IMAGE=nginx:1.1\n");
    check("nginx:1.$MINOR", "MINOR=0\n", "MINOR=1\n");
    check("nginx:${TAG}", "KEY='a\nTAG=5\n'\nTAG=1.0\n", "KEY='a\nTAG=5\n'\nTAG=1.1\n");
    let alpine = Case::of("services: {web: {image: \"nginx:${V}-alpine\"}}").file(".env", "V=1.0\n");
    alpine.becomes(("web", "nginx:1.0-alpine", "1.1-alpine"), ".env", "V=1.1\n");
}

#[test]
fn takes_the_environment_file_that_compose_takes() {
    let web = ("web", "nginx:1.0", "1.1");
    let case = Case::of("services: {web: {image: \"nginx:$TAG\"}}").file(".env", "TAG=0.1").file("prod.env", "TAG=1.0");
    case.clone().env_file("prod.env").becomes(web, "prod.env", "TAG=1.1");
    // The last one wins, and one without the variable says nothing.
    let both = case.clone().file("a.env", "TAG=0.2").env_file("a.env").env_file("prod.env");
    both.becomes(web, "prod.env", "TAG=1.1");
    let last = case.file("b.env", "OTHER=1").env_file("prod.env").env_file("b.env");
    last.becomes(web, "prod.env", "TAG=1.1");
    // An included project has one of its own; what the including one sets wins.
    let part = Case::of("include: [part/p.yaml]").file("part/p.yaml", "services: {web: {image: \"nginx:$TAG\"}}");
    part.clone().file("part/.env", "TAG=1.0").becomes(web, "part/.env", "TAG=1.1");
    let outer = part.clone().file("part/.env", "TAG=0.5").file(".env", "TAG=1.0");
    outer.becomes(web, ".env", "TAG=1.1");
    let named = Case::of("include: [{path: part/p.yaml, env_file: inc.env}]")
        .file("part/p.yaml", "services: {web: {image: \"nginx:$TAG\"}}")
        .file("inc.env", "TAG=1.0");
    named.becomes(web, "inc.env", "TAG=1.1");
}

#[test]
fn changes_the_default_where_nothing_sets_the_variable() {
    let check = |before: &str, env: &str, after: &str| {
        Case::of(before).file(".env", env).becomes(("web", "nginx:1.0", "1.1"), "compose.yaml", after);
    };
    check("services: {web: {image: \"nginx:${TAG:-1.0}\"}}", "", "services: {web: {image: \"nginx:${TAG:-1.1}\"}}");
    check("services: {web: {image: \"nginx:${TAG-1.0}\"}}", "T=1", "services: {web: {image: \"nginx:${TAG-1.1}\"}}");
    check(
        "services: {web: {image: \"nginx:${TAG:-1.0}\"}}",
        "TAG=\n",
        "services: {web: {image: \"nginx:${TAG:-1.1}\"}}",
    );
    check(
        "services:\n  web:\n    image: ${IMAGE:-nginx:1.0} # c\n",
        "",
        "services:\n  web:\n    image: ${IMAGE:-nginx:1.1} # c\n",
    );
}

#[test]
fn finds_its_place_again_after_other_edits() {
    let before = "services:\n  web:\n    image: nginx:1.0\n";
    let edit = Case::of(before).find("web", "nginx:1.0", "1.1").unwrap();
    let rewrite = freeze(&edit, before);
    let check = |found: &str, standing: Standing, back: Option<&str>| {
        assert_eq!(place::standing(found, &rewrite), standing, "{found}");
        assert_eq!(place::replaced(found, &rewrite, Way::Back).as_deref(), back, "{found}");
    };
    let edited = "# new\nservices:\n  db: {image: nginx:1.1}\n  web:\n    tty: true\n    image: nginx:1.1\n";
    check(
        edited,
        Standing::After,
        Some("# new\nservices:\n  db: {image: nginx:1.1}\n  web:\n    tty: true\n    image: nginx:1.0\n"),
    );
    check("services:\n  web:\n    image: nginx:2\n", Standing::Other, None);
    check("services:\n  web:\n    image: 'nginx:1.1'\n", Standing::Other, None);
    check("services:\n  web2:\n    image: nginx:1.1\n", Standing::Other, None);
    check("services: [", Standing::Other, None);
    check("", Standing::Other, None);
}
