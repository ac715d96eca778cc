//! How much registries still allow, in their own words.

use dockrev_egress::Egress;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What one registry allows.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Limit {
    /// Requests that are left in this window.
    remaining: Option<u64>,
    /// Requests in one window.
    limit: Option<u64>,
    /// How long a window is, in seconds.
    window_s: Option<u64>,
    /// It asked to be left alone until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    left_alone_until: Option<Timestamp>,
}

impl Limit {
    /// Until when it asked to be left alone, if it did.
    #[must_use]
    pub fn left_alone_until(&self) -> Option<Timestamp> {
        self.left_alone_until
    }

    /// Requests that are left in this window, if it says so.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        self.remaining
    }
}

/// Of each host that said something of it.
#[must_use]
pub fn limits(egress: &Egress) -> BTreeMap<String, Limit> {
    let mut limits: BTreeMap<String, Limit> = BTreeMap::new();
    for (host, budget) in egress.budgets() {
        let window_s = budget.window.map(|window| window.as_secs());
        let limit = Limit { remaining: Some(budget.remaining), limit: budget.limit, window_s, left_alone_until: None };
        limits.insert(host, limit);
    }
    for (host, until) in egress.closed_until() {
        limits.entry(host).or_default().left_alone_until = Timestamp::try_from(until).ok();
    }
    limits
}
