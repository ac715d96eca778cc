//! A container image of Dockrev: the program, what it is linked to, its plugins and a Compose. Made of what is on this
//! machine, without the internet, and without an image below it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dockrev_testkit::{Compose, Engine, program};

use crate::failure::Failure;
use crate::setup::{self, Level};
use crate::step::{self, Steps};
use crate::{page, plugins, workspace};

/// The image's name, and its file in the folder.
const NAME: &str = concat!("dockrev:", env!("CARGO_PKG_VERSION"));
const FILE: &str = "dockrev.tar";
/// Where things are in it.
const PROGRAM: &str = "/usr/local/bin/dockrev";
const COMPOSE: &str = "/usr/local/bin/docker-compose";
const PLUGINS: &str = "/usr/lib/dockrev/plugins";
/// The authorities that registries' certificates are checked by, here and there.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// What the image says of itself. Whoever starts it publishes the port for themselves or for others.
const SAYS: [&str; 8] = [
    "ENTRYPOINT [\"/usr/local/bin/dockrev\"]",
    "CMD [\"serve\"]",
    "ENV PATH=/usr/local/bin",
    "ENV DOCKREV_DATA_DIR=/var/lib/dockrev",
    "ENV DOCKREV_LISTEN=0.0.0.0:8686",
    "ENV DOCKREV_COMPOSE_BIN=docker-compose",
    "EXPOSE 8686",
    "HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD [\"/usr/local/bin/dockrev\", \"health\"]",
];

/// What `cargo xtask image` was asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    binary: Option<PathBuf>,
    trial: Trial,
}

/// Whether it is tried out.
#[derive(Debug, Default, PartialEq, Eq)]
enum Trial {
    #[default]
    No,
    /// The demo's stack is updated from inside a container of it.
    Demo,
}

impl Options {
    /// With this `dockrev`, tried out.
    pub(crate) fn trial(binary: PathBuf) -> Self {
        Self { binary: Some(binary), trial: Trial::Demo }
    }

    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--try" => options.trial = Trial::Demo,
                "--binary" => {
                    let file = rest.next().ok_or_else(|| Failure::new("`--binary` needs a file"))?;
                    options.binary = Some(workspace::root().join(file));
                }
                unknown => return Err(Failure::new(format!("`image` does not know `{unknown}`"))),
            }
        }
        Ok(options)
    }
}

/// Makes the image and keeps it as a file for `docker load`.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut steps = Steps::default();
    let places = plugins::Places::standard();
    // The newer Compose is among what tests need.
    steps.run("set up", || setup::run(Level::Tests))?;
    steps.run("build page", page::build)?;
    steps.run("build plugins", || plugins::run(&places))?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => {
            steps.run("build dockrev", || step::command(workspace::build(&["dockrev"]).arg("--release")))?;
            workspace::target().join("release/dockrev")
        }
    };
    let folder = workspace::target().join("image");
    let compose = Compose::v2().ok_or_else(|| Failure::new("there is no Compose v2 to put into the image"))?;
    steps.run("lay out the files", || lay_out(&folder, &binary, &compose, places.plugins()))?;
    let engine = Engine::private("image")?;
    let made = steps.run("make the image", || make(&engine, &folder));
    steps.run("remove the engine", || Ok(engine.wipe()?))?;
    println!("\n{}: `docker load --input {}`", made?, folder.join(FILE).display());
    if options.trial == Trial::Demo {
        steps.run("update the demo from inside", || try_out(&folder, &compose))?;
    }
    steps.summary();
    Ok(())
}

/// Lays out the root folder of the image below `folder`.
fn lay_out(folder: &Path, binary: &Path, compose: &Compose, plugins: &Path) -> Result<(), Failure> {
    let root = folder.join("root");
    workspace::remove_folder(folder)?;
    copy_program(&root, binary, PROGRAM)?;
    copy_program(&root, compose.program(), COMPOSE)?;
    copy_folder(plugins, &inside(&root, PLUGINS))?;
    copy(Path::new(AUTHORITIES), &inside(&root, AUTHORITIES))?;
    write(&inside(&root, "/etc/passwd"), "root:x:0:0:root:/root:/usr/sbin/nologin\n")?;
    write(&inside(&root, "/etc/group"), "root:x:0:\n")?;
    for (path, mode) in [("/tmp", 0o1777), ("/root", 0o700), ("/var/lib/dockrev", 0o700)] {
        make_folder(&inside(&root, path))?;
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(inside(&root, path), mode).map_err(Failure::of(format!("could not make `{path}`")))?;
    }
    Ok(())
}

