//! `WWW-Authenticate` headers, one a line.
#![no_main]

use dockrev_egress::fuzzing::{Challenge, challenge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let fields: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let Some(Challenge::Bearer { realm, service, scope }) = challenge(&fields) else { return };
    assert!(scope.as_ref().is_none_or(|scope| !scope.is_empty()));
    // What was read can be written, and is read as the same again.
    let mut field = format!("Bearer realm={}", quoted(&realm));
    for (name, value) in [("service", &service), ("scope", &scope)] {
        if let Some(value) = value {
            field.push_str(&format!(",{name}={}", quoted(value)));
        }
    }
    let longest = fields.iter().map(|field| field.len()).max().unwrap_or_default();
    assert!(field.len() <= 2 * longest + 40, "it holds more than it was given");
    if field.len() <= 8 * 1024 {
        assert_eq!(challenge(&[field.as_bytes()]), Some(Challenge::Bearer { realm, service, scope }));
    }
});

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
