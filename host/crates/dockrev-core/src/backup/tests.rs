use super::*;
use crate::ids::{ContainerId, ContainerName, ImageId, ServiceId, ServiceName, StackName, WorkloadId};
use crate::platform::Platform;
use crate::stack::{ComposeProject, Container, Inventory, Mount, MountSource, RunState, Service, Stack};
use std::collections::BTreeMap;

fn work(stack: &str, service: &str) -> WorkloadId {
    WorkloadId::Service(id(stack, service))
}

fn id(stack: &str, service: &str) -> ServiceId {
    ServiceId { stack: StackName::new(stack), service: ServiceName::new(service) }
}

/// `data` is a volume's name, or a path.
fn mount(data: &str, writable: bool) -> Mount {
    let source = if data.starts_with('/') {
        MountSource::Bind { path: data.into() }
    } else {
        MountSource::Volume {
            name: data.to_owned(),
            path: format!("/var/lib/docker/volumes/{data}/_data").into(),
            is_on_demand: false,
        }
    };
    Mount { source, destination: "/data".into(), writable }
}

fn container(name: &str, run: RunState, mounts: Vec<Mount>) -> Container {
    Container {
        id: ContainerId::new(format!("id-{name}")),
        name: name.to_owned(),
        image: "app:1".to_owned(),
        image_id: ImageId::new("sha256:1"),
        run,
        is_dockrev: false,
        network_of: None,
        mounts,
        labels: BTreeMap::new(),
    }
}

fn service(stack: &str, name: &str, mounts: Vec<Mount>) -> Service {
    let id = id(stack, name);
    Service {
        project: ComposeProject {
            name: id.stack.clone(),
            working_dir: "/srv".into(),
            files: vec!["/srv/compose.yaml".into()],
            env_files: Vec::new(),
        },
        containers: vec![container(&format!("{stack}-{name}-1"), RunState::Running, mounts)],
        depends_on: Vec::new(),
        id,
    }
}

fn inventory() -> Inventory {
    let app = service("shop", "app", vec![mount("shop_files", true), mount("/srv/shop/conf", false)]);
    let db = service("shop", "db", vec![mount("shop_db", true), mount("shop_files", true)]);
    let other = service("blog", "web", vec![mount("blog_data", true), mount("shop_files", false)]);
    let stack = |name: &str, services| Stack { name: StackName::new(name), services };
    Inventory {
        platform: Platform::new("linux", "amd64", None),
        stacks: vec![stack("shop", vec![app, db]), stack("blog", vec![other])],
        standalone: vec![container("lone", RunState::Exited { code: 0 }, vec![mount("shop_db", true)])],
    }
}

fn targets() -> Vec<DataTarget> {
    of_stack(&inventory(), &StackName::new("shop"))
}

fn planned(settings: &BackupSettings, sizes: &[(&str, Measured)]) -> BackupPlan {
    let size = |target: &DataTarget| {
        let found = sizes.iter().find(|(name, _)| *name == target.name.as_str());
        found.map_or(Measured::Bytes(10), |(_, size)| size.clone())
    };
    let targets: Vec<_> = targets().into_iter().map(|target| (target.clone(), size(&target))).collect();
    plan(&work("shop", "app"), &targets, settings).unwrap()
}

/// What is done with a target: `stop back`, `pause`, or why it is skipped.
fn choice(plan: &BackupPlan, name: &str) -> String {
    let found = plan.targets.iter().find(|planned| planned.target.name.as_str() == name).unwrap();
    match &found.choice {
        Choice::Taken { consistency, goes_back, .. } => {
            let back = if *goes_back { " back" } else { "" };
            format!("{consistency:?}{back}").to_lowercase()
        }
        Choice::Skipped { why } => why.code().to_owned(),
    }
}

