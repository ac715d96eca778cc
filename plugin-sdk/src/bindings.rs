//! What `wit-bindgen` makes of the WIT package, one module per world. Use the modules of the crate's root instead:
//! they name the same types without the detours.

/// What all worlds together import, generated once and shared by them.
pub mod imports {
    wit_bindgen::generate!({
        world: "imports",
        path: "wit/0.1.0",
        inline: "
            package dockrev:plugin-sdk;

            world imports {
                import dockrev:plugin/log@0.1.0;
                import dockrev:plugin/settings@0.1.0;
                import dockrev:plugin/secrets@0.1.0;
                import wasi:http/outgoing-handler@0.2.12;
            }
        ",
        generate_all,
    });
}

/// World `registry-adapter`.
pub mod registry_adapter {
    wit_bindgen::generate!({
        world: "dockrev:plugin/registry-adapter@0.1.0",
        path: "wit/0.1.0",
        pub_export_macro: true,
        export_macro_name: "export_registry_adapter",
        default_bindings_module: "dockrev_plugin_sdk::bindings::registry_adapter",
        additional_derives: [PartialEq],
        with: {
            "dockrev:plugin/log@0.1.0": crate::bindings::imports::dockrev::plugin::log,
            "dockrev:plugin/settings@0.1.0": crate::bindings::imports::dockrev::plugin::settings,
            "dockrev:plugin/secrets@0.1.0": crate::bindings::imports::dockrev::plugin::secrets,
            "wasi:io/error@0.2.12": crate::bindings::imports::wasi::io::error,
            "wasi:io/poll@0.2.12": crate::bindings::imports::wasi::io::poll,
            "wasi:io/streams@0.2.12": crate::bindings::imports::wasi::io::streams,
            "wasi:clocks/monotonic-clock@0.2.12": crate::bindings::imports::wasi::clocks::monotonic_clock,
            "wasi:http/types@0.2.12": crate::bindings::imports::wasi::http::types,
            "wasi:http/outgoing-handler@0.2.12": crate::bindings::imports::wasi::http::outgoing_handler,
        },
    });
}

/// World `version-policy`.
pub mod version_policy {
    wit_bindgen::generate!({
        world: "dockrev:plugin/version-policy@0.1.0",
        path: "wit/0.1.0",
        pub_export_macro: true,
        export_macro_name: "export_version_policy",
        default_bindings_module: "dockrev_plugin_sdk::bindings::version_policy",
        additional_derives: [PartialEq],
        with: {
            "dockrev:plugin/log@0.1.0": crate::bindings::imports::dockrev::plugin::log,
            "dockrev:plugin/settings@0.1.0": crate::bindings::imports::dockrev::plugin::settings,
        },
    });
}

/// World `notifier`.
pub mod notifier {
    wit_bindgen::generate!({
        world: "dockrev:plugin/notifier@0.1.0",
        path: "wit/0.1.0",
        pub_export_macro: true,
        export_macro_name: "export_notifier",
        default_bindings_module: "dockrev_plugin_sdk::bindings::notifier",
        additional_derives: [PartialEq],
        with: {
            "dockrev:plugin/log@0.1.0": crate::bindings::imports::dockrev::plugin::log,
            "dockrev:plugin/settings@0.1.0": crate::bindings::imports::dockrev::plugin::settings,
            "dockrev:plugin/secrets@0.1.0": crate::bindings::imports::dockrev::plugin::secrets,
            "wasi:io/error@0.2.12": crate::bindings::imports::wasi::io::error,
            "wasi:io/poll@0.2.12": crate::bindings::imports::wasi::io::poll,
            "wasi:io/streams@0.2.12": crate::bindings::imports::wasi::io::streams,
            "wasi:clocks/monotonic-clock@0.2.12": crate::bindings::imports::wasi::clocks::monotonic_clock,
            "wasi:http/types@0.2.12": crate::bindings::imports::wasi::http::types,
            "wasi:http/outgoing-handler@0.2.12": crate::bindings::imports::wasi::http::outgoing_handler,
        },
    });
}
