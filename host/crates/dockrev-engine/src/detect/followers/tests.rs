use super::*;
use crate::world::{Road, World, rider};
use dockrev_core::ids::{ImageId, ServiceId, StackName};
use dockrev_core::platform::Platform;
use dockrev_core::stack::{ComposeProject, ComposeService, Container, LocalImage, Pins};
use std::collections::BTreeMap;

/// Service `name` with one container, whose network is that of `host`'s, if any.
fn service(name: &str, host: Option<&str>) -> Service {
    let stack = StackName::new("demo");
    let container = Container { network_of: host.map(ContainerId::new), ..lone(name) };
    Service {
        id: ServiceId { stack: stack.clone(), service: ServiceName::new(name) },
        project: ComposeProject { name: stack, working_dir: "/srv".into(), files: Vec::new(), env_files: Vec::new() },
        containers: vec![container],
        depends_on: Vec::new(),
    }
}

fn lone(name: &str) -> Container {
    Container {
        id: ContainerId::new(name),
        name: name.to_owned(),
        image: "app:1".to_owned(),
        image_id: ImageId::new("image"),
        run: RunState::Running,
        is_dockrev: false,
        network_of: None,
        mounts: Vec::new(),
        labels: BTreeMap::new(),
    }
}

fn in_files(lives_in: &[&str], volumes_from: &[&str]) -> ComposeService {
    let names = |names: &[&str]| names.iter().map(|name| ServiceName::new(*name)).collect();
    ComposeService { lives_in: names(lives_in), volumes_from: names(volumes_from), ..ComposeService::default() }
}

#[test]
fn finds_all_that_live_in_a_service_each_after_its_hosts() {
    let services = ["x", "b", "c", "other"].map(|name| service(name, None));
    let services = services.into_iter().chain([service("a", Some("b")), service("volumes", None)]).collect();
    let stack = Stack { name: StackName::new("demo"), services };
    let guest = Container { network_of: Some(ContainerId::new("a")), ..lone("guest") };
    let stranger = Container { network_of: Some(ContainerId::new("other")), ..lone("stranger") };
    let inventory = Inventory {
        platform: Platform::new("linux", "amd64", None),
        stacks: vec![stack],
        standalone: vec![guest, stranger],
    };
    let stack = &inventory.stacks[0];
    let model = ComposeModel {
        carries_image_volumes: true,
        services: BTreeMap::from([
            (ServiceName::new("b"), in_files(&["c", "x"], &[])),
            (ServiceName::new("c"), in_files(&["x"], &[])),
            (ServiceName::new("gone"), in_files(&["x"], &["x"])),
            (ServiceName::new("volumes"), in_files(&[], &["c"])),
        ]),
    };
    let group = Group::around(&stack.services[0], stack, Some(&model));
    let names: Vec<&str> = group.members.iter().map(|member| member.id.service.as_str()).collect();
    assert_eq!(names, ["c", "b", "a"]);
    let mut hosts: Vec<&str> = group.hosts_of(group.members[1]).map(|host| host.id.service.as_str()).collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["c", "x"]);
    assert_eq!(group.guests(&inventory).collect::<Vec<_>>(), ["guest"]);
    assert_eq!(group.volume_users(stack).collect::<Vec<_>>(), ["demo/volumes"]);
}

/// Who is tied to the service of a world after `change`.
async fn ties_after(depth: Depth, change: impl FnOnce(&World, &mut Inventory)) -> Ties {
    let (world, _) = World::with_change(Road::Followed, true);
    let mut inventory = world.inventory().await.unwrap();
    change(&world, &mut inventory);
    let facts = StackFacts { files: Vec::new(), pins: Pins::new(), model: None };
    let facts = match depth {
        Depth::Survey => facts,
        Depth::Plan => {
            let project = &inventory.stacks[0].services[0].project;
            StackFacts { model: Some(world.model(project).await.unwrap()), ..facts }
        }
    };
    let looking = Looking { engine: &world, compose: &world, inventory: &inventory, depth };
    of(looking, &inventory.stacks[0].services[0], &facts).await.unwrap()
}

fn container(inventory: &mut Inventory) -> &mut Container {
    let services = &mut inventory.stacks[0].services;
    &mut services.iter_mut().find(|service| service.id == rider()).unwrap().containers[0]
}

#[tokio::test]
async fn what_making_it_anew_would_change_or_start_does_not_follow() {
    let found = ties_after(Depth::Plan, |_, _| {}).await;
    let [follower] = found.followers.as_slice() else { panic!("{:?}", found.cut_off) };
    assert_eq!((follower.service.as_str(), follower.containers, follower.was_healthy), ("rider", 1, true));
    assert_eq!(follower.lives_in, [ServiceName::new("app")]);
    assert_eq!(ties_after(Depth::Survey, |_, _| {}).await.followers.len(), 1, "what is shown is assumed to be fine");

    type Make = fn(&World, &mut Inventory);
    let changes: [(&str, Make); 5] = [
        ("stopped", |_, inventory| container(inventory).run = RunState::Exited { code: 0 }),
        ("Dockrev", |_, inventory| container(inventory).is_dockrev = true),
        ("edited", |world, _| world.state().drifts = true),
        ("of other files", |_, inventory| {
            let services = &mut inventory.stacks[0].services;
            services.last_mut().unwrap().project.files.push("/srv/demo/more.yaml".into());
        }),
        ("of another image by now", |world, _| {
            let other = LocalImage { id: ImageId::new("sha256:other"), ..crate::world::image("dddd") };
            world.state().tags.insert("demo.invalid/rider:1".to_owned(), other.id.clone());
            world.state().images.insert(other.id.clone(), other);
        }),
    ];
    for (what, change) in changes {
        let found = ties_after(Depth::Plan, change).await;
        assert_eq!((found.followers.len(), found.cut_off), (0, vec!["demo/rider".to_owned()]), "{what}");
    }
}
