-- Who asked for what change, from where, and what came of it. Rows are only ever added.

create table audit_entry (
    id bigint not null primary key,
    at_unix_ms bigint not null,
    who text not null,
    address text not null,
    action text not null,
    parameters text,
    status bigint not null,
    code text
);
