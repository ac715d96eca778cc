//! Making a container anew, putting the old one back, and removing what was kept.
//!
//! The new container is made while the old one runs: an address, a port or a name in a network is taken only when a
//! container starts. So everything that the engine may refuse has been tried before anything is stopped, and the
//! downtime is one stop, two renames and one start. The two never run together, for they may share their data.

use super::api::{Api, OwnVolumes};
use super::places::{Found, Places, changed, new_name, old_name};
use super::spec::{self, Source, Spec};
use super::{peers, volumes};
use dockrev_core::job::{LogLine, LogSource};
use dockrev_core::ports::{HostError, LogSink, Replacement, WrittenImage};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// What a container gets that is set aside: the engine would start it together with itself otherwise.
const SET_ASIDE_POLICY: &str = "unless-stopped";
/// Policies with which the engine does not start a stopped container by itself.
const QUIET_POLICIES: [&str; 3] = ["", "no", SET_ASIDE_POLICY];
/// How long the engine may take to remove a `--rm` container after its end.
const REMOVAL_LIMIT: Duration = Duration::from_secs(60);
/// What the engine says of one that it is removing.
const REMOVING: &str = "removing";
/// Pause between two looks for it.
const REMOVAL_POLL: Duration = Duration::from_millis(50);

/// One replacement at work.
pub(super) struct Work<'a> {
    pub(super) api: Api<'a>,
    pub(super) replacement: &'a Replacement,
    pub(super) log: &'a dyn LogSink,
}

