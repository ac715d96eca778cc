-- Tags of a service that nobody wants to be told about.

create table ignore_rule (
    id bigint not null primary key,
    stack text not null,
    service text not null,
    kind text not null check (kind in ('exact', 'prefix', 'regex', 'range')),
    matcher text not null,
    note text,
    created_at_unix_ms bigint not null
);

create unique index ignore_rule_once on ignore_rule (stack, service, kind, matcher);
