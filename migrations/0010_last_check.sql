-- What the last check of the whole host found, so that a restart can show it with its age. One row.

create table last_check (
    id bigint not null primary key check (id = 1),
    checked_at_unix_ms bigint not null,
    result_json text not null
);
