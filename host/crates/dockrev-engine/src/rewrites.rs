//! Which changes of a plan are written into the user's own files, and which are held because that is not certain.

use crate::attach::{AttachError, own_labels};
use crate::context::Ports;
use dockrev_core::ids::{ImageId, ServiceId, StackName};
use dockrev_core::image::{ImageRef, PinnedImage, Tag};
use dockrev_core::plan::{
    Architecture, Candidate, CannotRewrite, Change, Decision, Hold, Obstacle, Plan, Rewrite, RewritePlan,
    ServiceWorkload, Wanted, Warning, Workload, Writing,
};
use dockrev_core::ports::HostError;
use dockrev_core::settings::SettingsBook;
use dockrev_core::stack::{ComposeModel, ComposeProject, Container, Inventory};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Has newer tags of `plan` written into the user's own files where `settings` say so for their service. Where it is not
/// certain that nothing else would change, the service is held.
pub(crate) async fn attach(
    plan: &mut Plan,
    ports: &Ports,
    settings: &SettingsBook,
    inventory: &Inventory,
) -> Result<(), AttachError> {
    let mut models = Models::default();
    let mut neighbours = Neighbours::default();
    let mut edits: BTreeMap<StackName, Vec<Rewrite>> = BTreeMap::new();
    for entry in &mut plan.entries {
        let Decision::Update(change) = &mut entry.decision else { continue };
        let (id, to) = (change.id(), change.to.clone());
        let Workload::Service(workload) = &mut change.workload else { continue };
        let earlier = edits.entry(workload.service.stack.clone()).or_default();
        workload.earlier_edits.clone_from(earlier);
        if !settings.rewrites(&id.to_string(), own_labels(inventory, &id))? {
            continue;
        }
        let Some(wanted) = wanted(ports, &mut models, workload, to).await? else { continue };
        match find(ports, inventory, &mut neighbours, workload, &wanted).await? {
            Ok(rewrite) => {
                earlier.push(rewrite.rewrite.clone());
                **change = change.as_ref().clone().with_rewrite(rewrite);
            }
            Err(why) => {
                let candidate = Box::new(candidate(change));
                entry.decision = Decision::Held { candidate, hold: Hold::CannotRewrite { why } };
            }
        }
    }
    Ok(())
}

/// What a file has to say for the change. Nothing if no file has to say anything else.
async fn wanted(
    ports: &Ports,
    models: &mut Models,
    workload: &ServiceWorkload,
    to: PinnedImage,
) -> Result<Option<Wanted>, HostError> {
    match &workload.writing {
        Writing::Override { .. } => {}
        Writing::LocalTag | Writing::Rewrite(_) => return Ok(None),
    }
    let model = models.of(ports, &workload.project).await?;
    let image = model.services.get(&workload.service.service).and_then(|service| service.image.clone());
    let Some(file_image) = image else { return Ok(None) };
    // The files have that tag already: it moved.
    if tag_of(&file_image).as_ref() == Some(&to.tag) {
        return Ok(None);
    }
    Ok(Some(Wanted { service: workload.service.service.clone(), file_image, to }))
}

fn tag_of(image: &str) -> Option<Tag> {
    image.parse::<ImageRef>().ok()?.effective_tag()
}

async fn find(
    ports: &Ports,
    inventory: &Inventory,
    neighbours: &mut Neighbours,
    workload: &ServiceWorkload,
    wanted: &Wanted,
) -> Result<Result<RewritePlan, CannotRewrite>, HostError> {
    let rewrite = match ports.rewriting.find(&workload.project, wanted).await? {
        Ok(rewrite) => rewrite,
        Err(cannot) => return Ok(Err(cannot)),
    };
    let others = neighbours.with(ports, inventory, &workload.service.stack, &rewrite.file.path).await;
    if !others.is_empty() {
        return Ok(Err(Obstacle::Shared { others }.at(&rewrite.file.path, Some(rewrite.line))));
    }
    let tag_before = match tag_before(ports, &wanted.to).await? {
        None => None,
        Some(image) => match users(inventory, &workload.service, &wanted.to) {
            users if users.is_empty() => Some(image),
            users => return Ok(Err(Obstacle::TagInUse { by: is_or_are(&users) }.into())),
        },
    };
    let before = match &workload.writing {
        Writing::Override { before } => before.clone(),
        Writing::LocalTag | Writing::Rewrite(_) => None,
    };
    Ok(Ok(RewritePlan { rewrite, before, tag_before }))
}

