//! Every outgoing connection that is made for a plugin.
//!
//! A plugin asks for a request, and [`Egress`] decides whether it is sent: the [`Grant`] of the call names the hosts, the
//! [`CallBudget`] counts requests and bytes, and a registry's `401` is answered here, so that credentials and tokens
//! never reach a plugin. Redirects are handed back as they are: the next hop is a request of its own.
//!
//! | module | what it is |
//! | --- | --- |
//! | `client` | the connection pool: checks, permits, timeouts, sending |
//! | `conditional` | asks registries only for what is not known yet |
//! | `response_cache` | answers in files |
//! | `flights` | has identical questions asked once |
//! | `authentication` | answers `401` with basic or bearer authorization, with its cache of tokens |
//! | `retry` | when a request is sent again, and when a host is left alone |
//! | `hosts` | requests, budgets and waits of each host |
//! | `challenge` | reads `WWW-Authenticate` |
//! | `harbor` | what Harbor's own API wants |
//! | `realm` | whether a token server may be asked for a registry |
//! | `authorities` | the HTTP clients, and the certificates that they trust |
//! | `proxies` | through which proxy a host is asked, if through any |
//! | `grant`, `budget` | what one call may reach, and how much |
//! | `origin` | scheme, host and port, and patterns of hosts |
//! | `endpoint` | where a registry is reached |
//! | `docker_config` | credentials from Docker's `config.json` |
//! | `credential_helper` | credentials from a helper program |

mod authentication;
mod authorities;
mod body;
mod budget;
mod challenge;
mod client;
mod conditional;
mod credential_helper;
mod docker_config;
mod endpoint;
mod error;
mod flights;
#[doc(hidden)]
pub mod fuzzing;
mod grant;
mod harbor;
mod hosts;
mod origin;
#[cfg(test)]
mod properties;
mod proxies;
mod realm;
mod response_cache;
mod retry;
mod secret;

pub use authorities::Authorities;
pub use body::ResponseBody;
pub use budget::{BudgetLimits, CallBudget, OverBudget};
pub use client::{Egress, EgressConfig, EgressLimits, set_up_tls};
pub use credential_helper::HelperSettings;
pub use docker_config::{Credentials, DockerConfig, DockerConfigError, Login};
pub use endpoint::{ParseRegistryError, RegistryEndpoint, RegistryOverride};
pub use error::{ConnectFailure, EgressBuildError, EgressError, ProxyFailure};
pub use grant::{CallScope, Grant, Recency, RegistryGrant};
pub use hosts::RateBudget;
pub use origin::{HostPattern, Origin, ParseHostPatternError};
pub use proxies::{NoProxy, ParseNoProxyError, ParseProxyError, Proxies, Proxy};
pub use response_cache::ResponseCacheConfig;
pub use retry::RetryLimits;
pub use secret::Secret;
