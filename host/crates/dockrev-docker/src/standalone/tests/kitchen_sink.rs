//! A container with everything, compared field by field.

use super::*;

fn everything(kit: &Kit, port: u16) -> Value {
    let network = kit.named("na");
    json!({
        "Image": kit.old.written, "Hostname": "kitchen", "Domainname": "example.org", "User": "0:0",
        "Env": ["X=y", "A=mine"], "Cmd": ["sleep", "999"], "Labels": {"mine": "1"}, "WorkingDir": "/tmp",
        "Healthcheck": {"Interval": 7_000_000_000_u64}, "ExposedPorts": {"9001/udp": {}},
        "Volumes": {"/cache": {}}, "StopTimeout": 3, "StopSignal": "SIGKILL", "Tty": true, "OpenStdin": true,
        "MacAddress": "02:42:aa:bb:cc:dd",
        "HostConfig": host_config(&kit.named("named"), &network, port),
        "NetworkingConfig": {"EndpointsConfig": {
            network: {"IPAMConfig": {"IPv4Address": "10.99.77.9"}, "Aliases": ["al"], "MacAddress": "02:42:aa:bb:cc:dd"},
        }},
    })
}

fn host_config(named: &str, network: &str, port: u16) -> Value {
    json!({
        "NetworkMode": network, "IpcMode": "shareable",
        "Binds": [format!("{named}:/named:ro"), "/etc/passwd:/host-file:ro"],
        "Mounts": [
            {"Type": "volume", "Target": "/anon", "VolumeOptions": {"NoCopy": true}},
            {"Type": "bind", "Source": "/usr", "Target": "/host-usr", "ReadOnly": true},
            {"Type": "tmpfs", "Target": "/scratch", "TmpfsOptions": {"SizeBytes": 1_048_576}},
        ],
        "Tmpfs": {"/run": "size=1m"},
        "PortBindings": {
            "8080/tcp": [{"HostIp": "", "HostPort": ""}],
            "9000/udp": [{"HostIp": "127.0.0.1", "HostPort": port.to_string()}],
        },
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 4},
        "CapAdd": ["NET_ADMIN"], "CapDrop": ["MKNOD"], "SecurityOpt": ["no-new-privileges"],
        "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/mine", "CgroupPermissions": "rwm"}],
        "DeviceCgroupRules": ["c 7:* rmw"],
        "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}],
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}},
        "ExtraHosts": ["printer:10.0.0.9"], "Dns": ["10.0.0.53"], "DnsSearch": ["lan"], "DnsOptions": ["ndots:1"],
        "GroupAdd": ["27"], "Sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"},
        "ReadonlyRootfs": true, "ShmSize": 33_554_432, "OomScoreAdj": 100,
        "Memory": 67_108_864, "PidsLimit": 99, "CpuShares": 512,
    })
}

/// What may differ: what the container is, what it does, and where the engine keeps it.
fn settings(inspect: &Value) -> Value {
    let mut settings = inspect.clone();
    for field in ["Id", "Created", "State", "Image", "Args", "Path", "GraphDriver", "ExecIDs", "RestartCount"] {
        settings.as_object_mut().unwrap().remove(field);
    }
    for field in ["ResolvConfPath", "HostnamePath", "HostsPath", "LogPath"] {
        settings.as_object_mut().unwrap().remove(field);
    }
    settings["Config"].as_object_mut().unwrap().remove("Image");
    let short = &inspect["Id"].as_str().unwrap()[..12];
    let mut networks = settings["NetworkSettings"]["Networks"].take();
    for network in networks.as_object_mut().unwrap().values_mut() {
        network.as_object_mut().unwrap().remove("EndpointID");
        for list in ["Aliases", "DNSNames"] {
            if let Some(Value::Array(names)) = network.get_mut(list) {
                names.retain(|name| name != short);
            }
        }
    }
    settings["NetworkSettings"] = networks;
    let mut mounts = settings["Mounts"].as_array().cloned().unwrap();
    mounts.sort_by_key(|mount| mount["Destination"].as_str().unwrap().to_owned());
    // How the engine labels it depends on how it was asked for.
    mounts.iter_mut().for_each(|mount| drop(mount.as_object_mut().unwrap().remove("Mode")));
    settings["Mounts"] = Value::Array(mounts);
    settings
}

#[tokio::test]
async fn a_container_with_everything_stays_as_it_is_field_by_field() {
    let image =
        ["VOLUME /data", "ENV A=image B=2", "EXPOSE 8080", "LABEL theirs=1", "HEALTHCHECK --interval=1s CMD true"];
    let kit = Kit::with(&image, &image);
    kit.real.run(&["network", "create", "--subnet", "10.99.77.0/24", &kit.named("na")]).unwrap();
    kit.real.run(&["network", "create", &kit.named("nb")]).unwrap();
    let port = dockrev_testkit::free_port().unwrap();
    let api = kit.api().await.unwrap();
    let id = api.create(&kit.named("web"), &everything(&kit, port)).await.unwrap();
    kit.real.run(&["network", "connect", "--alias", "q", &kit.named("nb"), &id]).unwrap();
    api.start(&id, "web").await.unwrap();
    let before = kit.inspect("web").await.unwrap();
    for place in ["/data", "/cache", "/anon"] {
        kit.exec("web", &format!("echo kept > {place}/file"));
    }

    kit.engine.replace(&kit.replacement(), &Silent).await.unwrap();

    let after = kit.inspect("web").await.unwrap();
    assert_ne!(before["Id"], after["Id"]);
    assert_eq!(after["Image"], kit.new.id.as_str());
    assert_eq!(after["State"]["Running"], true);
    for place in ["/data", "/cache", "/anon"] {
        assert_eq!(kit.exec("web", &format!("cat {place}/file")), "kept", "{place}");
    }
    let mut expected = settings(&before);
    let requests = expected["HostConfig"]["Mounts"].as_array_mut().unwrap();
    requests[0]["Source"] = json!(volume_at(&before, "/anon"));
    let found = settings(&after);
    let asked = found["HostConfig"]["Mounts"].as_array().unwrap();
    let by_name = |place: &str| json!({"Type": "volume", "Source": volume_at(&before, place), "Target": place});
    for place in ["/data", "/cache"] {
        assert!(asked.contains(&by_name(place)), "{place}: {asked:?}");
    }
    let mut rest = found.clone();
    rest["HostConfig"]["Mounts"]
        .as_array_mut()
        .unwrap()
        .retain(|request| *request != by_name("/data") && *request != by_name("/cache"));
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(rest[key], *value, "{key}");
    }
    assert_eq!(rest, expected);

    // Once more, and back: nothing piles up.
    kit.engine.settle(&kit.replacement(), &Silent).await.unwrap();
    kit.engine.put_back(&kit.replacement(), &Silent).await.unwrap();
    kit.engine.settle(&kit.replacement(), &Silent).await.unwrap();
    let back = kit.inspect("web").await.unwrap();
    assert_eq!(back["Image"], kit.old.id.as_str());
    assert_eq!(settings(&back), found);
    assert_eq!(kit.exec("web", "cat /data/file"), "kept");
}
