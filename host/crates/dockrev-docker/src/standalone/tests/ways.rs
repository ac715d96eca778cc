//! There and back, and where there is no way.

use super::*;

#[tokio::test]
async fn there_and_back_and_each_step_twice() {
    let kit = Kit::new();
    let id = kit.run(&["--restart", "always", "--publish", "8080"]);
    kit.exec("web", "echo kept > /data/file");
    let replacement = kit.replacement();
    for _ in 0..2 {
        kit.engine.replace(&replacement, &Silent).await.unwrap();
        assert_eq!(kit.containers(), ["web", "web-dockrev-old-20260131T235959Z-3fa9c1"]);
        let status = kit.engine.container_status(&replacement.container).await.unwrap().unwrap();
        assert_eq!((status.image_id, status.image), (kit.new.id.clone(), kit.new.written.clone()));
        assert_eq!(kit.exec("web", "cat /data/file"), "kept");
    }
    // It must not start together with the engine while it is set aside.
    let aside = kit.inspect("web-dockrev-old-20260131T235959Z-3fa9c1").await.unwrap();
    assert_eq!(aside["HostConfig"]["RestartPolicy"]["Name"], "unless-stopped");
    let seen = kit.engine.status_of(&kit.named("web-dockrev-old-20260131T235959Z-3fa9c1")).await.unwrap();
    assert!(seen.is_some());
    for _ in 0..2 {
        kit.engine.put_back(&replacement, &Silent).await.unwrap();
        let back = kit.inspect("web").await.unwrap();
        assert_eq!((&back["Id"], &back["State"]["Running"]), (&json!(id), &json!(true)));
        assert_eq!(back["HostConfig"]["RestartPolicy"]["Name"], "always");
        assert_eq!(kit.containers(), ["web"]);
        assert_eq!(kit.exec("web", "cat /data/file"), "kept");
    }
    kit.engine.replace(&replacement, &Silent).await.unwrap();
    for _ in 0..2 {
        kit.engine.settle(&replacement, &Silent).await.unwrap();
        assert_eq!(kit.containers(), ["web"]);
        assert_eq!(kit.exec("web", "cat /data/file"), "kept");
    }
}

#[tokio::test]
async fn a_container_that_goes_when_it_stops_comes_back_all_the_same() {
    let kit = Kit::new();
    kit.run(&["--rm"]);
    kit.exec("web", "echo kept > /data/file");
    let replacement = kit.replacement();
    kit.engine.replace(&replacement, &Silent).await.unwrap();
    let new = kit.inspect("web").await.unwrap();
    assert_eq!((&new["Image"], &new["HostConfig"]["AutoRemove"]), (&json!(kit.new.id.as_str()), &json!(true)));
    assert_eq!(kit.exec("web", "cat /data/file"), "kept");
    // The new one ends by itself, and with that it is gone.
    kit.real.run(&["stop", &kit.named("web")]).unwrap();
    kit.engine.put_back(&replacement, &Silent).await.unwrap();
    let back = kit.inspect("web").await.unwrap();
    assert_eq!((&back["Image"], &back["HostConfig"]["AutoRemove"]), (&json!(kit.old.id.as_str()), &json!(true)));
    assert_eq!(back["Config"]["Image"], kit.old.written.as_str());
    assert_eq!(kit.exec("web", "cat /data/file"), "kept");
    assert_eq!(kit.containers(), ["web"]);
    kit.engine.replace(&replacement, &Silent).await.unwrap();
    kit.engine.settle(&replacement, &Silent).await.unwrap();
    assert_eq!(kit.containers(), ["web"]);
    assert_eq!(kit.exec("web", "cat /data/file"), "kept");
}

