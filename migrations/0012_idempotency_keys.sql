-- Answers to requests that name themselves, so that the same request a second time is not done a second time.

create table idempotency_key (
    who text not null,
    name text not null,
    request_sha256 text not null,
    created_at_unix_ms bigint not null,
    status bigint,
    body text,
    primary key (who, name)
);

create index idempotency_key_by_creation on idempotency_key (created_at_unix_ms);
