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

/// What a job changes: a service of a stack, or a container that belongs to none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadId {
    /// A service.
    Service(ServiceId),
    /// A container, by its name.
    Container(ContainerName),
}

impl WorkloadId {
    /// The stack that it is locked by and that its backups are filed under. A container that belongs to none is one of
    /// its own: `NAME.container`, which is no name for a Compose project.
    #[must_use]
    pub fn stack(&self) -> StackName {
        match self {
            Self::Service(service) => service.stack.clone(),
            Self::Container(name) => StackName::of_container(name),
        }
    }

    /// Its name within its stack.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Service(service) => service.service.as_str(),
            Self::Container(name) => name.as_str(),
        }
    }

    /// The one of this name in this stack: what [`Self::stack`] and [`Self::name`] give.
    #[must_use]
    pub fn in_stack(stack: StackName, name: &str) -> Self {
        match stack.container() {
            Some(container) if container.as_str() == name => Self::Container(container),
            Some(_) | None => Self::Service(ServiceId { stack, service: ServiceName::new(name) }),
        }
    }
}

impl fmt::Display for WorkloadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => service.fmt(f),
            Self::Container(name) => name.fmt(f),
        }
    }
}

/// What the stack of a container that belongs to none is called after its name: no Compose project has a dot in its own.
const OF_CONTAINER: &str = ".container";

impl StackName {
    /// The stack of one that stands for a container which belongs to none.
    #[must_use]
    pub fn of_container(container: &ContainerName) -> Self {
        Self(format!("{container}{OF_CONTAINER}"))
    }

    /// The container for which this stack stands, if it is no Compose project.
    #[must_use]
    pub fn container(&self) -> Option<ContainerName> {
        self.0.strip_suffix(OF_CONTAINER).map(ContainerName::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_a_stack_of_its_own() {
        let web = ContainerName::new("web");
        assert_eq!(WorkloadId::Container(web.clone()).stack().as_str(), "web.container");
        assert_eq!(StackName::of_container(&web).container(), Some(web.clone()));
        assert_eq!(StackName::new("web").container(), None);
        let service = ServiceId { stack: StackName::new("shop"), service: ServiceName::new("web") };
        for id in [WorkloadId::Container(web), WorkloadId::Service(service)] {
            assert_eq!(WorkloadId::in_stack(id.stack(), id.name()), id);
        }
    }
}
