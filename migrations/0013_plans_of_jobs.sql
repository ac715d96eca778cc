-- Which plan a job is part of, what a plan was asked for, and when lines of logs were written.

create table plan_job (
    job_id text not null primary key references job (id) on delete cascade,
    plan_id text not null references update_plan (id) on delete cascade
);

alter table update_plan add column asked_json text;

alter table job_log add column at_unix_ms bigint;

create index audit_entry_by_who on audit_entry (who, id);