#[test]
fn finds_the_data_of_a_stack_and_all_who_use_it() {
    let targets = targets();
    let users = |target: &DataTarget| target.users.iter().map(|user| user.name.clone()).collect::<Vec<_>>().join(" ");
    let found: Vec<_> = targets.iter().map(|target| (target.name.as_str(), users(target))).collect();
    let expected = [
        ("bind:/srv/shop/conf", "shop-app-1"),
        ("volume:shop_db", "shop-db-1 lone"),
        ("volume:shop_files", "shop-app-1 shop-db-1 blog-web-1"),
    ];
    assert_eq!(found, expected.map(|(name, users)| (name, users.to_owned())));
    assert!(of_stack(&inventory(), &StackName::new("nobody")).is_empty());
}

#[test]
fn copies_what_the_stack_can_write_to_and_takes_back_what_was_held_still() {
    let plan = planned(&BackupSettings::default(), &[]);
    assert_eq!(choice(&plan, "volume:shop_files"), "stop back");
    assert_eq!(choice(&plan, "volume:shop_db"), "pause");
    assert_eq!(choice(&plan, "bind:/srv/shop/conf"), "skipped_read_only");
    assert_eq!(plan.bytes(), 20);
    assert!(plan.holds(&work("shop", "app")));
    // `lone` is nobody's of the stack, and does not run.
    let frozen: Vec<_> = plan.frozen_others(&work("shop", "app")).iter().map(|user| user.name.as_str()).collect();
    assert_eq!(frozen, ["shop-db-1"]);
}

#[test]
fn skips_by_size_and_by_failure_unless_forced() {
    let many = Measured::Bytes(u64::MAX);
    let broken = Measured::Failed("no".to_owned());
    let mut settings = BackupSettings::default();
    let plan = planned(&settings, &[("volume:shop_files", many.clone()), ("volume:shop_db", broken.clone())]);
    assert_eq!(choice(&plan, "volume:shop_files"), "skipped_by_size");
    assert_eq!(choice(&plan, "volume:shop_db"), "skipped_by_probe_error");
    assert!(!plan.holds(&work("shop", "app")), "nothing of it is copied, so it goes on");
    settings.targets = BTreeMap::from([
        (TargetName::of_volume("shop_files"), TargetRule::Force),
        (TargetName::of_volume("shop_db"), TargetRule::Force),
        (TargetName::of_bind("/srv/shop/conf".as_ref()), TargetRule::Force),
    ]);
    let plan = planned(&settings, &[("volume:shop_files", many), ("volume:shop_db", broken)]);
    assert_eq!(choice(&plan, "volume:shop_files"), "stop back");
    assert_eq!(choice(&plan, "volume:shop_db"), "pause");
    assert_eq!(choice(&plan, "bind:/srv/shop/conf"), "pause");
    settings.targets.insert(TargetName::of_volume("shop_files"), TargetRule::Skip);
    assert_eq!(choice(&planned(&settings, &[]), "volume:shop_files"), "skipped_by_rule");
}

#[test]
fn the_threshold_itself_is_not_too_much() {
    let settings = BackupSettings { threshold_bytes: 100, ..BackupSettings::default() };
    let at = |bytes| choice(&planned(&settings, &[("volume:shop_files", Measured::Bytes(bytes))]), "volume:shop_files");
    assert_eq!(at(100), "stop back");
    assert_eq!(at(101), "skipped_by_size");
}

#[test]
fn settings_say_what_goes_back() {
    let check = |consistency, restore, own: &str, others: &str| {
        let settings = BackupSettings { consistency, restore, ..BackupSettings::default() };
        let plan = planned(&settings, &[]);
        assert_eq!(choice(&plan, "volume:shop_files"), own, "{consistency:?} {restore:?}");
        assert_eq!(choice(&plan, "volume:shop_db"), others, "{consistency:?} {restore:?}");
    };
    check(Consistency::Pause, None, "pause back", "pause");
    check(Consistency::Live, None, "live", "pause");
    check(Consistency::Live, Some(RestoreRule::Own), "live back", "pause");
    check(Consistency::Stop, Some(RestoreRule::Stack), "stop back", "pause back");
    check(Consistency::Stop, Some(RestoreRule::Never), "stop", "pause");
}

