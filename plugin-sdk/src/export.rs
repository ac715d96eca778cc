/// Makes a type the plugin, for the world that is named first.
///
/// ```
/// use dockrev_plugin_sdk::notifier::{Event, Notifier, Receipt, Undelivered};
///
/// struct Silence;
///
/// impl Notifier for Silence {
///     fn notify(_: Event) -> Result<Receipt, Undelivered> {
///         Ok(Receipt::default())
///     }
/// }
///
/// dockrev_plugin_sdk::export!(notifier: Silence);
/// # fn main() {}
/// ```
///
/// The other worlds are `registry-adapter` and `version-policy`. On every target but `wasm32` it only checks that the
/// type implements the world's trait, because the names that a component exports are none for a native linker.
#[macro_export]
macro_rules! export {
    (registry-adapter: $plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::registry_adapter::export_registry_adapter!(
            $plugin with_types_in $crate::bindings::registry_adapter
        );
        const _: fn() = $crate::registry::is_adapter::<$plugin>;
    };
    (version-policy: $plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::version_policy::export_version_policy!(
            $plugin with_types_in $crate::bindings::version_policy
        );
        const _: fn() = $crate::policy::is_policy::<$plugin>;
    };
    (notifier: $plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::notifier::export_notifier!($plugin with_types_in $crate::bindings::notifier);
        const _: fn() = $crate::notifier::is_notifier::<$plugin>;
    };
}
