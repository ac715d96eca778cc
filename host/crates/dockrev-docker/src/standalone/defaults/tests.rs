use super::*;

/// Merges as the engine does (moby 26, `daemon/commit.go`), as far as commands and healthchecks go.
fn merge(users: &Value, image: &Value) -> Value {
    let mut merged = users.as_object().unwrap().clone();
    if is_empty(users.get("Entrypoint")) {
        if is_empty(users.get("Cmd")) {
            merged.insert("Cmd".to_owned(), image["Cmd"].clone());
        }
        if users.get("Entrypoint").is_none_or(Value::is_null) {
            merged.insert("Entrypoint".to_owned(), image["Entrypoint"].clone());
        }
    }
    Value::Object(merged)
}

fn subtracted(config: &Value, image: &Value) -> Value {
    let mut config = config.as_object().unwrap().clone();
    subtract(&mut config, image, &Map::new());
    config.remove("Env");
    Value::Object(config)
}

#[test]
fn the_users_command_stays_and_the_images_goes() {
    let old = json!({"Entrypoint": ["/old"], "Cmd": ["serve"]});
    let new = json!({"Entrypoint": ["/new"], "Cmd": ["run"]});
    let check = |users: Value, old: &Value, expected: Value| {
        let found = subtracted(&merge(&users, old), old);
        let made = merge(&found, &new);
        assert_eq!(made, expected, "{users} leaves {found}");
    };
    check(json!({}), &old, json!({"Entrypoint": ["/new"], "Cmd": ["run"]}));
    check(json!({"Cmd": ["x"]}), &old, json!({"Entrypoint": ["/new"], "Cmd": ["x"]}));
    check(json!({"Entrypoint": ["/mine"]}), &old, json!({"Entrypoint": ["/mine"]}));
    // The same command under another entrypoint can only have been written out.
    check(json!({"Entrypoint": ["/mine"], "Cmd": ["serve"]}), &old, json!({"Entrypoint": ["/mine"], "Cmd": ["serve"]}));
    check(json!({"Entrypoint": [""], "Cmd": ["serve"]}), &old, json!({"Entrypoint": [""], "Cmd": ["serve"]}));
    check(json!({"Entrypoint": ["/old"]}), &old, json!({"Entrypoint": ["/old"]}));
    check(json!({"Entrypoint": [], "Cmd": ["x"]}), &old, json!({"Entrypoint": [], "Cmd": ["x"]}));
    check(json!({"Entrypoint": []}), &old, json!({"Entrypoint": [], "Cmd": ["run"]}));
    let bare = json!({"Cmd": ["serve"], "Entrypoint": null});
    check(json!({}), &bare, json!({"Entrypoint": ["/new"], "Cmd": ["run"]}));
    check(json!({"Cmd": ["x"]}), &bare, json!({"Entrypoint": ["/new"], "Cmd": ["x"]}));
}

#[test]
fn the_users_variables_are_told_from_the_images_by_their_place() {
    let check = |users: &[&str], image: &[&str], expected: &[&str]| {
        let mut config = Map::from_iter([("Env".to_owned(), json!(merged_env(users, image)))]);
        subtract(&mut config, &json!({"Env": image}), &Map::new());
        assert_eq!(config["Env"], json!(expected), "{users:?} on {image:?}");
    };
    check(&[], &["PATH=/bin", "A=1"], &[]);
    check(&["X=y"], &["PATH=/bin", "A=1"], &["X=y"]);
    check(&["A=2"], &["PATH=/bin", "A=1"], &["A=2"]);
    // Equal to the image's, and before one that is the user's for certain: so it is the user's too.
    check(&["A=1", "X=y"], &["PATH=/bin", "A=1"], &["A=1", "X=y"]);
    // Out of the image's order, so it was written.
    check(&["A=1"], &["PATH=/bin", "A=1"], &["A=1"]);
    // Nothing tells it from the image's.
    check(&["PATH=/bin"], &["PATH=/bin", "A=1"], &[]);
    check(&["A=", "A"], &["A=1"], &["A=", "A"]);
    check(&["X=y"], &[], &["X=y"]);
}

#[test]
fn a_list_that_no_engine_would_come_to_is_taken_apart_by_value() {
    let mut config = Map::from_iter([("Env".to_owned(), json!(["A=1", "X=y", "PATH=/bin"]))]);
    subtract(&mut config, &json!({"Env": ["PATH=/bin", "A=1", "GONE=1"]}), &Map::new());
    assert_eq!(config["Env"], json!(["X=y"]));
}

#[test]
fn each_part_of_a_healthcheck_counts_for_itself() {
    let image = json!({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 5, "Retries": 3}});
    let check = |merged: Value, expected: Value| {
        let found = subtracted(&json!({"Healthcheck": merged}), &image);
        assert_eq!(found.get("Healthcheck").cloned().unwrap_or_default(), expected, "{merged}");
    };
    check(json!({"Test": ["CMD", "true"], "Interval": 5, "Retries": 3}), Value::Null);
    check(json!({"Test": ["CMD", "true"], "Interval": 9, "Retries": 3}), json!({"Interval": 9}));
    check(json!({"Test": ["CMD", "mine"], "Interval": 5, "Retries": 3}), json!({"Test": ["CMD", "mine"]}));
    check(json!({"Test": ["NONE"]}), json!({"Test": ["NONE"]}));
    check(Value::Null, Value::Null);
    let without = subtracted(&json!({"Healthcheck": {"Test": ["CMD", "mine"]}}), &json!({}));
    assert_eq!(without, json!({"Healthcheck": {"Test": ["CMD", "mine"]}}));
}

#[test]
fn what_the_image_says_of_user_folder_labels_volumes_and_ports_goes() {
    let image = json!({
        "User": "app", "WorkingDir": "/srv", "StopSignal": "SIGINT",
        "Labels": {"version": "1", "vendor": "x"},
        "Volumes": {"/data": {}},
        "ExposedPorts": {"80/tcp": {}, "443/tcp": {}},
    });
    let config = json!({
        "User": "app", "WorkingDir": "/mine", "StopSignal": "SIGTERM", "StopTimeout": 7,
        "Labels": {"version": "2", "vendor": "x", "owner": "me"},
        "Volumes": {"/data": {}, "/cache": {}},
        "ExposedPorts": {"80/tcp": {}, "443/tcp": {}, "9000/udp": {}},
    });
    let mut found = config.as_object().unwrap().clone();
    subtract(&mut found, &image, json!({"443/tcp": [{"HostPort": "8443"}]}).as_object().unwrap());
    let expected = json!({
        "WorkingDir": "/mine", "StopSignal": "SIGTERM", "StopTimeout": 7, "Env": [],
        "Labels": {"version": "2", "owner": "me"},
        "Volumes": {"/cache": {}},
        "ExposedPorts": {"443/tcp": {}, "9000/udp": {}},
    });
    assert_eq!(Value::Object(found), expected);
}
