// Made from docs/openapi.json by `npm run gen`. Not to be changed by hand.

export interface paths {
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what was asked for, newest first. */
        get: operations["get_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole trail as JSON lines, newest first, as a file to keep. */
        get: operations["get_audit_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/backups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the backups. */
        get: operations["get_backups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/backups/{stack}/{file}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Puts data back to what it was. What runs on it is stopped meanwhile. */
        post: operations["post_backups_stack_file_restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/backups/{stack}/{file}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reads a backup to its end and compares it with its checksum and its list of content. */
        post: operations["post_backups_stack_file_verify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/candidates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists services and containers for which there is something newer, taken or not. */
        get: operations["get_candidates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what the last check came to, and how far the one that goes on has come. */
        get: operations["get_check"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/checks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Has registries asked what is newer, in the background: of everything, or of a part. */
        post: operations["post_checks"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/containers/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a container that belongs to no stack. */
        get: operations["get_containers_name"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/containers/{name}/backup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Says what would be copied before an update of a container that belongs to no stack. Measures its data, which takes its
         *     time.
         */
        get: operations["get_containers_name_backup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/containers/{name}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the last lines that a container wrote which belongs to no stack. */
        get: operations["get_containers_name_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/containers/{name}/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts, stops or restarts a container that belongs to no stack. */
        post: operations["post_containers_name_order"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/containers/{name}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what holds for a container that belongs to no stack, and what says so. */
        get: operations["get_containers_name_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Looks at everything that an update needs. Asks registries. */
        get: operations["get_doctor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tells what happens: `check-progress`, `candidates-changed`, `job` (the job), `job-log` (`job`, `workload`, `at`, `source`, `text`),
         *     `plan` (`plan`, `run`), `ignore-rules`, `backups`, `containers`, and `reset`, after which everything is to be read again.
         *     `Last-Event-ID` brings what was missed.
         */
        get: operations["get_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ignore-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the rules. */
        get: operations["get_ignore_rules"];
        put?: never;
        /** Adds a rule: what it leaves out stays visible, with the rule. The same one a second time is the one that is there. */
        post: operations["post_ignore_rules"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ignore-rules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Removes a rule. */
        delete: operations["delete_ignore_rules_id"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ignore-rules/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says what a rule would leave out of what the last check found. Adds nothing. */
        post: operations["post_ignore_rules_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists jobs, newest first. */
        get: operations["get_jobs"];
        put?: never;
        /** Has a plan carried out in the background, once: a job for each of its changes. */
        post: operations["post_jobs"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a job with its journal. */
        get: operations["get_jobs_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks a running job to stop and undo itself. It does within seconds, unless it is past the point of no return. */
        post: operations["post_jobs_id_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads a job's log. */
        get: operations["get_jobs_id_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/jobs/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Puts back what an ended job changed, in the background. */
        post: operations["post_jobs_id_rollback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a plan: asks registries what is newer now, and says what would be done. Changes nothing. */
        post: operations["post_plans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a plan, and what became of it. */
        get: operations["get_plans_id"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plugins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the plugins, and those that are broken. */
        get: operations["get_plugins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/registries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists registries with their budgets. */
        get: operations["get_registries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/services": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists what the last check found of services and containers. */
        get: operations["get_services"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists every setting, and says what this server goes by. Holds no secret. */
        get: operations["get_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the stacks of the last check, with what their services come to. */
        get: operations["get_stacks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks/{stack}/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts, stops or restarts the containers of all services of a stack, in the order of their dependencies. */
        post: operations["post_stacks_stack_order"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks/{stack}/services/{service}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a service. */
        get: operations["get_stacks_stack_services_service"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks/{stack}/services/{service}/backup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what would be copied before an update of a service. Measures its data, which takes its time. */
        get: operations["get_stacks_stack_services_service_backup"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks/{stack}/services/{service}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Reads the last lines that a service's containers wrote. */
        get: operations["get_stacks_stack_services_service_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks/{stack}/services/{service}/order": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts, stops or restarts the containers of a service. */
        post: operations["post_stacks_stack_services_service_order"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stacks/{stack}/services/{service}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what holds for a service, and what says so. */
        get: operations["get_stacks_stack_services_service_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what this is, and who asks. */
        get: operations["get_system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/registry/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes an event of a registry: what is made from the images that it names is checked, in the background. */
        post: operations["post_webhooks_registry_name"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/trigger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Checks, or updates what is newer, in one request: for pipelines and schedulers. A token is the caller's own. */
        post: operations["post_webhooks_trigger"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description What is to be done.
         * @enum {string}
         */
        Action: "check" | "update";
        /**
         * @description Whether an image is built for this host.
         * @enum {string}
         */
        ArchitectureFit: "matches" | "mismatch" | "unknown";
        /**
         * @description What became of the wish for a check.
         * @enum {string}
         */
        Asked: "started" | "joined";
        /** @description Something that somebody asked for, and what came of it. */
        AuditEntry: {
            /** @description What: the method and the path. */
            action: string;
            /** @description From which address. */
            address: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description The code of what went wrong, if something did. */
            code?: string | null;
            /**
             * Format: int64
             * @description Its number, from 1.
             */
            id: number;
            /** @description With what parameters: the body of the request, shortened. */
            parameters?: string | null;
            /**
             * Format: int32
             * @description The status of the answer.
             */
            status: number;
            /** @description Who: `user:ann`, `token:ci`, `dev`. */
            who: string;
        };
        /** @description A page of the audit trail. */
        AuditPage: {
            /** @description The entries, newest first. */
            items: components["schemas"]["AuditEntry"][];
            /** @description Where the next page begins, if there is one. */
            next_cursor?: string | null;
        };
        /** @description A backup. */
        Backup: {
            /**
             * Format: date-time
             * @description When it was begun.
             */
            created_at?: string | null;
            /** @description Digest of the whole file. */
            digest: string;
            /** @description Its name: `STACK/YYYYMMDD-HHMMSSZ.tar.zst`. */
            name: string;
            /**
             * Format: int64
             * @description Its size on the disk.
             */
            size_bytes: number;
            /** @description The stack whose data it is. */
            stack: string;
            /** @description What is in it. */
            targets: components["schemas"]["BackupContent"][];
        };
        /** @description What is in a backup. */
        BackupContent: {
            /**
             * Format: int64
             * @description How many entries it has.
             */
            entries: number;
            /** @description `volume:NAME` or `bind:PATH`. */
            name: string;
            /** @description What was left out or changed while it was read. */
            notes: string[];
            /**
             * Format: int64
             * @description Size of its files' content.
             */
            size_bytes: number;
        };
        /** @description What is copied before a change. */
        BackupPlan: {
            /** @description What happens to the changed service meanwhile. */
            consistency: components["schemas"]["ConsistencyName"];
            /** @description Every place where the stack keeps data, copied or not. */
            targets: components["schemas"]["BackupTarget"][];
        };
        /** @description All backups. */
        Backups: {
            /** @description What can be told to be damaged without reading it. */
            damaged: components["schemas"]["DamagedBackup"][];
            /** @description Those that are whole as far as their end tells, oldest first. */
            items: components["schemas"]["Backup"][];
        };
        /** @description A place where a stack keeps data. */
        BackupTarget: {
            /** @description Stable code of why it is not copied: `skipped_by_size` and so on. */
            code?: string | null;
            consistency?: null | components["schemas"]["ConsistencyName"];
            /** @description Whether it goes back with a rollback. */
            goes_back: boolean;
            /** @description Whether one would expect it to be copied, and it is not. */
            is_a_gap?: boolean;
            /** @description Whether it is copied. */
            is_copied: boolean;
            /** @description `volume:NAME` or `bind:PATH`. */
            name: string;
            /** @description Why it is not copied, in words. */
            reason?: string | null;
            /**
             * Format: int64
             * @description Its size in bytes, if it is known.
             */
            size_bytes?: number | null;
        };
        /** @description Who asks. */
        Caller: {
            /** @description What they may do. */
            scope: components["schemas"]["Scope"];
            /** @description `user:ann`, `token:ci`, or `dev`. */
            who: string;
        };
        /** @description Something newer. */
        Candidate: {
            /** @description Whether it is built for this host. */
            architecture: components["schemas"]["ArchitectureFit"];
            /** @description Its digest. */
            digest: string;
            /** @description The image, `repository:tag`. */
            image: string;
            /** @description How much changes. */
            level: components["schemas"]["LevelName"];
            since?: null | components["schemas"]["SinceWhen"];
            /** @description Its tag. */
            tag: string;
        };
        /** @description One service or container, from what runs to what shall run. */
        Change: {
            backup?: null | components["schemas"]["BackupPlan"];
            /** @description The change of the user's own file as a unified diff, if there is one. */
            diff: string[];
            /** @description Services that are made anew after it, in that order. */
            followers?: string[];
            /** @description What runs before. */
            from: components["schemas"]["ImageBefore"];
            /** @description Whether what runs before has a healthcheck. */
            had_healthcheck: boolean;
            /** @description How much changes. */
            level: components["schemas"]["LevelName"];
            /** @description Services that run to their end before it starts: migrations, for example. */
            one_shots?: string[];
            /** @description Why this image was chosen. */
            reason: string;
            /** @description Whether it is undone by itself if it fails. */
            rolls_back_by_itself: boolean;
            /** @description What shall run. */
            to: components["schemas"]["ImageAfter"];
            /** @description What to know before it is done. */
            warnings: string[];
            /** @description What is changed. */
            workload: components["schemas"]["WorkloadName"];
            /** @description How it is written down. */
            written: components["schemas"]["WrittenAs"];
        };
        /** @description What became of the wish for a check. */
        CheckBegun: {
            /** @description Whether it begins, or one that goes on already is the answer. */
            asked: components["schemas"]["Asked"];
            /**
             * Format: int64
             * @description Its number: it has ended when `GET /check` has it among `unfinished` no more.
             */
            number: number;
        };
        /** @description What a check says of one service, container or image. */
        CheckEntry: {
            candidate?: null | components["schemas"]["Candidate"];
            /** @description Stable code of what went wrong, if something did. */
            code?: string | null;
            /** @description Each relevant tag, and what the policy thinks of it. */
            considered: components["schemas"]["Considered"][];
            /** @description The tag that is followed. */
            current_tag?: string | null;
            /**
             * Format: int64
             * @description How long this one took.
             */
            elapsed_ms: number;
            /** @description The image in the compose file, where an override of Dockrev's is in force. */
            file_image?: string | null;
            /** @description Services that are made anew after it, in that order. */
            followers?: string[];
            /** @description Why something newer is not taken, for programs: an object with a `type`. */
            hold?: Record<string, never> | null;
            /** @description As it was written when the container was made. */
            image: string;
            /** @description What it is. */
            kind: components["schemas"]["EntryKind"];
            /** @description Its name: of a service, within its stack. */
            name: string;
            /** @description Services that run to their end before it starts: migrations, for example. */
            one_shots?: string[];
            /** @description Why. */
            reason: string;
            /** @description The same, normalised. */
            reference?: string | null;
            running?: null | components["schemas"]["Running"];
            /** @description The stack of a service. */
            stack?: string | null;
            /** @description From when the answers are that this is judged by, if the registry cannot be read now. */
            stale_since?: string | null;
            /** @description Where it stands. */
            status: components["schemas"]["EntryStatus"];
            tag_now?: null | components["schemas"]["TagNow"];
            /** @description What to know before an update. */
            warnings: string[];
        };
        /** @description How far a check has come. */
        CheckProgress: {
            /** @description Subjects that are done. */
            done: number;
            /** @description Whether it is of the whole host. */
            is_whole: boolean;
            /**
             * Format: date-time
             * @description When it began.
             */
            started_at: string;
            /** @description Of how many. */
            total: number;
        };
        /** @description The last check of the whole host, less its entries, which are among the services and containers. */
        CheckSummary: {
            /**
             * Format: date-time
             * @description When it was made. Absent before the first one.
             */
            checked_at?: string | null;
            /** @description How many entries have each status. */
            counts: {
                [key: string]: number;
            };
            effort?: null | components["schemas"]["Effort"];
            /** @description Platform of the host, such as `linux/amd64`. */
            platform?: string | null;
            problem?: null | components["schemas"]["Problem"];
            /** @description Which adapter served each registry. */
            registries: {
                [key: string]: components["schemas"]["ServedBy"];
            };
            running?: null | components["schemas"]["CheckProgress"];
            /** @description Numbers of the checks that were asked for and have not ended. */
            unfinished: number[];
        };
        /** @description A tag that was considered, and what else is known of it. */
        Considered: {
            /** @description The digest behind it, where it is known. */
            digest?: string | null;
            /** @description Whether it may be chosen. */
            eligible: boolean;
            level?: null | components["schemas"]["LevelName"];
            /**
             * Format: date-time
             * @description When it was pushed, where the registry tells it.
             */
            pushed_at?: string | null;
            /** @description Why, or why not. */
            reason: string;
            /** @description How it relates to the current one. */
            relation: components["schemas"]["RelationName"];
            /** @description The tag. */
            tag: string;
        };
        /**
         * @description What containers do while their data is copied.
         * @enum {string}
         */
        ConsistencyName: "live" | "pause" | "stop";
        /** @description A container, as it is now. */
        Container: {
            /**
             * Format: int64
             * @description The exit code, if it ended.
             */
            exit_code?: number | null;
            /** @description What its healthcheck says. */
            health: components["schemas"]["HealthName"];
            /** @description Its id. */
            id: string;
            /** @description The image as it was written when it was made. */
            image: string;
            /** @description The image it was made from. */
            image_id: string;
            /** @description Its name. */
            name: string;
            /** @description The last probes, oldest first. */
            probes: components["schemas"]["HealthProbe"][];
            /**
             * Format: int64
             * @description How often the engine has restarted it.
             */
            restart_count: number;
            /** @description Whether its process runs. */
            run: components["schemas"]["RunStateName"];
        };
        /** @description One line that a container wrote. */
        ContainerLine: {
            /**
             * Format: date-time
             * @description When the engine took it.
             */
            at?: string | null;
            /** @description Where it comes from. */
            source: components["schemas"]["LogSourceName"];
            /** @description The line, without its end. */
            text: string;
        };
        /** @description What containers wrote last. */
        ContainerLog: {
            /** @description The lines, in order. */
            lines: components["schemas"]["ContainerLine"][];
        };
        /** @description What containers are to do. */
        ContainerOrder: {
            /** @description Start, stop, or both. */
            wish: components["schemas"]["ContainerWish"];
        };
        /**
         * @description What is asked of the containers.
         * @enum {string}
         */
        ContainerWish: "start" | "stop" | "restart";
        /**
         * @description Whether there are credentials for a registry.
         * @enum {string}
         */
        CredentialsName: "none" | "password" | "identity-token" | "broken";
        /** @description A file among the backups that is none any more. */
        DamagedBackup: {
            /** @description Its name. */
            name: string;
            /** @description What is wrong with it. */
            reason: string;
            /**
             * Format: int64
             * @description Its size on the disk.
             */
            size_bytes: number;
        };
        /**
         * @description Whether a stage is done or undone.
         * @enum {string}
         */
        DirectionName: "do" | "undo";
        /** @description What a check took. */
        Effort: {
            /**
             * Format: int64
             * @description Questions that were answered without a request, from what was known.
             */
            answered_from_cache: number;
            /**
             * Format: int64
             * @description Questions that were answered without a request, with the answer to an identical one that was on its way.
             */
            answered_with_another: number;
            /**
             * Format: int64
             * @description How long it took.
             */
            elapsed_ms: number;
            /** @description How much each registry still allows, by host, as far as it says so. */
            limits: {
                [key: string]: components["schemas"]["Limit"];
            };
            /**
             * Format: int64
             * @description Time for which plugins had the processor, in microseconds.
             */
            plugin_cpu_us: number;
            /** @description Requests that were sent, by host, those for tokens included. */
            requests: {
                [key: string]: number;
            };
        };
        /**
         * @description What an entry is about.
         * @enum {string}
         */
        EntryKind: "service" | "container" | "image";
        /** @description A page of services and containers. */
        EntryPage: {
            /**
             * Format: date-time
             * @description When the whole host was checked. Absent before the first check.
             */
            checked_at?: string | null;
            /** @description By stack and name, containers without a stack last. */
            items: components["schemas"]["CheckEntry"][];
            /** @description Where the next page begins, if there is one. */
            next_cursor?: string | null;
        };
        /**
         * @description Where something stands.
         * @enum {string}
         */
        EntryStatus: "update" | "newer" | "held" | "up-to-date" | "skipped" | "gone" | "unknown";
        /** @description What became of an event. */
        EventTaken: {
            /** @description What is made from the images that it names, and is checked now. */
            checked: components["schemas"]["WorkloadName"][];
            /** @description Whether it had been taken before: then nothing is done. */
            was_seen: boolean;
        };
        /** @description What is wrong with a field. */
        FieldProblem: {
            /** @description Its name. */
            field: string;
            /** @description What is wrong with it. */
            message: string;
        };
        /** @description One thing that was looked at. */
        Finding: {
            /** @description What kind of thing: `data`, `plugin`, `engine`, `stack`, `registry` and so on. */
            area: string;
            /** @description What to do about it, if there is something. */
            hint?: string | null;
            /** @description What was found. */
            message: string;
            /** @description How it is. */
            state: components["schemas"]["FindingState"];
            /** @description Which one. */
            subject: string;
        };
        /** @description What works, what does not, and how to mend it. */
        Findings: {
            /** @description One for each thing that was looked at. */
            findings: components["schemas"]["Finding"][];
        };
        /**
         * @description How something is.
         * @enum {string}
         */
        FindingState: "ok" | "warning" | "broken";
        /**
         * @description What a healthcheck says.
         * @enum {string}
         */
        HealthName: "none" | "starting" | "healthy" | "unhealthy";
        /** @description One run of a healthcheck. */
        HealthProbe: {
            /**
             * Format: date-time
             * @description When it began.
             */
            began_at: string;
            /** @description The container's name. */
            container: string;
            /**
             * Format: int64
             * @description Its exit code; 0 is good.
             */
            exit_code: number;
            /** @description What it printed, shortened. */
            output: string;
        };
        /**
         * @description How a rule finds its tags.
         * @enum {string}
         */
        IgnoreKind: "exact" | "prefix" | "regex" | "range";
        /** @description What a rule would leave out. */
        IgnorePreview: {
            /** @description Tags of the last check that it would leave out, in the registry's order. */
            hidden: string[];
            /** @description Tags that it would leave. */
            left: string[];
        };
        /** @description A rule. */
        IgnoreRule: {
            /**
             * Format: date-time
             * @description Since when it has been there.
             */
            created_at: string;
            /**
             * Format: int64
             * @description Its number.
             */
            id: number;
            /** @description How it finds its tags. */
            kind: components["schemas"]["IgnoreKind"];
            /** @description What it looks for. */
            matcher: string;
            /** @description Why, for whoever wonders later. */
            note?: string | null;
            /** @description What it is for. */
            workload: components["schemas"]["WorkloadName"];
        };
        /** @description All rules. */
        IgnoreRules: {
            /** @description By stack, name and number. */
            items: components["schemas"]["IgnoreRule"][];
        };
        /** @description What shall run after a change. */
        ImageAfter: {
            /** @description Its digest. */
            digest: string;
            /** @description `repository:tag`. */
            image: string;
            /** @description Its tag. */
            tag: string;
        };
        /** @description What runs before a change. */
        ImageBefore: {
            /** @description The digest that the registry knows it by, if it came from one. */
            digest?: string | null;
            /** @description `repository:tag`. */
            image: string;
            /** @description Its id on this engine. */
            image_id: string;
            /** @description The tag that is followed. */
            tag: string;
        };
        /** @description What holds for this process, from the configuration file, the environment and the defaults. */
        InForce: {
            /** @description Where backups are kept. */
            backup_dir: string;
            /**
             * Format: int64
             * @description For how long an answer of a registry is shown without asking again, in seconds.
             */
            cache_ttl_s: number;
            /** @description When the server checks by itself, as a cron expression. */
            check_cron?: string | null;
            /**
             * Format: int64
             * @description How often the server checks by itself, in seconds; absent: never, or by `check_cron`.
             */
            check_every_s?: number | null;
            /** @description How Compose is called. */
            compose: string;
            /** @description The folder with Dockrev's data. */
            data_dir: string;
            /** @description Address of the engine. */
            engine: string;
            /** @description The header in which they say it. */
            forward_header: string;
            /** @description What somebody may do of whom they say it. */
            forward_scope: string;
            /** @description Where the server listens. */
            listen: string;
            /** @description Channels that are told how updates ended. */
            notify: string[];
            /** @description Folders whose subfolders are plugins. */
            plugin_dirs: string[];
            /** @description Id of the version policy. */
            policy: string;
            /** @description Services that have a table of their own in the configuration file. */
            services: string[];
            /** @description The time zone of both. */
            time_zone: string;
            /** @description Proxies that are believed when they say who somebody is. */
            trusted_proxies: string[];
            /** @description When updates of services with `auto-update` may begin. */
            update_windows: string[];
            /** @description Webhooks, by name. */
            webhooks: string[];
        };
        /** @description A job. */
        Job: {
            cause?: null | components["schemas"]["JobFailure"];
            /** @description What it does. */
            change: components["schemas"]["Change"];
            /**
             * Format: date-time
             * @description When its state last changed.
             */
            changed_at: string;
            /**
             * Format: date-time
             * @description When it was asked for.
             */
            created_at: string;
            /** @description Its id. */
            id: string;
            /** @description Who asked for it: `user:ann`, `token:ci`, `cli:root`. */
            requested_by: string;
            stage?: null | components["schemas"]["StageName"];
            /** @description Where it stands. */
            state: components["schemas"]["JobStateName"];
            undo_failure?: null | components["schemas"]["JobFailure"];
            /** @description What it changes. */
            workload: components["schemas"]["WorkloadName"];
        };
        /** @description A job with its journal. */
        JobDetail: {
            /**
             * Format: int64
             * @description For how long the service was not known to be up, at most. Absent where it was not touched, or is not back yet.
             */
            downtime_ms?: number | null;
            /** @description Whether it was asked to stop. */
            is_asked_to_cancel: boolean;
            /** @description The job. */
            job: components["schemas"]["Job"];
            /** @description The steps that it wrote down, in order. */
            journal: components["schemas"]["JobStep"][];
            /** @description The plan that it is part of. Absent for one of the command line. */
            plan?: string | null;
        };
        /** @description Why a stage, or the undoing of one, failed. */
        JobFailure: {
            /** @description Stable code for programs. */
            code: string;
            /** @description What to do about it, if there is something. */
            hint?: string | null;
            /** @description What failed, for people. */
            message: string;
            /** @description The stage. */
            stage: components["schemas"]["StageName"];
        };
        /** @description A page of jobs. */
        JobPage: {
            /** @description The jobs, newest first. */
            items: components["schemas"]["Job"][];
            /** @description Where the next page begins, if there is one. */
            next_cursor?: string | null;
        };
        /**
         * @description Where a job stands.
         * @enum {string}
         */
        JobStateName: "running" | "undoing" | "updated" | "failed" | "rolled-back" | "needs-attention";
        /** @description A step that a job wrote down. */
        JobStep: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            backup?: null | components["schemas"]["StepBackup"];
            /** @description Doing or undoing it. */
            direction: components["schemas"]["DirectionName"];
            failure?: null | components["schemas"]["JobFailure"];
            /** @description What kind of step. */
            kind: components["schemas"]["StepKind"];
            /** @description Lines that containers wrote which were not found good. */
            last_lines: string[];
            probe?: null | components["schemas"]["HealthProbe"];
            /** @description In which stage. */
            stage: components["schemas"]["StageName"];
            /** @description The step in words, where there is more to say than its kind. */
            text?: string | null;
            verified?: null | components["schemas"]["StepVerified"];
        };
        /**
         * @description How much changes.
         * @enum {string}
         */
        LevelName: "major" | "minor" | "patch" | "same-level" | "digest" | "requested";
        /** @description What one registry allows. */
        Limit: {
            /**
             * Format: date-time
             * @description It asked to be left alone until then.
             */
            left_alone_until?: string | null;
            /**
             * Format: int64
             * @description Requests in one window.
             */
            limit?: number | null;
            /**
             * Format: int64
             * @description Requests that are left in this window.
             */
            remaining?: number | null;
            /**
             * Format: int64
             * @description How long a window is, in seconds.
             */
            window_s?: number | null;
        };
        /**
         * @description What a local tag stands for by now.
         * @enum {string}
         */
        LocalTagName: "unused" | "same" | "gone" | "pulled" | "retagged";
        /** @description A line of a job's log. */
        LogLine: {
            /**
             * Format: date-time
             * @description When it was written. Absent in logs of earlier versions.
             */
            at?: string | null;
            /**
             * Format: int64
             * @description Its number in the job's log, from 1.
             */
            number: number;
            /** @description Where it comes from. */
            source: components["schemas"]["LogSourceName"];
            /** @description The line, without its end. */
            text: string;
        };
        /** @description A page of a job's log. */
        LogPage: {
            /** @description The lines, in order. */
            items: components["schemas"]["LogLine"][];
            /** @description Where the next page begins: after the last line, whether or not there are more yet. */
            next_cursor?: string | null;
        };
        /**
         * @description Where a log line comes from.
         * @enum {string}
         */
        LogSourceName: "dockrev" | "engine" | "compose-out" | "compose-err" | "service";
        /** @description A rule that is to be. */
        NewIgnoreRule: {
            /** @description How it finds its tags. */
            kind: components["schemas"]["IgnoreKind"];
            /** @description What it looks for. */
            matcher: string;
            /** @description Why, for whoever wonders later. */
            note?: string | null;
            /** @description What it is for. */
            workload: components["schemas"]["WorkloadName"];
        };
        /** @description What is to be started. */
        NewJob: {
            /** @description Id of the plan. */
            plan: string;
        };
        /** @description What is to be planned. */
        NewPlan: {
            /** @description Take an image that is not built for this host's platform. */
            allow_architecture_mismatch?: boolean;
            /** @description Only these of what was found: a stack and a service, or a container. Absent for all. */
            only?: components["schemas"]["WorkloadName"][] | null;
            /** @description Put a service without a healthcheck back, too, when its new container does not keep running. */
            roll_back_without_healthcheck?: boolean;
            /** @description The tag to move the service or container to, instead of the one that the policy chooses. */
            tag?: string | null;
            /** @description Of what; absent for everything. */
            what?: components["schemas"]["What"];
        };
        /** @description What of a backup goes back, and where to. */
        NewRestore: {
            /** @description Into this volume instead of where it came from; it is made if there is none of that name. */
            into?: string | null;
            /** @description Only this target, such as `volume:shop_data`. */
            target?: string | null;
        };
        /** @description What somebody wants done. */
        NewTrigger: {
            /** @description What is to be done. */
            action: components["schemas"]["Action"];
            /** @description With what; absent for everything. */
            what?: components["schemas"]["What"];
        };
        /** @description Containers that did as they were told. */
        Ordered: {
            /** @description Their names, in the order in which they are started. */
            containers: string[];
        };
        /** @description What is copied before an update of a service or container. */
        OwnBackup: {
            plan?: null | components["schemas"]["BackupPlan"];
        };
        /** @description A setting, and what holds for one service or container. */
        OwnSetting: {
            /** @description What holds if nothing says otherwise, in words. */
            default: string;
            /** @description Its key in the configuration file. */
            key: string;
            /** @description What it means, as Markdown. */
            meaning: string;
            /** @description What says so: a label, a variable, a table of the configuration file. Absent where the default holds. */
            source?: string | null;
            /** @description What is written, as in the configuration file. Absent where nothing is, and for a command, which is shown to nobody. */
            value?: string | null;
        };
        /** @description What a service or container goes by. */
        OwnSettings: {
            /** @description Every setting that services have, in the order of the manual. */
            items: components["schemas"]["OwnSetting"][];
        };
        /**
         * @description Where in the configuration file a setting is.
         * @enum {string}
         */
        PlaceName: "nowhere" | "top" | "registry" | "plugin" | "webhook" | "service";
        /** @description A plan. */
        Plan: {
            asked?: null | components["schemas"]["NewPlan"];
            /** @description What is changed when it is started, in order. */
            changes: components["schemas"]["Change"][];
            /** @description How many entries have each status. */
            counts: {
                [key: string]: number;
            };
            /**
             * Format: date-time
             * @description When it was made.
             */
            created_at: string;
            /** @description Who asked for it. */
            created_by: string;
            /** @description All that was looked at, changed or not, with the reason. */
            entries: components["schemas"]["CheckEntry"][];
            /** @description Its id. */
            id: string;
            run?: null | components["schemas"]["Run"];
        };
        /** @description A plan that was started. */
        PlanStarted: {
            /** @description Id of the plan. */
            plan: string;
            /** @description How it begins: with its first job, unless that takes its time. */
            run: components["schemas"]["Run"];
        };
        /** @description The image of one platform. */
        PlatformDigest: {
            /** @description Digest of its manifest. */
            digest: string;
            /** @description The platform it is built for. */
            platform: components["schemas"]["PlatformName"];
        };
        /** @description What an image is built for. */
        PlatformName: {
            /** @description Such as `amd64`. */
            architecture: string;
            /** @description Such as `linux`. */
            os: string;
            /** @description Such as `v7`. */
            variant?: string | null;
        };
        /** @description One plugin. */
        Plugin: {
            /**
             * Format: int64
             * @description How often it was called since Dockrev was started.
             */
            calls: number;
            /** @description What it does, in a sentence. */
            description: string;
            /**
             * Format: int64
             * @description How many of those calls it did not survive: it trapped, or went past a limit.
             */
            faults: number;
            /** @description Its id. */
            id: string;
            /** @description Its licence as an SPDX expression. */
            license: string;
            /** @description What it may reach. */
            may_reach: string[];
            /** @description Its name for people. */
            name: string;
            /** @description Which settings it needs and does not have. */
            not_configured?: string | null;
            /** @description Whether it can be called. */
            ready: boolean;
            /** @description How it recognises others. */
            recognises_by: string[];
            /** @description Registries that it is made for. */
            registry_hosts: string[];
            /** @description Secrets that it is given, by name. */
            secrets: string[];
            /**
             * Format: int64
             * @description Size of its component, in bytes.
             */
            size_bytes: number;
            /** @description Its own version. */
            version: string;
            /** @description What it is: `registry-adapter`, `version-policy` and so on. */
            world: string;
        };
        /** @description What is installed, and what could not be loaded. */
        PluginList: {
            /** @description The plugins that are in use or could be. */
            plugins: components["schemas"]["Plugin"][];
            /** @description Those that are broken. */
            problems: components["schemas"]["PluginProblem"][];
        };
        /** @description A plugin that could not be loaded. */
        PluginProblem: {
            /** @description Its folder. */
            folder: string;
            /** @description What is wrong with it. */
            problem: string;
        };
        /** @description Why a request was not done. */
        Problem: {
            /** @description Stable code for programs. */
            code: string;
            /** @description What is wrong with single fields of the request. */
            fields?: components["schemas"]["FieldProblem"][];
            /** @description What to do about it, if there is something. */
            hint?: string | null;
            /** @description What happened, for people. */
            message: string;
        };
        /** @description The registries that something here comes from, or that were asked. */
        Registries: {
            /** @description By name. */
            items: components["schemas"]["Registry"][];
        };
        /** @description A registry. */
        Registry: {
            /** @description Whether there are credentials for it; never what they are. */
            credentials: components["schemas"]["CredentialsName"];
            limit?: null | components["schemas"]["Limit"];
            /** @description Its host, as in image references. */
            name: string;
            /** @description Why they cannot be read, if so. */
            problem?: string | null;
            /**
             * Format: int64
             * @description Requests that were sent to it since Dockrev was started.
             */
            requests: number;
            served_by?: null | components["schemas"]["ServedBy"];
        };
        /**
         * @description How a tag relates to the current one.
         * @enum {string}
         */
        RelationName: "current" | "newer" | "older" | "other-track" | "not-a-version";
        /** @description What was put back. */
        Restored: {
            /** @description Containers that were stopped meanwhile. */
            stopped_meanwhile: string[];
            /** @description The targets. */
            targets: string[];
        };
        /** @description How a job is put back. */
        RollbackWish: {
            /** @description Put back the data that was copied before the job, too: what was written since is lost. */
            restore_data?: boolean;
        };
        /** @description A plan that was started, and how far it has come. */
        Run: {
            /**
             * Format: date-time
             * @description When it ended.
             */
            ended_at?: string | null;
            /** @description What becomes of each change, in the plan's order. */
            items: components["schemas"]["RunItem"][];
            /** @description What ended the work on a stack early. */
            problems: components["schemas"]["Problem"][];
            /**
             * Format: date-time
             * @description When.
             */
            started_at: string;
            /** @description Who started it. */
            started_by: string;
            /** @description Where it stands. */
            state: components["schemas"]["RunState"];
        };
        /** @description What becomes of one change. */
        RunItem: {
            /** @description The job that does it, from when there is one. */
            job?: string | null;
            /** @description How far it has come. */
            outcome: components["schemas"]["RunOutcome"];
            /** @description Why it was not begun. */
            reason?: string | null;
            /** @description What is changed. */
            workload: components["schemas"]["WorkloadName"];
        };
        /** @description The image that runs, as the engine knows it. */
        Running: {
            /**
             * Format: date-time
             * @description When it says that it was built.
             */
            created?: string | null;
            /** @description What registries know it as: `repository@digest`. */
            digests: string[];
            /** @description Its id on this engine. */
            image_id: string;
            /** @description Whether at least one container of it runs. */
            is_running: boolean;
            /** @description What its local tag stands for by now. */
            local_tag: components["schemas"]["LocalTagName"];
            /** @description The image that the local tag stands for, where it is another one. */
            local_tag_image_id?: string | null;
            /** @description The platform it is built for. */
            platform: string;
        };
        /**
         * @description How far a change has come.
         * @enum {string}
         */
        RunOutcome: "waiting" | "begun" | "skipped" | "not-begun";
        /**
         * @description Where a plan that was started stands.
         * @enum {string}
         */
        RunState: "running" | "ended" | "interrupted";
        /**
         * @description Whether a container's process runs.
         * @enum {string}
         */
        RunStateName: "running" | "restarting" | "exited" | "paused" | "not-started";
        /**
         * @description What somebody may do. Each scope includes those before it.
         * @enum {string}
         */
        Scope: "read" | "check" | "update" | "admin";
        /** @description Which adapter serves a registry, and why. */
        ServedBy: {
            /** @description The adapter's id. */
            adapter: string;
            /**
             * Format: date-time
             * @description When the registry was asked what it is.
             */
            asked_at?: string | null;
            /** @description The path that the registry was recognised by. */
            path?: string | null;
            /** @description Why it could not be asked properly. */
            problem?: string | null;
            /** @description `configured`, `manifest`, `recognised` or `generic`. */
            why: string;
        };
        /** @description A service or container: what the last check found, what it does now, and what was done to it. */
        ServiceDetail: {
            /** @description Its containers now. */
            containers: components["schemas"]["Container"][];
            entry?: null | components["schemas"]["CheckEntry"];
            /** @description Its newest jobs, newest first. */
            jobs: components["schemas"]["Job"][];
        };
        /** @description A setting. */
        Setting: {
            /** @description What holds if nothing sets it, in words. */
            default: string;
            /** @description The environment variable that sets it. */
            environment?: string | null;
            /** @description Its key in the configuration file. Empty for one that is only in the environment. */
            key: string;
            /** @description The labels that set it. */
            labels: string[];
            /** @description What it means, as Markdown. */
            meaning: string;
            /** @description Where in the configuration file it is. */
            place: components["schemas"]["PlaceName"];
        };
        /** @description Every setting, and what this server goes by. */
        Settings: components["schemas"]["InForce"] & {
            /** @description Every setting there is. */
            catalog: components["schemas"]["Setting"][];
        };
        /** @description Since when an image has been behind its tag, as far as is known. */
        SinceWhen: {
            /**
             * Format: date-time
             * @description Since then.
             */
            at: string;
            /** @description Who says so: `pushed` or `first-seen`. */
            source: string;
        };
        /** @description The stacks of the last check. */
        Stacks: {
            /** @description By name. */
            items: components["schemas"]["StackSummary"][];
        };
        /** @description What the entries of one stack come to. */
        StackSummary: {
            /** @description How many entries have each status. */
            counts: {
                [key: string]: number;
            };
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description How many of them run.
             */
            running: number;
            /**
             * Format: int64
             * @description How many services it has.
             */
            services: number;
        };
        /**
         * @description A stage of a job.
         * @enum {string}
         */
        StageName: "preflight" | "pull" | "backup" | "apply" | "verify";
        /** @description The backup that a job made. */
        StepBackup: {
            /**
             * Format: int64
             * @description How long the service's containers were stopped or frozen for it.
             */
            held_ms: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description Its size in bytes.
             */
            size_bytes: number;
        };
        /**
         * @description What kind a step is.
         * @enum {string}
         */
        StepKind: "started" | "intends" | "did" | "saw" | "done" | "failed";
        /** @description What a job found good at its end. */
        StepVerified: {
            /** @description Names of the containers. */
            containers: string[];
            /**
             * Format: int64
             * @description How long it took until they were good.
             */
            waited_ms: number;
            /** @description What to know about this success. */
            warnings: string[];
        };
        /** @description What this is, and who asks. */
        System: {
            /** @description How many plans and rollbacks are carried out. */
            active: number;
            /** @description Who asks, and what they may do. */
            caller: components["schemas"]["Caller"];
            /** @description The folder with Dockrev's data. */
            data_dir: string;
            /** @description Address of the engine. */
            engine: string;
            /** @description Whether everybody on this machine is let in (`--dev`). */
            is_open: boolean;
            /** @description Whether it is about to end: no new work begins. */
            is_stopping: boolean;
            /**
             * Format: date-time
             * @description When the server checks next by itself, if it does.
             */
            next_check_at?: string | null;
            /**
             * Format: date-time
             * @description Its clock.
             */
            now: string;
            /**
             * Format: date-time
             * @description Since when it has been running.
             */
            started_at: string;
            /** @description When updates may begin by themselves. */
            updates: components["schemas"]["UpdateWindow"];
            /** @description Version of the program. */
            version: string;
            /** @description What of the configuration is probably not meant as it is. */
            warnings: string[];
        };
        /** @description What the tag that is followed points to. */
        TagNow: {
            /** @description The digest of the index or manifest. */
            digest: string;
            /** @description Whether it is what runs; absent for an image that was only asked about. */
            is_what_runs?: boolean | null;
            /** @description Its media type. */
            media_type: string;
            /** @description How it is known that the tag went back to an older build. */
            moved_back?: string | null;
            /** @description The platforms it is built for. */
            platforms: components["schemas"]["PlatformDigest"][];
            since?: null | components["schemas"]["SinceWhen"];
        };
        /** @description What became of it. */
        Triggered: {
            asked?: null | components["schemas"]["Asked"];
            /** @description The plan that is carried out. Absent if nothing is newer. */
            plan?: string | null;
            run?: null | components["schemas"]["Run"];
        };
        /** @description When updates may begin by themselves. */
        UpdateWindow: {
            /**
             * Format: date-time
             * @description Until when the window is open that is open now.
             */
            open_until?: string | null;
            /**
             * Format: date-time
             * @description When the next one opens, if none is open.
             */
            opens_at?: string | null;
        };
        /** @description Of what. One of the fields, or none for everything. */
        What: {
            /** @description The container of this name, which belongs to no stack. */
            container?: string | null;
            /** @description The service of `stack`. */
            service?: string | null;
            /** @description All services of this stack; with `service`, that one of them. */
            stack?: string | null;
        };
        /** @description A service of a stack, or a container that belongs to none. */
        WorkloadName: {
            /** @description Its name: of a service, within its stack. */
            name: string;
            /** @description The stack of a service. */
            stack?: string | null;
        };
        /**
         * @description How a change is written down, so that the user's own next `compose up` keeps it.
         * @enum {string}
         */
        WrittenAs: "local-tag" | "override" | "rewrite" | "container";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_audit: {
        parameters: {
            query?: {
                /** @description Where the page before ended: its `next_cursor`. */
                cursor?: string;
                /** @description Only what was refused or failed (`true`), or what was done (`false`). */
                failed?: boolean;
                /** @description At most this many items: 50 unless it is given, 1,000 at most. */
                limit?: number;
                /** @description With this text in what was asked for, its parameters or its code; case counts. */
                q?: string;
                /** @description From then on. */
                since?: string;
                /** @description Before then. */
                until?: string;
                /** @description Of this one: `user:ann`, `token:ci`. */
                who?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_audit_export: {
        parameters: {
            query?: {
                /** @description Only what was refused or failed (`true`), or what was done (`false`). */
                failed?: boolean;
                /** @description With this text in what was asked for, its parameters or its code; case counts. */
                q?: string;
                /** @description From then on. */
                since?: string;
                /** @description Before then. */
                until?: string;
                /** @description Of this one: `user:ann`, `token:ci`. */
                who?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An entry a line */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/jsonl": string;
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_backups: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backups"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_backups_stack_file_restore: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The rest of its name */
                file: string;
                /** @description Its stack */
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRestore"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Restored"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_backups_stack_file_verify: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The rest of its name */
                file: string;
                /** @description Its stack */
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Backup"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_candidates: {
        parameters: {
            query?: {
                /** @description Where the page before ended: its `next_cursor`. */
                cursor?: string;
                /** @description Of this kind. */
                kind?: "service" | "container" | "image";
                /** @description At most this many items: 50 unless it is given, 1,000 at most. */
                limit?: number;
                /** @description With this text in their name, stack or image. */
                q?: string;
                /** @description Of this stack. */
                stack?: string;
                /** @description In this state. */
                status?: "update" | "newer" | "held" | "up-to-date" | "skipped" | "gone" | "unknown";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryPage"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckSummary"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_checks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["What"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckBegun"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_containers_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceDetail"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_containers_name_backup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnBackup"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_containers_name_log: {
        parameters: {
            query?: {
                /** @description At most this many of the newest lines: 200 unless it is given, 5,000 at most. */
                lines?: number;
            };
            header?: never;
            path: {
                /** @description Its name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContainerLog"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_containers_name_order: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContainerOrder"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ordered"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_containers_name_settings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnSettings"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_doctor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Findings"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_events: {
        parameters: {
            query?: never;
            header?: {
                /** @description Id of the last event that was heard */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events without end */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_ignore_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IgnoreRules"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_ignore_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewIgnoreRule"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IgnoreRule"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_ignore_rules_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_ignore_rules_preview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewIgnoreRule"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IgnorePreview"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_jobs: {
        parameters: {
            query?: {
                /** @description Of the container of this name, which belongs to no stack. */
                container?: string;
                /** @description Where the page before ended: its `next_cursor`. */
                cursor?: string;
                /** @description At most this many items: 50 unless it is given, 1,000 at most. */
                limit?: number;
                /** @description Of the service of this name. */
                service?: string;
                /** @description Of this stack. */
                stack?: string;
                /** @description In this state. */
                state?: "running" | "undoing" | "updated" | "failed" | "rolled-back" | "needs-attention";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPage"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_jobs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewJob"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanStarted"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_jobs_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobDetail"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_jobs_id_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_jobs_id_log: {
        parameters: {
            query?: {
                /** @description Where the page before ended: its `next_cursor`. */
                cursor?: string;
                /** @description At most this many items: 50 unless it is given, 1,000 at most. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_jobs_id_rollback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RollbackWish"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_plans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPlan"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_plans_id: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_plugins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PluginList"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_registries: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Registries"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_services: {
        parameters: {
            query?: {
                /** @description Where the page before ended: its `next_cursor`. */
                cursor?: string;
                /** @description Of this kind. */
                kind?: "service" | "container" | "image";
                /** @description At most this many items: 50 unless it is given, 1,000 at most. */
                limit?: number;
                /** @description With this text in their name, stack or image. */
                q?: string;
                /** @description Of this stack. */
                stack?: string;
                /** @description In this state. */
                status?: "update" | "newer" | "held" | "up-to-date" | "skipped" | "gone" | "unknown";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EntryPage"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_stacks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stacks"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_stacks_stack_order: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContainerOrder"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ordered"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_stacks_stack_services_service: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                service: string;
                /** @description Its stack */
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServiceDetail"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_stacks_stack_services_service_backup: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                service: string;
                /** @description Its stack */
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnBackup"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_stacks_stack_services_service_log: {
        parameters: {
            query?: {
                /** @description At most this many of the newest lines: 200 unless it is given, 5,000 at most. */
                lines?: number;
            };
            header?: never;
            path: {
                /** @description Its name */
                service: string;
                /** @description Its stack */
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ContainerLog"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_stacks_stack_services_service_order: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                service: string;
                /** @description Its stack */
                stack: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ContainerOrder"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ordered"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_stacks_stack_services_service_settings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name */
                service: string;
                /** @description Its stack */
                stack: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnSettings"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["System"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_webhooks_registry_name: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its name in the configuration file */
                name: string;
            };
            cookie?: never;
        };
        /** @description The event, as the registry sends it */
        requestBody: {
            content: {
                "application/json": Record<string, never>;
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTaken"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_webhooks_trigger: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTrigger"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Triggered"];
                };
            };
            /** @description Nobody is known by these credentials, or there are none */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description The scope is too small, or it came from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description It was not done */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
