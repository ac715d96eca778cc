//! What takes the host's interfaces as they are, because the SDK would not do it.

#[cfg(target_arch = "wasm32")]
mod component {
    use dockrev_plugin_sdk::bindings::imports::wasi::http::outgoing_handler;
    use dockrev_plugin_sdk::bindings::imports::wasi::http::types::{
        Fields, FutureIncomingResponse, OutgoingRequest, Scheme,
    };

    /// Sends `GET http://authority/` and does not wait for the answer.
    fn begin(authority: &str) -> Option<FutureIncomingResponse> {
        let request = OutgoingRequest::new(Fields::new());
        request.set_scheme(Some(&Scheme::Http)).ok()?;
        request.set_authority(Some(authority)).ok()?;
        request.set_path_with_query(Some("/")).ok()?;
        outgoing_handler::handle(request, None).ok()
    }

    /// Sends the same, and gives nothing back.
    pub(crate) fn begin_and_forget(authority: &str) {
        std::mem::forget(begin(authority));
    }

    /// Begins request after request, and keeps them all.
    pub(crate) fn begin_without_end(authority: &str) -> ! {
        let mut begun = Vec::new();
        loop {
            begun.push(begin(authority));
        }
    }

    /// Waits for the answer, and leaves its body where it is.
    pub(crate) fn look_at(authority: &str) -> Option<u16> {
        let answer = begin(authority)?;
        answer.subscribe().block();
        let status = answer.get()?.ok()?.ok()?.status();
        // Nothing is given back.
        std::mem::forget(answer);
        Some(status)
    }

    /// Takes handle after handle, and keeps them all.
    pub(crate) fn take_handles_without_end() -> ! {
        let mut taken = Vec::new();
        loop {
            taken.push(Fields::new());
        }
    }
}

#[cfg(target_arch = "wasm32")]
pub(crate) use component::{begin_and_forget, begin_without_end, look_at, take_handles_without_end};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{begin_and_forget, begin_without_end, look_at, take_handles_without_end};

/// A native program has no such host.
#[cfg(not(target_arch = "wasm32"))]
mod native {
    pub(crate) fn begin_and_forget(_: &str) {}

    pub(crate) fn begin_without_end(_: &str) -> ! {
        panic!("only a component can")
    }

    pub(crate) fn look_at(_: &str) -> Option<u16> {
        None
    }

    pub(crate) fn take_handles_without_end() -> ! {
        panic!("only a component can")
    }
}
