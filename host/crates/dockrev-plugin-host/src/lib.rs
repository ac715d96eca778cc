//! dockrev-plugin-host.
