use crate::budget::{BudgetLimits, CallBudget};
use crate::error::EgressError;
use crate::origin::{HostPattern, Origin};
use std::sync::{Arc, Mutex, PoisonError};

/// What one call of a plugin may reach, and how much of it.
#[derive(Debug)]
pub struct CallScope {
    /// Where to.
    pub grant: Grant,
    /// How much.
    pub budget: CallBudget,
    last_error: Mutex<Option<EgressError>>,
}

impl CallScope {
    /// A fresh budget for what `grant` allows.
    #[must_use]
    pub fn new(grant: Grant, limits: BudgetLimits) -> Arc<Self> {
        Arc::new(Self { grant, budget: CallBudget::new(limits), last_error: Mutex::default() })
    }

    /// Why the last request was not sent, or not answered to the end: more than a plugin gets to know. Absent if it was.
    #[must_use]
    pub fn last_error(&self) -> Option<EgressError> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn remember(&self, error: Option<&EgressError>) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = error.cloned();
    }
}

/// Hosts that a call may reach. What is not named is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Hosts by name.
    pub hosts: Vec<HostPattern>,
    /// Origins that the admin's own settings name with `http://`: to them, plain HTTP is no mistake.
    pub plain: Vec<Origin>,
    /// The registry that the call is about.
    pub registry: Option<RegistryGrant>,
}

/// The registry that a call is about: it may be reached, and its `401` is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegistryGrant {
    /// Where it is reached: credentials and tokens go to this origin only.
    pub origin: Origin,
    /// Under which name its credentials are kept: `docker.io`, `localhost:5000`.
    pub credentials_name: String,
    /// The repository that a token is asked for: `library/nginx`. One that is good for others too is sent for this one only.
    pub repository: String,
    /// How old its answers may be.
    pub recency: Recency,
}

/// How old an answer about a tag or a list of tags may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Recency {
    /// The registry is asked. Something is done with the answer.
    #[default]
    Now,
    /// One that was kept less than the cache's time to live ago will do. It is shown only.
    WithinTtl,
}

impl RegistryGrant {
    /// The same, for answers that may be that old.
    #[must_use]
    pub fn with_recency(self, recency: Recency) -> Self {
        Self { recency, ..self }
    }
}

impl Grant {
    /// Whether `origin` may be reached.
    #[must_use]
    pub fn allows(&self, origin: &Origin) -> bool {
        self.registry_at(origin).is_some() || self.names(origin)
    }

    /// Whether `origin` is one of the named hosts.
    pub(crate) fn names(&self, origin: &Origin) -> bool {
        self.hosts.iter().any(|pattern| pattern.matches(origin))
    }

    pub(crate) fn registry_at(&self, origin: &Origin) -> Option<&RegistryGrant> {
        self.registry.as_ref().filter(|registry| registry.origin == *origin)
    }
}