/// What the files of other stacks are: read once, when it is first asked for.
#[derive(Default)]
struct Neighbours(Option<Vec<(StackName, BTreeSet<PathBuf>)>>);

impl Neighbours {
    /// Other stacks that are brought up with `file`, directly or because another one of their files names it.
    async fn with(&mut self, ports: &Ports, inventory: &Inventory, own: &StackName, file: &Path) -> Vec<String> {
        if self.0.is_none() {
            self.0 = Some(files_of_stacks(ports, inventory).await);
        }
        let others = self.0.iter().flatten().filter(|(stack, files)| stack != own && files.contains(file));
        others.map(|(stack, _)| format!("stack `{stack}`")).collect()
    }
}

async fn files_of_stacks(ports: &Ports, inventory: &Inventory) -> Vec<(StackName, BTreeSet<PathBuf>)> {
    let mut stacks = Vec::with_capacity(inventory.stacks.len());
    for stack in &inventory.stacks {
        let mut projects: Vec<&ComposeProject> = Vec::new();
        for service in &stack.services {
            if !projects.contains(&&service.project) {
                projects.push(&service.project);
            }
        }
        let mut files = BTreeSet::new();
        for project in projects {
            files.extend(project.files.iter().chain(&project.env_files).cloned());
            // Of a stack whose files are gone, what its labels say is all there is.
            let named = ports.compose.fingerprint(project).await.unwrap_or_default();
            files.extend(named.into_iter().map(|file| file.path));
        }
        stacks.push((stack.name.clone(), files));
    }
    stacks
}

/// What the newer tag stands for on this machine, if that is another image.
async fn tag_before(ports: &Ports, to: &PinnedImage) -> Result<Option<ImageId>, HostError> {
    let found = ports.engine.image(&to.tagged()).await?;
    let other = found.filter(|image| !image.digests_of(&to.repository).any(|digest| *digest == to.digest));
    Ok(other.map(|image| image.id))
}

/// Who else is made from the newer tag.
fn users(inventory: &Inventory, own: &ServiceId, to: &PinnedImage) -> Vec<String> {
    let is_made_from_it = |container: &Container| container.image.parse() == Ok(to.tagged());
    let services = inventory.stacks.iter().flat_map(|stack| &stack.services).filter(|service| service.id != *own);
    let services = services.filter(|service| service.containers.iter().any(is_made_from_it));
    let standalone = inventory.standalone.iter().filter(|container| is_made_from_it(container));
    services.map(|service| service.id.to_string()).chain(standalone.map(|found| found.name.clone())).collect()
}

fn is_or_are(names: &[String]) -> String {
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", names.join(", "))
}

/// What the change would have been.
fn candidate(change: &Change) -> Candidate {
    let is_foreign = change.warnings.iter().any(|warning| matches!(warning, Warning::ArchitectureMismatch));
    Candidate {
        image: change.to.clone(),
        level: change.level,
        architecture: if is_foreign { Architecture::Unknown } else { Architecture::Matches },
        platform: change.platform.clone(),
        since: None,
        reason: change.reason.clone(),
    }
}

/// What Compose says of each project: asked once.
#[derive(Default)]
struct Models(Vec<(ComposeProject, ComposeModel)>);

impl Models {
    async fn of(&mut self, ports: &Ports, project: &ComposeProject) -> Result<&ComposeModel, HostError> {
        let known = self.0.iter().position(|(known, _)| known == project);
        let at = match known {
            Some(at) => at,
            None => {
                self.0.push((project.clone(), ports.compose.model(project).await?));
                self.0.len() - 1
            }
        };
        Ok(&self.0[at].1)
    }
}

#[cfg(test)]
mod tests;
