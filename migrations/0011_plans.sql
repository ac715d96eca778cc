-- Plans that were made to be looked at before they are done: frozen, and what became of them.

create table update_plan (
    id text not null primary key,
    created_at_unix_ms bigint not null,
    created_by text not null,
    changes_json text not null,
    entries_json text not null,
    run_json text
);

create index update_plan_by_creation on update_plan (created_at_unix_ms, id);
