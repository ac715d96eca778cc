//! Interfaces generated from the WIT package, one module per world. What the worlds share is generated once.

pub(crate) mod registry_adapter {
    wasmtime::component::bindgen!({
        path: "../../../wit/0.1.0",
        world: "registry-adapter",
        exports: { default: async },
        with: {
            "wasi:http": wasmtime_wasi_http::p2::bindings::http,
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        },
        require_store_data_send: true,
    });
}

pub(crate) mod version_policy {
    wasmtime::component::bindgen!({
        path: "../../../wit/0.1.0",
        world: "version-policy",
        exports: { default: async },
        with: {
            "dockrev:plugin/log": crate::bindings::registry_adapter::dockrev::plugin::log,
            "dockrev:plugin/settings": crate::bindings::registry_adapter::dockrev::plugin::settings,
        },
        require_store_data_send: true,
    });
}

pub(crate) mod notifier {
    wasmtime::component::bindgen!({
        path: "../../../wit/0.1.0",
        world: "notifier",
        exports: { default: async },
        with: {
            "dockrev:plugin/log": crate::bindings::registry_adapter::dockrev::plugin::log,
            "dockrev:plugin/settings": crate::bindings::registry_adapter::dockrev::plugin::settings,
            "dockrev:plugin/secrets": crate::bindings::registry_adapter::dockrev::plugin::secrets,
            "wasi:http": wasmtime_wasi_http::p2::bindings::http,
            "wasi:io": wasmtime_wasi::p2::bindings::io,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        },
        require_store_data_send: true,
    });
}

/// The host's functions, the same for all worlds.
pub(crate) use registry_adapter::dockrev::plugin as imports;
