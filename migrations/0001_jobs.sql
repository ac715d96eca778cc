-- Jobs, every step that they took, and what was printed while they ran.

create table job (
    id text not null primary key,
    stack text not null,
    service text not null,
    -- The name in `state_json`, so that jobs can be found by it.
    state text not null
        check (state in ('running', 'undoing', 'updated', 'failed', 'rolled-back', 'needs-attention')),
    state_json text not null,
    change_json text not null,
    requested_by text not null,
    created_at_unix_ms bigint not null,
    changed_at_unix_ms bigint not null
);

create index job_by_creation on job (created_at_unix_ms, id);
create index job_by_state on job (state);

create table journal_entry (
    job_id text not null references job (id) on delete cascade,
    sequence bigint not null,
    at_unix_ms bigint not null,
    stage text not null check (stage in ('preflight', 'pull', 'apply', 'verify')),
    direction text not null check (direction in ('do', 'undo')),
    step text not null check (step in ('started', 'intends', 'did', 'done', 'failed')),
    detail_json text,
    primary key (job_id, sequence)
);

create table job_log (
    job_id text not null references job (id) on delete cascade,
    sequence bigint not null,
    source text not null check (source in ('dockrev', 'engine', 'compose-out', 'compose-err', 'service')),
    line text not null,
    primary key (job_id, sequence)
);
