//! The order in which the services of a stack are changed.

use crate::detection::{Detection, Subject};
use std::collections::BTreeSet;

/// Stacks by name; in a stack, a service after all those that it depends on; what has no stack comes last.
pub(super) fn by_dependency(detections: &[Detection]) -> Vec<&Detection> {
    let mut waiting: Vec<&Detection> = detections.iter().collect();
    waiting.sort_by(|a, b| a.subject.cmp(&b.subject));
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let present: BTreeSet<&Subject> = waiting.iter().map(|detection| &detection.subject).collect();
        let ready = waiting.iter().position(|detection| !waits_for_any(detection, &present));
        // Compose refuses circles; should one come all the same, it is broken at its first service by name.
        ordered.push(waiting.remove(ready.unwrap_or(0)));
    }
    ordered
}

fn waits_for_any(detection: &Detection, present: &BTreeSet<&Subject>) -> bool {
    let (Subject::Service(id), Some(compose)) = (&detection.subject, &detection.compose) else { return false };
    compose.depends_on.iter().any(|dependency| {
        let mut other = id.clone();
        other.service = dependency.clone();
        other != *id && present.contains(&Subject::Service(other))
    })
}
