-- When images were seen behind tags of registries: an age for those whose registry tells none, and a history of tags.

create table sighting (
    repository text not null,
    tag text not null,
    digest text not null,
    first_seen_unix_ms bigint not null,
    last_seen_unix_ms bigint not null,
    primary key (repository, tag, digest)
);

create index sighting_by_last_seen on sighting (last_seen_unix_ms);
