//! Writes down which files the page has, so that they are compiled in. Without `web/dist` there are none.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where the page is built.
const DIST: &str = "../web/dist";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(DIST);
    let mut files = Vec::new();
    if root.is_dir() {
        collect(&root, &mut files)?;
    }
    files.sort();
    let mut text = String::from("static FILES: &[(&str, &[u8])] = &[\n");
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).display();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    (\"{name}\", include_bytes!({:?})),", file.display().to_string());
    }
    text.push_str("];\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("page_files.rs"), text)?;
    // What is not there cannot be watched: `cargo xtask web` says by this variable that it has been built.
    let mut watched =
        String::from("cargo::rerun-if-env-changed=DOCKREV_PAGE_BUILT\ncargo::rerun-if-changed=build.rs\n");
    if root.is_dir() {
        let _ = writeln!(watched, "cargo::rerun-if-changed={DIST}");
    }
    io::Write::write_all(&mut io::stdout(), watched.as_bytes())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
