-- Jobs of one service, and jobs in one state, newest first, without reading all others.

create index job_by_service on job (stack, service, created_at_unix_ms, id);

create index job_by_state_and_creation on job (state, created_at_unix_ms, id);
