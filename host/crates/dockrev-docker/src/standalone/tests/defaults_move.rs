//! Images that say something else than before.

use super::*;

#[tokio::test]
async fn the_images_defaults_move_along_and_the_users_own_words_stay() {
    let kit = Kit::with(
        &[
            "ENV A=1 GONE=1 MINE=image",
            "LABEL version=1 gone=1",
            "EXPOSE 80",
            "WORKDIR /bin",
            "USER 0",
            "VOLUME /data",
            "VOLUME /gone",
            "HEALTHCHECK --interval=11s CMD true",
        ],
        &[
            "ENV A=2 ADDED=1 MINE=other",
            "LABEL version=2",
            "EXPOSE 81",
            "WORKDIR /tmp",
            "USER 0:0",
            "VOLUME /data",
            "VOLUME /added",
            "HEALTHCHECK --interval=12s --timeout=3s CMD false",
        ],
    );
    let own = ["--env", "MINE=mine", "--label", "own=1", "--expose", "99", "--health-retries", "9"];
    kit.run(&own);
    let before = kit.inspect("web").await.unwrap();
    kit.exec("web", "echo kept > /gone/file");
    kit.engine.replace(&kit.replacement(), &Silent).await.unwrap();
    let after = kit.inspect("web").await.unwrap();
    let config = &after["Config"];
    let mut env: Vec<&str> = config["Env"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    env.sort_unstable();
    assert_eq!(env, ["A=2", "ADDED=1", "MINE=mine", "PATH=/bin"]);
    assert_eq!((&config["Labels"]["version"], &config["Labels"]["own"]), (&json!("2"), &json!("1")));
    assert_eq!(config["Labels"].get("gone"), None);
    assert_eq!(config["ExposedPorts"], json!({"81/tcp": {}, "99/tcp": {}}));
    assert_eq!((&config["WorkingDir"], &config["User"]), (&json!("/tmp"), &json!("0:0")));
    let health = &config["Healthcheck"];
    assert_eq!(health["Test"], json!(["CMD-SHELL", "false"]));
    assert_eq!((&health["Interval"], &health["Retries"]), (&json!(12_000_000_000_u64), &json!(9)));
    assert_eq!(config["Hostname"], after["Id"].as_str().unwrap()[..12]);
    // The new image's own volume is new; one that it no longer declares is still there, with what is in it.
    assert_eq!(volume_at(&after, "/data"), volume_at(&before, "/data"));
    assert_eq!(kit.exec("web", "cat /gone/file"), "kept");
    assert!(!volume_at(&after, "/added").is_empty());
}

#[tokio::test]
async fn the_users_command_and_entrypoint_stay() {
    let kit = Kit::with(&[r#"ENTRYPOINT ["sh", "-c"]"#, r#"CMD ["sleep 70"]"#], &[r#"ENTRYPOINT ["false"]"#]);
    let name = kit.named("web");
    let own = ["--stop-signal", "SIGKILL", "--entrypoint", "sleep", &kit.old.written, "71"];
    kit.real.run(&[&["run", "--detach", "--name", &name], &own[..]].concat()).unwrap();
    kit.engine.replace(&kit.replacement(), &Silent).await.unwrap();
    let after = kit.inspect("web").await.unwrap();
    assert_eq!((&after["Config"]["Entrypoint"], &after["Config"]["Cmd"]), (&json!(["sleep"]), &json!(["71"])));
    assert_eq!(after["State"]["Running"], true);
}
