//! Docker's `config.json`. The first line is the registry that is asked for, the rest is the file. No credential helper
//! is ever found.
#![no_main]

use dockrev_egress::{DockerConfig, HelperSettings, Login};
use libfuzzer_sys::{Corpus, fuzz_target};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::LazyLock;

/// The file that is read: in memory, where there is a file system for that.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("dockrev-fuzz-config-{}.json", std::process::id()))
});

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return Corpus::Reject };
    let Ok(registry) = std::str::from_utf8(&bytes[..end]) else { return Corpus::Reject };
    if std::fs::write(&*FILE, &bytes[end + 1..]).is_err() {
        return Corpus::Reject;
    }
    let helpers = HelperSettings { search_path: Some(OsString::from("/nowhere")), ..HelperSettings::default() };
    let config = DockerConfig::at(&*FILE).with_helpers(helpers);
    let login = config.login_for(registry);
    drop(std::fs::remove_file(&*FILE));
    match login {
        Ok(Some(login @ Login::Password(_))) => assert!(format!("{login:?}").contains("password: ***")),
        Ok(Some(login @ Login::IdentityToken(_))) => assert_eq!(format!("{login:?}"), "IdentityToken(***)"),
        Ok(None) => {}
        Err(error) => assert!(error.to_string().contains(&*FILE.to_string_lossy())),
    }
    Corpus::Keep
});
