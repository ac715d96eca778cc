//! dockrev-store.