impl Work<'_> {
    /// See `Standalone::replace`.
    pub(super) async fn replace(&self) -> Result<(), HostError> {
        let replacement = self.replacement;
        let mut places = self.look().await?;
        if let (Some(own), None) = (&places.own, &places.new)
            && own.image == replacement.to.id.as_str()
        {
            return self.run(own).await;
        }
        if places.new.is_some() || places.old.is_some() {
            self.restore(places).await?;
            places = self.look().await?;
        }
        let old = places.own.ok_or_else(|| changed(replacement, "is not there"))?;
        if old.image != replacement.from.id.as_str() {
            return Err(changed(replacement, "is made from another image than expected"));
        }
        let new = self.prepare(&old).await?;
        self.switch(&old, &new).await
    }

    /// See `Standalone::put_back`.
    pub(super) async fn put_back(&self) -> Result<(), HostError> {
        let (from, to) = (self.replacement.from.id.as_str(), self.replacement.to.id.as_str());
        let places = self.look().await?;
        // Once the old one is removed, the way back is a replacement of its own, under the same names.
        let is_settled = match (&places.old, &places.own) {
            (Some(kept), _) => kept.image == to,
            (None, Some(own)) => own.image == to,
            (None, None) => false,
        };
        if !is_settled {
            return self.restore(places).await;
        }
        if places.own.as_ref().is_some_and(|own| own.image == from) && places.old.is_some() {
            return self.run_own(&places).await;
        }
        self.say("the old container is gone: making it anew from the old image");
        let way_back = Replacement {
            from: self.replacement.to.clone(),
            to: self.replacement.from.clone(),
            ..self.replacement.clone()
        };
        let api = self.api;
        Box::pin(Work { api, replacement: &way_back, log: self.log }.replace()).await
    }

    /// See `Standalone::settle`.
    pub(super) async fn settle(&self) -> Result<(), HostError> {
        let places = self.look().await?;
        let Some(kept) = &places.old else { return Ok(()) };
        let own = places.own.as_ref().ok_or_else(|| changed(self.replacement, "is not there"))?;
        if own.image == kept.image || places.new.is_some() {
            return Err(changed(self.replacement, "is not the one that took the place of what was kept"));
        }
        self.remove(kept, OwnVolumes::Keep).await?;
        self.say(format!("removed `{}`", kept.name));
        Ok(())
    }

    async fn look(&self) -> Result<Places, HostError> {
        Places::look(&self.api, self.replacement).await
    }

    /// Makes the new container, and a spare of the old one if that does not survive being stopped. Nothing that runs
    /// notices.
    async fn prepare(&self, old: &Found) -> Result<Found, HostError> {
        let name = new_name(self.replacement);
        let new = self.create(&name, old, &self.replacement.to).await?;
        if old.is_removed_on_stop() {
            self.create(&old_name(self.replacement), old, &self.replacement.from).await?;
        }
        Ok(new)
    }

    /// Makes a container with the settings of `like`, from `image`, as `name`.
    async fn create(&self, name: &str, like: &Found, image: &WrittenImage) -> Result<Found, HostError> {
        let spec = self.spec(like, &image.written).await?;
        let id = self.api.create(name, &spec.body).await?;
        self.settle_networks(&id, &spec).await?;
        let inspect = self.inspect(&id, name).await?;
        let made_from = inspect["Image"].as_str().unwrap_or_default().to_owned();
        if made_from != image.id.as_str() {
            self.api.remove(&id, name, OwnVolumes::Remove).await?;
            let reason = format!("`{}` stands for another image by now", image.written);
            return Err(self.cannot(reason));
        }
        self.say(format!("made `{name}` from {}", image.written));
        Ok(Found { id, name: name.to_owned(), image: made_from, inspect })
    }

    async fn spec(&self, like: &Found, written: &str) -> Result<Spec, HostError> {
        if let Some(reason) = peers::obstacle(&self.api, &like.inspect).await? {
            return Err(self.cannot(reason));
        }
        let image = self.api.image(&like.image).await?;
        let image = image.ok_or_else(|| self.cannot("its image is no longer on the engine".to_owned()))?;
        let mut of_others = BTreeSet::new();
        for source in peers::volume_sources(&like.inspect) {
            of_others.extend(self.api.container(source).await?.iter().flat_map(volumes::of_container));
        }
        let host_name = self.api.host_name().await?;
        let source = Source {
            container: &like.inspect,
            image: &image,
            host_name: &host_name,
            of_others: &of_others,
            api: self.api.version,
        };
        Ok(spec::build(&source, written))
    }

    /// Has the container in the networks of `spec` and in no others, whatever the engine made of the request.
    async fn settle_networks(&self, id: &str, spec: &Spec) -> Result<(), HostError> {
        let inspect = self.inspect(id, self.replacement.container.as_str()).await?;
        let mode = inspect["HostConfig"]["NetworkMode"].as_str().unwrap_or_default();
        if super::networks::connection(mode) != super::networks::Connection::Own {
            return Ok(());
        }
        let networks = inspect["NetworkSettings"]["Networks"].as_object();
        let is_in = |name: &String| networks.is_some_and(|networks| networks.contains_key(name));
        for (name, endpoint) in spec.endpoints.iter().filter(|(name, _)| !is_in(name)) {
            self.api.connect(name, id, endpoint).await?;
        }
        for name in networks.into_iter().flat_map(serde_json::Map::keys) {
            if !spec.endpoints.contains_key(name) {
                self.api.disconnect(name, id).await?;
            }
        }
        Ok(())
    }

    /// From here on the container is down, until the new one has started.
    async fn switch(&self, old: &Found, new: &Found) -> Result<(), HostError> {
        let name = self.replacement.container.as_str();
        if !is_quiet(old.restart_policy()) {
            let policy = json!({"Name": SET_ASIDE_POLICY});
            self.api.set_restart_policy(&old.id, name, &policy).await?;
        }
        self.stop(old).await?;
        if !old.is_removed_on_stop() {
            self.api.rename(&old.id, name, &old_name(self.replacement)).await?;
        }
        self.api.rename(&new.id, &new.name, name).await?;
        self.api.start(&new.id, name).await?;
        self.say(format!("started `{name}`, the new one"));
        Ok(())
    }

    /// The old container's own name, restart policy and run; the new one is removed with the volumes that were made
    /// for it alone.
    async fn restore(&self, places: Places) -> Result<(), HostError> {
        let own_name = self.replacement.container.as_str();
        let from = self.replacement.from.id.as_str();
        match places {
            Places { own: Some(own), new, old } if own.image == from && (new.is_some() || old.is_none()) => {
                if let Some(spare) = &old {
                    self.remove(spare, OwnVolumes::Remove).await?;
                }
                self.restore_policy(&own, new.as_ref()).await?;
                self.run(&own).await?;
                if let Some(new) = &new {
                    self.remove(new, OwnVolumes::Remove).await?;
                }
                Ok(())
            }
            Places { own, new, old: Some(old) } if old.image == from && !(own.is_some() && new.is_some()) => {
                let new = own.or(new);
                if let Some(new) = &new {
                    if new.image != self.replacement.to.id.as_str() {
                        return Err(changed(self.replacement, "is made from neither the old nor the new image"));
                    }
                    self.stop(new).await?;
                    self.restore_policy(&old, Some(new)).await?;
                    self.remove(new, OwnVolumes::Remove).await?;
                }
                self.api.rename(&old.id, &old.name, own_name).await?;
                self.run(&old).await?;
                self.say(format!("started `{own_name}`, the old one"));
                Ok(())
            }
            Places { own: None, old: None, .. } => Err(changed(self.replacement, "is not there")),
            Places { .. } => Err(changed(self.replacement, "was made anew by somebody else")),
        }
    }

    /// The new container has the policy that the old one had.
    async fn restore_policy(&self, old: &Found, new: Option<&Found>) -> Result<(), HostError> {
        let Some(policy) = new.map(Found::restart_policy) else { return Ok(()) };
        if old.restart_policy() == policy || old.is_removed_on_stop() {
            return Ok(());
        }
        self.api.set_restart_policy(&old.id, &old.name, policy).await
    }

    async fn run_own(&self, places: &Places) -> Result<(), HostError> {
        match &places.own {
            Some(own) => self.run(own).await,
            None => Ok(()),
        }
    }

    async fn run(&self, found: &Found) -> Result<(), HostError> {
        let name = self.replacement.container.as_str();
        if found.is_paused() {
            return self.api.unpause(&found.id, name).await;
        }
        if found.is_running() {
            return Ok(());
        }
        self.api.start(&found.id, name).await
    }

    /// Stops a container, and waits until it is gone if that is what its end means.
    async fn stop(&self, found: &Found) -> Result<(), HostError> {
        if found.is_paused() {
            self.api.unpause(&found.id, &found.name).await?;
        }
        self.api.stop(&found.inspect, &found.id, &found.name).await?;
        self.say(format!("stopped `{}`", found.name));
        if found.is_removed_on_stop() && found.has_run() {
            return self.wait_until_gone(found).await;
        }
        Ok(())
    }

    /// Removes a container. The engine may be at it already, if it removes what stops: it refuses to do so twice.
    async fn remove(&self, found: &Found, volumes: OwnVolumes) -> Result<(), HostError> {
        let Err(refusal) = self.api.remove(&found.id, &found.name, volumes).await else { return Ok(()) };
        match self.api.container(&found.id).await? {
            None => Ok(()),
            Some(inspect) if inspect["State"]["Status"] == REMOVING => self.wait_until_gone(found).await,
            Some(_) => Err(refusal),
        }
    }

    async fn wait_until_gone(&self, found: &Found) -> Result<(), HostError> {
        let looks = REMOVAL_LIMIT.as_millis() / REMOVAL_POLL.as_millis();
        for _ in 0..looks {
            if self.api.container(&found.id).await?.is_none() {
                return Ok(());
            }
            tokio::time::sleep(REMOVAL_POLL).await;
        }
        Err(HostError::EngineTimedOut {
            action: "remove container",
            subject: found.name.clone(),
            timeout_s: REMOVAL_LIMIT.as_secs(),
        })
    }

    async fn inspect(&self, id: &str, name: &str) -> Result<Value, HostError> {
        let found = self.api.container(id).await?;
        found.ok_or_else(|| changed(self.replacement, format!("was removed while it was made (`{name}`)")))
    }

    fn cannot(&self, reason: String) -> HostError {
        HostError::CannotRecreate { container: self.replacement.container.to_string(), reason }
    }

    fn say(&self, text: impl Into<String>) {
        self.log.line(LogLine::new(LogSource::Dockrev, text));
    }
}

/// Whether the engine leaves a stopped container with this policy alone.
fn is_quiet(policy: &Value) -> bool {
    let name = policy["Name"].as_str().unwrap_or_default();
    QUIET_POLICIES.contains(&name)
}
