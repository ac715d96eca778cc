-- Tokens of programs and people that use the API. What was handed out is kept as its hash only.

create table api_token (
    id text not null primary key,
    name text not null unique,
    scope text not null check (scope in ('read', 'check', 'update', 'admin')),
    secret_sha256 text not null unique,
    created_by text not null,
    created_at_unix_ms bigint not null,
    last_used_at_unix_ms bigint
);
