-- The step `saw`: evidence in the journal of a job. The table is made anew: its check cannot be changed in place.

create table journal_entry_with_evidence (
    job_id text not null references job (id) on delete cascade,
    sequence bigint not null,
    at_unix_ms bigint not null,
    stage text not null check (stage in ('preflight', 'pull', 'backup', 'apply', 'verify')),
    direction text not null check (direction in ('do', 'undo')),
    step text not null check (step in ('started', 'intends', 'did', 'saw', 'done', 'failed')),
    detail_json text,
    primary key (job_id, sequence)
);

insert into journal_entry_with_evidence (job_id, sequence, at_unix_ms, stage, direction, step, detail_json)
select job_id, sequence, at_unix_ms, stage, direction, step, detail_json from journal_entry;

drop table journal_entry;

alter table journal_entry_with_evidence rename to journal_entry;
