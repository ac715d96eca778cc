//! Names of things, each with its own type so that they cannot be mixed up.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the name as it stands.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type! {
    /// Name of a stack: the Compose project's name.
    StackName
}
name_type! {
    /// Name of a service within its stack.
    ServiceName
}
name_type! {
    /// Id of a container, as the engine gives it (64 hexadecimal digits).
    ContainerId
}
name_type! {
    /// Name of a container, without the leading slash.
    ContainerName
}
name_type! {
    /// Id of an image on this engine (`sha256:...`). It names content, and no registry has to know it.
    ImageId
}
name_type! {
    /// Id of a job.
    JobId
}
name_type! {
    /// Id of a plugin, from its manifest.
    PluginId
}

/// One service of one stack.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceId {
    /// The stack it belongs to.
    pub stack: StackName,
    /// Its name there.
    pub service: ServiceName,
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.stack, self.service)
    }
}