#[test]
fn the_scope_can_be_the_service_alone_and_backups_can_be_off() {
    let settings = BackupSettings { scope: BackupScope::Service, ..BackupSettings::default() };
    assert_eq!(choice(&planned(&settings, &[]), "volume:shop_db"), "skipped_out_of_scope");
    let off = BackupSettings { enabled: false, ..BackupSettings::default() };
    let targets: Vec<_> = targets().into_iter().map(|target| (target, Measured::NotAsked)).collect();
    assert_eq!(plan(&work("shop", "app"), &targets, &off), None);
    assert!(!needs_measuring(&targets[2].0, &work("shop", "app"), &off));
}

#[test]
fn the_machines_own_folders_are_nobodys_data() {
    let check = |path: &str, expected: &str| {
        let app = service("shop", "app", vec![mount(path, true)]);
        let stack = Stack { name: StackName::new("shop"), services: vec![app] };
        let inventory = Inventory { stacks: vec![stack], standalone: Vec::new(), ..inventory() };
        let targets: Vec<_> = of_stack(&inventory, &StackName::new("shop"))
            .into_iter()
            .map(|target| (target, Measured::Bytes(1)))
            .collect();
        let plan = plan(&work("shop", "app"), &targets, &BackupSettings::default()).unwrap();
        assert_eq!(choice(&plan, &format!("bind:{path}")), expected, "{path}");
    };
    for path in ["/", "/etc", "/var/run/docker.sock", "/proc", "/sys/fs/cgroup", "/dev/dri", "/var/lib/docker"] {
        check(path, "skipped_system");
    }
    for path in ["/srv/shop", "/etc/nginx", "/home/me/data", "/var/lib/docker/volumes/x/_data", "/runway"] {
        check(path, "stop back");
    }
}

#[test]
fn an_artifacts_name_says_whose_and_when() {
    let at = "2026-01-31T23:59:59.9Z".parse().unwrap();
    let name = ArtifactName::new(&StackName::new("shop"), at).unwrap();
    assert_eq!(name.as_str(), "shop/20260131-235959Z.tar.zst");
    assert_eq!(name.as_str().parse(), Ok(name.clone()));
    assert_eq!(name.stack(), StackName::new("shop"));
    for bad in
        ["", "shop", "shop/x", "../20260131-235959Z.tar.zst", "a/b/20260131-235959Z.tar.zst", "shop/20260131-235959Z"]
    {
        assert!(bad.parse::<ArtifactName>().is_err(), "{bad}");
    }
}

/// A container that belongs to no stack is a stack of its own.
#[test]
fn copies_what_a_container_of_its_own_has() {
    let lone = WorkloadId::Container(ContainerName::new("lone"));
    let targets = of_stack(&inventory(), &lone.stack());
    let names: Vec<_> = targets.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names, ["volume:shop_db"]);
    let measured: Vec<_> = targets.into_iter().map(|target| (target, Measured::Bytes(1))).collect();
    let plan = plan(&lone, &measured, &BackupSettings::default()).unwrap();
    assert!(plan.holds(&lone));
    assert_eq!(plan.going_back().count(), 1);
    assert!(plan.frozen_others(&lone).is_empty(), "the services of a stack are none of its business");
}

/// Who stops or freezes himself does not go on.
#[test]
fn dockrevs_own_container_is_no_user_of_data() {
    let mut inventory = inventory();
    let db = &mut inventory.stacks[0].services[1].containers[0];
    db.is_dockrev = true;
    let targets = of_stack(&inventory, &StackName::new("shop"));
    let users: Vec<_> = targets.iter().flat_map(|target| &target.users).map(|user| user.name.as_str()).collect();
    assert!(users.contains(&"shop-app-1") && !users.contains(&"shop-db-1"), "{users:?}");
}