/// A program, and every library that it is linked to, at the place where it looks for it.
fn copy_program(root: &Path, from: &Path, to: &str) -> Result<(), Failure> {
    let place = inside(root, to);
    copy(from, &place)?;
    // What helps to find mistakes is most of a debug build.
    if program::find("strip").is_some() {
        step::command(Command::new("strip").arg("--strip-debug").arg(&place))?;
    }
    let linked = program::output(Command::new("ldd").arg(from)).unwrap_or_default();
    for library in libraries(&linked) {
        copy(Path::new(library), &inside(root, library))?;
    }
    Ok(())
}

/// The paths that `ldd` found. A program without any says so in words.
fn libraries(linked: &str) -> Vec<&str> {
    let path = |line: &'_ str| -> Option<usize> { line.find('/') };
    let found = linked.lines().filter_map(|line| line.get(path(line)?..)?.split_whitespace().next());
    found.filter(|found| found.starts_with('/')).collect()
}

fn inside(root: &Path, path: &str) -> PathBuf {
    root.join(path.trim_start_matches('/'))
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(Failure::of(format!("could not make `{}`", folder.display())))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    make_folder(to.parent().unwrap_or(to))?;
    fs::copy(from, to).map(drop).map_err(Failure::of(format!("could not copy `{}`", from.display())))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = || Failure::of(format!("could not copy `{}`", from.display()));
    for entry in fs::read_dir(from).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let place = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { copy_folder(&path, &place)? } else { copy(&path, &place)? }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    make_folder(path.parent().unwrap_or(path))?;
    fs::write(path, text).map_err(Failure::of(format!("could not write `{}`", path.display())))
}

/// Imports the files as the image's only layer, and saves it. Gives what it is, in words.
fn make(engine: &Engine, folder: &Path) -> Result<String, Failure> {
    let (layer, file) = (folder.join("layer.tar"), folder.join(FILE));
    let mut tar = Command::new("tar");
    tar.args(["--numeric-owner", "--owner=0", "--group=0", "--sort=name", "--create", "--file"]).arg(&layer);
    step::command(tar.arg("--directory").arg(folder.join("root")).arg("."))?;
    let layer = layer.display().to_string();
    let mut arguments = vec!["import"];
    arguments.extend(SAYS.iter().flat_map(|says| ["--change", says]));
    arguments.extend([layer.as_str(), NAME]);
    engine.run(&arguments)?;
    let size = engine.run(&["image", "inspect", "--format", "{{.Size}}", NAME])?;
    engine.run(&["save", "--output", &file.display().to_string(), NAME])?;
    fs::remove_file(&layer).map_err(Failure::of("could not remove what the image was made of"))?;
    let megabytes = size.trim().parse::<u64>().unwrap_or_default() / 1_000_000;
    Ok(format!("The image {NAME} has {megabytes} MB"))
}

/// Runs the demo with a `dockrev` that is the image, started for each command.
fn try_out(folder: &Path, compose: &Compose) -> Result<(), Failure> {
    let script = folder.join("dockrev-in-a-container");
    write(&script, &in_a_container(&folder.join(FILE)))?;
    let failed = || Failure::of(format!("could not write `{}`", script.display()));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).map_err(failed())?;
    let this = std::env::current_exe().map_err(Failure::of("could not find this program's own file"))?;
    let mut demo = Command::new(this);
    demo.args(["demo", "--headless", "--binary"]).arg(&script).env("DOCKREV_COMPOSE_BIN", compose.program());
    step::command(demo.stdin(Stdio::null()))
}

/// What is mounted is what the manual says: the engine's socket, Dockrev's data, and the stacks' files under the same path as
/// outside. The engine's volumes are left out: so a helper has to copy them.
fn in_a_container(file: &Path) -> String {
    format!(
        r#"#!/bin/sh
set -e
socket="${{DOCKER_HOST#unix://}}"
docker image inspect {NAME} >/dev/null 2>&1 || docker load --quiet --input '{file}' >/dev/null
mkdir -p "$DOCKREV_DATA_DIR"
exec docker run --rm --network host \
  --volume "$socket:/var/run/docker.sock" \
  --volume "$DOCKREV_DATA_DIR:$DOCKREV_DATA_DIR" --env "DOCKREV_DATA_DIR=$DOCKREV_DATA_DIR" \
  --volume /tmp:/tmp \
  {NAME} "$@"
"#,
        file = file.display()
    )
}

#[cfg(test)]
mod tests {
    use super::libraries;

    #[test]
    fn what_a_program_is_linked_to_is_found() {
        let linked = "\tlinux-vdso.so.1 (0x00007ffd)\n\
                      \tlibgcc_s.so.1 => /lib/x86_64-linux-gnu/libgcc_s.so.1 (0x00007f1)\n\
                      \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f2)\n\
                      \t/lib64/ld-linux-x86-64.so.2 (0x00007f3)\n";
        let expected =
            ["/lib/x86_64-linux-gnu/libgcc_s.so.1", "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"];
        assert_eq!(libraries(linked), expected);
        assert!(libraries("\tnot a dynamic executable\n").is_empty());
    }
}