#[tokio::test]
async fn peers_links_and_volumes_of_others_stay() {
    let kit = Kit::new();
    kit.run_as("db", &[]);
    kit.exec("db", "echo theirs > /data/file");
    let link = format!("{}:base", kit.named("db"));
    kit.run(&["--link", &link, "--volumes-from", &kit.named("db")]);
    kit.engine.replace(&kit.replacement(), &Silent).await.unwrap();
    let after = kit.inspect("web").await.unwrap();
    let expected = format!("/{}:/{}/base", kit.named("db"), kit.named("web"));
    assert_eq!(after["HostConfig"]["Links"], json!([expected]));
    assert_eq!(after["HostConfig"]["VolumesFrom"], json!([kit.named("db")]));
    assert_eq!(kit.exec("web", "cat /data/file"), "theirs");
    let db = ContainerName::new(kit.named("db"));
    let found = kit.engine.recreations(std::slice::from_ref(&db)).await.unwrap().remove(&db).unwrap();
    assert!(found.tied_to_it.contains(&kit.named("web")), "{found:?}");
}

#[tokio::test]
async fn the_network_of_another_is_used_again_or_there_is_a_reason() {
    let kit = Kit::with(&["EXPOSE 80"], &["EXPOSE 81"]);
    let vpn = kit.run_as("vpn", &["--hostname", "tunnel"]);
    let mode = format!("container:{}", kit.named("vpn"));
    let id = kit.run(&["--network", &mode]);
    let names = [ContainerName::new(kit.named("vpn")), ContainerName::new(kit.named("web"))];
    let found = kit.engine.recreations(&names).await.unwrap();
    assert_eq!(found[&names[0]].tied_to_it, [kit.named("web")]);
    assert_eq!(found[&names[1]], Recreation::default());
    kit.engine.replace(&kit.replacement(), &Silent).await.unwrap();
    let after = kit.inspect("web").await.unwrap();
    assert_eq!(after["HostConfig"]["NetworkMode"], format!("container:{vpn}"));
    kit.engine.put_back(&kit.replacement(), &Silent).await.unwrap();
    kit.real.run(&["rm", "--force", &kit.named("vpn")]).unwrap();
    let error = kit.engine.replace(&kit.replacement(), &Silent).await.unwrap_err();
    assert_eq!(error.code(), "container.cannot-recreate");
    assert!(error.to_string().contains("which is gone"), "{error}");
    let after = kit.inspect("web").await.unwrap();
    assert_eq!((&after["Id"], &after["State"]["Running"]), (&json!(id), &json!(true)));
    let found = kit.engine.recreations(&names).await.unwrap();
    assert!(found[&names[1]].obstacle.is_some());
}

#[tokio::test]
async fn what_the_engine_refuses_is_refused_before_anything_stops() {
    let kit = Kit::new();
    let id = kit.run(&[]);
    let mut replacement = kit.replacement();
    replacement.to.written = kit.named("no-such-image");
    assert_eq!(kit.engine.replace(&replacement, &Silent).await.unwrap_err().code(), "engine.refused");
    // The name stands for another image by now.
    replacement.to.written = kit.old.written.clone();
    assert_eq!(kit.engine.replace(&replacement, &Silent).await.unwrap_err().code(), "container.cannot-recreate");
    let after = kit.inspect("web").await.unwrap();
    assert_eq!((&after["Id"], &after["State"]["Running"]), (&json!(id), &json!(true)));
    assert_eq!(kit.containers(), ["web"]);
}

#[tokio::test]
async fn what_somebody_else_made_is_not_touched() {
    let kit = Kit::new();
    let replacement = kit.replacement();
    for result in [kit.engine.replace(&replacement, &Silent).await, kit.engine.put_back(&replacement, &Silent).await] {
        assert_eq!(result.unwrap_err().code(), "container.changed");
    }
    assert_eq!(kit.engine.container_status(&replacement.container).await.unwrap(), None);
    kit.run(&[]);
    kit.engine.replace(&replacement, &Silent).await.unwrap();
    // Somebody removes the new one and makes another of the old image, while the first old one is still kept.
    kit.api().await.unwrap().remove(&kit.named("web"), "web", OwnVolumes::Keep).await.unwrap();
    let id = kit.run(&[]);
    for result in [
        kit.engine.replace(&replacement, &Silent).await,
        kit.engine.put_back(&replacement, &Silent).await,
        kit.engine.settle(&replacement, &Silent).await,
    ] {
        assert_eq!(result.unwrap_err().code(), "container.changed");
    }
    assert_eq!(kit.inspect("web").await.unwrap()["Id"], id.as_str());
    assert_eq!(kit.containers().len(), 2);
}
