-- A job that was asked to stop and undo itself, and which job works on a stack.

alter table job add column cancel_asked_at_unix_ms bigint;

-- The job that works, or worked last, on a stack. Whether its process still lives, the lock file of the stack says.
create table stack_lock (
    stack text not null primary key,
    job_id text not null,
    process_id bigint not null,
    taken_at_unix_ms bigint not null
);
