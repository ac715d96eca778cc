//! dockrev-egress.
