use super::*;

/// `docker-compose config` of 1.29.2, shortened.
const V1: &str = r#"
networks:
  default: {}
services:
  app:
    depends_on:
      cache:
        condition: service_started
      db:
        condition: service_healthy
      built:
        condition: service_completed_successfully
    environment:
      SECRET: hunter2
    image: shop/app:1.0.0
    network_mode: none
  built:
    build:
      context: /srv/shop
    image: mine:1
  cache:
    depends_on:
    - db
    image: redis:7.2.5-alpine
    ipc: service:db
    network_mode: service:app
    pid: service:db
    volumes_from:
    - service:built:ro
    - service:app:rw
    - container:other:ro
    - container:x:rw
  db:
    image: postgres:16@sha256:0b6a6e57601fe095c9b785436f9eb8d41439f6169bb044683108f6a39a9c9ce4
    ipc: host
    network_mode: container:other
    pid: host
version: '3.9'
"#;

/// `docker-compose config --format json` of 2.26.1, shortened.
const V2: &str = r#"{
  "name": "shop",
  "networks": {"default": {"name": "shop_default", "ipam": {}}},
  "services": {
    "app": {
      "command": null,
      "depends_on": {
        "cache": {"condition": "service_started", "required": true},
        "built": {"condition": "service_completed_successfully", "required": true},
        "db": {"condition": "service_healthy", "required": true}
      },
      "environment": {"SECRET": "hunter2"},
      "image": "shop/app:1.0.0"
    },
    "built": {"build": {"context": "/srv/shop", "dockerfile": "Dockerfile"}, "image": "mine:1"},
    "cache": {
      "depends_on": ["db"],
      "image": "redis:7.2.5-alpine",
      "ipc": "service:db",
      "network_mode": "service:app",
      "pid": "service:db",
      "volumes_from": ["built:ro", "app", "container:other:ro", "container:x"]
    },
    "db": {
      "build": null,
      "ipc": "host",
      "network_mode": "container:other",
      "pid": "host",
      "image": "postgres:16@sha256:0b6a6e57601fe095c9b785436f9eb8d41439f6169bb044683108f6a39a9c9ce4"
    }
  }
}"#;

#[test]
fn reads_both_versions_alike() {
    for (version, text) in [(ComposeVersion::V1, V1), (ComposeVersion::V2, V2)] {
        let model = parse(version, text.as_bytes()).unwrap();
        let lines: Vec<String> = model
            .services
            .iter()
            .map(|(name, service)| {
                let depends_on: Vec<_> = service.depends_on.iter().map(ServiceName::as_str).collect();
                let lives_in: Vec<_> = service.lives_in.iter().map(ServiceName::as_str).collect();
                let volumes_from: Vec<_> = service.volumes_from.iter().map(ServiceName::as_str).collect();
                let ends: Vec<_> = service.waits_for_end_of.iter().map(ServiceName::as_str).collect();
                let image = service.image.as_deref().unwrap_or("-");
                let (image, builds) = (image.split('@').next().unwrap(), service.builds);
                format!("{name} {image} {builds} {depends_on:?} {ends:?} {lives_in:?} {volumes_from:?}")
            })
            .collect();
        let expected = [
            r#"app shop/app:1.0.0 false ["built", "cache", "db"] ["built"] [] []"#,
            "built mine:1 true [] [] [] []",
            r#"cache redis:7.2.5-alpine false ["db"] [] ["app", "db"] ["app", "built"]"#,
            "db postgres:16 false [] [] [] []",
        ];
        assert_eq!(lines, expected, "{version:?}");
    }
}

#[test]
fn knows_where_the_files_mount_something() {
    let v1 = "services:\n  app:\n    volumes:\n    - data:/data:rw\n    - /srv/x:/x:ro\n    - /cache\n    - type: volume\n      target: /long\n";
    let v2 = r#"{"services": {"app": {"volumes": [{"type": "volume", "source": "data", "target": "/data", "volume": {}},
        {"type": "bind", "source": "/srv/x", "target": "/x"}, {"type": "volume", "target": "/cache"},
        {"type": "tmpfs", "target": "/long"}]}}}"#;
    for (version, text) in [(ComposeVersion::V1, v1), (ComposeVersion::V2, v2)] {
        let model = parse(version, text.as_bytes()).unwrap();
        let places: Vec<_> =
            model.services[&ServiceName::new("app")].mounted_at.iter().map(|p| p.display().to_string()).collect();
        assert_eq!(places, ["/data", "/x", "/cache", "/long"], "{version:?}");
        assert_eq!(model.carries_image_volumes, version == ComposeVersion::V2);
    }
}

#[test]
fn a_project_may_have_no_services() {
    assert!(parse(ComposeVersion::V1, b"services: {}\n").unwrap().services.is_empty());
    assert!(parse(ComposeVersion::V2, b"{}").unwrap().services.is_empty());
}

#[test]
fn errors_quote_nothing() {
    let check = |version, text: &[u8]| {
        let reason = parse(version, text).unwrap_err();
        assert!(!reason.contains("hunter2"), "{reason}");
    };
    check(ComposeVersion::V1, b"services:\n  a: hunter2\n");
    check(ComposeVersion::V1, b"services: [hunter2\n");
    check(ComposeVersion::V2, br#"{"services": {"a": "hunter2"}}"#);
    check(ComposeVersion::V2, b"hunter2");
    check(ComposeVersion::V2, b"\xff");
}
