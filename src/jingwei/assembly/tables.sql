-- of the migrations 3c90a7c09b9546d5e4a2a02c8985e70e
SET LOCAL standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', true);
SET LOCAL check_function_bodies = false;
SET LOCAL xmloption = content;
SET LOCAL row_security = off;
CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);
CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);
CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);
CREATE FUNCTION public.jingwei_grams(tenant bigint, project bigint, resource text, body text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
DECLARE
  head text := tenant || '.' || left(md5(resource), 4) || ':';
  pieces text[] := ARRAY[head || E'\x01' || coalesce(project::text, '')];
  stretch text;
  piece text;
BEGIN
  FOR hundred IN 0..length(body) / 100 LOOP
    stretch := translate(substr(body, hundred * 100 + 1, 102), E'\n', ' ');
    FOR place IN 1..least(length(stretch), 100) LOOP
      piece := substr(stretch, place, 2);
      IF octet_length(piece) = 2 THEN piece := substr(stretch, place, 3); END IF;
      pieces := pieces || (head || split_part(piece, ' ', 1));
    END LOOP;
  END LOOP;
  RETURN array_to_tsvector(pieces);
END $$;
CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;
CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;
    RETURN job_ids;
END;
$$;
CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;
    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;
    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;
    RETURN _job_id;
END;
$$;
SET LOCAL default_tablespace = '';
SET LOCAL default_table_access_method = heap;
CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    queueing_lock text,
    priority integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);
CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;
 RETURN found_jobs;
END;
$$;
CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;
CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;
CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;
CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;
CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;
CREATE TABLE public.account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id bigint NOT NULL
);
ALTER TABLE public.account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);
ALTER TABLE public.account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.change_changerequest (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    title character varying(120) NOT NULL,
    reason text NOT NULL,
    kind character varying(10) NOT NULL,
    status character varying(12) NOT NULL,
    changes jsonb NOT NULL,
    effect jsonb NOT NULL,
    assessed_at timestamp with time zone,
    decision text NOT NULL,
    decided_at timestamp with time zone,
    implemented_at timestamp with time zone,
    decided_by_id bigint,
    project_id bigint NOT NULL,
    requested_by_id bigint,
    tenant_id bigint NOT NULL,
    extra jsonb NOT NULL,
    costs jsonb NOT NULL,
    CONSTRAINT change_changerequest_version_check CHECK ((version >= 0))
);
ALTER TABLE public.change_changerequest ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.change_changerequest_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.cost_line (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number character varying(60) NOT NULL,
    kind character varying(10) NOT NULL,
    account character varying(12) NOT NULL,
    description character varying(300) NOT NULL,
    amount numeric(18,2) NOT NULL,
    currency character varying(3) NOT NULL,
    period character varying(7) NOT NULL,
    posted_on date,
    supplier character varying(200) NOT NULL,
    status character varying(10) NOT NULL,
    project_id bigint NOT NULL,
    task_id bigint,
    tenant_id bigint NOT NULL,
    extra jsonb NOT NULL,
    sheet_id bigint,
    CONSTRAINT cost_line_version_check CHECK ((version >= 0))
);
ALTER TABLE public.cost_line ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.cost_line_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.cost_package (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    name character varying(200) NOT NULL,
    method character varying(20) NOT NULL,
    budget numeric(18,2),
    units_planned numeric(14,3),
    units_done numeric(14,3) NOT NULL,
    project_id bigint NOT NULL,
    task_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT cost_package_version_check CHECK ((version >= 0))
);
ALTER TABLE public.cost_package ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.cost_package_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.cost_packagemilestone (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    weight numeric(9,2) NOT NULL,
    milestone_id bigint NOT NULL,
    package_id bigint NOT NULL,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT cost_packagemilestone_version_check CHECK ((version >= 0)),
    CONSTRAINT package_milestone_weight_above_zero CHECK ((weight > (0)::numeric))
);
ALTER TABLE public.cost_packagemilestone ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.cost_packagemilestone_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.cost_rate (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    currency character varying(3) NOT NULL,
    base character varying(3) NOT NULL,
    "on" date NOT NULL,
    rate numeric(18,8) NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT cost_rate_version_check CHECK ((version >= 0)),
    CONSTRAINT rate_above_zero CHECK ((rate > (0)::numeric)),
    CONSTRAINT rate_of_two_currencies CHECK ((NOT ((currency)::text = (base)::text)))
);
ALTER TABLE public.cost_rate ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.cost_rate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.cost_snapshot (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    period character varying(7) NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    bac numeric(36,2) NOT NULL,
    pv numeric(36,2) NOT NULL,
    ev numeric(36,2) NOT NULL,
    ac numeric(36,2) NOT NULL,
    packages jsonb NOT NULL,
    project_id bigint NOT NULL,
    taken_by_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT cost_snapshot_version_check CHECK ((version >= 0))
);
ALTER TABLE public.cost_snapshot ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.cost_snapshot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.decision_decision (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    title character varying(200) NOT NULL,
    situation text NOT NULL,
    choice text NOT NULL,
    alternatives text NOT NULL,
    consequences text NOT NULL,
    review_on date,
    status character varying(10) NOT NULL,
    refusal text NOT NULL,
    decided_at timestamp with time zone,
    decided_by_id bigint,
    owner_id bigint,
    project_id bigint NOT NULL,
    successor_id bigint,
    tenant_id bigint NOT NULL,
    extra jsonb NOT NULL,
    CONSTRAINT decision_decision_version_check CHECK ((version >= 0)),
    CONSTRAINT decision_not_by_itself CHECK ((NOT ((successor_id = id) AND (successor_id IS NOT NULL))))
);
ALTER TABLE public.decision_decision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.decision_decision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.directory_person (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number character varying(40) NOT NULL,
    name character varying(80) NOT NULL,
    "position" character varying(80) NOT NULL,
    email character varying(254) NOT NULL,
    phone character varying(40) NOT NULL,
    is_active boolean NOT NULL,
    tenant_id bigint NOT NULL,
    user_id bigint,
    team_id bigint,
    skills character varying(200) NOT NULL,
    spelt text NOT NULL,
    CONSTRAINT directory_person_version_check CHECK ((version >= 0))
);
ALTER TABLE public.directory_person ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.directory_person_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.directory_team (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    name character varying(120) NOT NULL,
    kind character varying(16) NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT directory_team_version_check CHECK ((version >= 0))
);
ALTER TABLE public.directory_team ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.directory_team_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);
ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);
CREATE TABLE public.frame_accessevent (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    kind character varying(20) NOT NULL,
    user_id bigint,
    name character varying(150) NOT NULL,
    address character varying(45) NOT NULL,
    detail character varying(200) NOT NULL,
    tenant_id bigint
);
ALTER TABLE public.frame_accessevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_accessevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_alarm (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    watch character varying(80) NOT NULL,
    resource character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    level character varying(8) NOT NULL,
    title_zh character varying(300) NOT NULL,
    title_en character varying(300) NOT NULL,
    url character varying(500) NOT NULL,
    ended_at timestamp with time zone,
    project_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_alarm_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_alarm ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_alarm_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_apitoken (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    prefix character varying(8) NOT NULL,
    token_hash character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    user_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    parent_id bigint,
    limits jsonb NOT NULL
);
ALTER TABLE public.frame_apitoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_apitoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_arrangement (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    widgets jsonb NOT NULL,
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT frame_arrangement_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_arrangement ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_arrangement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_attachment (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    name character varying(200) NOT NULL,
    kind character varying(100) NOT NULL,
    size bigint NOT NULL,
    sha256 character varying(64) NOT NULL,
    file character varying(100) NOT NULL,
    thumbnail character varying(100) NOT NULL,
    by_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_attachment_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_attachment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_attachment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_case (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    stage character varying(40) NOT NULL,
    state character varying(10) NOT NULL,
    round integer NOT NULL,
    print character varying(32) NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone,
    reminded_at timestamp with time zone,
    escalated_at timestamp with time zone,
    ended_at timestamp with time zone,
    opened_by_id bigint,
    project_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_case_round_check CHECK ((round >= 0)),
    CONSTRAINT frame_case_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_case ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_case_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_comment (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    text text NOT NULL,
    mentioned bigint[] NOT NULL,
    edited_at timestamp with time zone,
    by_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_comment_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_comment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_comment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_counter (
    id bigint NOT NULL,
    key character varying(200) NOT NULL,
    last bigint NOT NULL,
    project_id bigint,
    tenant_id bigint NOT NULL
);
ALTER TABLE public.frame_counter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_counter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_customfield (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    key character varying(40) NOT NULL,
    label_zh character varying(80) NOT NULL,
    label_en character varying(80) NOT NULL,
    kind character varying(10) NOT NULL,
    choices text NOT NULL,
    is_required boolean NOT NULL,
    help character varying(300) NOT NULL,
    "position" smallint NOT NULL,
    is_archived boolean NOT NULL,
    project_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_customfield_position_check CHECK (("position" >= 0)),
    CONSTRAINT frame_customfield_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_customfield ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_customfield_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_demand (
    id bigint NOT NULL,
    job character varying(100) NOT NULL,
    key character varying(100) NOT NULL,
    at timestamp with time zone NOT NULL,
    tenant_id bigint NOT NULL
);
ALTER TABLE public.frame_demand ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_demand_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_deputy (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    from_on date NOT NULL,
    until_on date NOT NULL,
    deputy_id bigint NOT NULL,
    person_id bigint NOT NULL,
    project_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT deputy_ends_later CHECK ((until_on >= from_on)),
    CONSTRAINT deputy_is_another CHECK ((NOT (person_id = deputy_id))),
    CONSTRAINT frame_deputy_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_deputy ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_deputy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_documenttext (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    document character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    section character varying(40) NOT NULL,
    text text NOT NULL,
    by_id bigint,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_documenttext_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_documenttext ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_documenttext_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_documentversion (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    document character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    number integer NOT NULL,
    language character varying(10) NOT NULL,
    status character varying(5) NOT NULL,
    print character varying(64) NOT NULL,
    shown jsonb NOT NULL,
    withheld jsonb NOT NULL,
    said_at timestamp with time zone NOT NULL,
    docx character varying(100) NOT NULL,
    pdf character varying(100) NOT NULL,
    docx_size bigint NOT NULL,
    pdf_size bigint NOT NULL,
    by_id bigint,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_documentversion_number_check CHECK ((number >= 0)),
    CONSTRAINT frame_documentversion_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_documentversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_documentversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_dutydone (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    done_at timestamp with time zone NOT NULL,
    tenant_id bigint NOT NULL
);
ALTER TABLE public.frame_dutydone ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_dutydone_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_edge (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    trace character varying(40) NOT NULL,
    source character varying(80) NOT NULL,
    source_id bigint NOT NULL,
    target character varying(80) NOT NULL,
    target_id bigint NOT NULL,
    source_print character varying(64) NOT NULL,
    target_print character varying(64) NOT NULL,
    confirmed_at timestamp with time zone NOT NULL,
    confirmed_by_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_edge_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_edge ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_edge_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_failedtries (
    key character varying(220) NOT NULL,
    failures integer NOT NULL,
    began_at timestamp with time zone NOT NULL,
    locked_until timestamp with time zone,
    CONSTRAINT frame_failedtries_failures_check CHECK ((failures >= 0))
);
CREATE TABLE public.frame_follower (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT frame_follower_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_follower ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_follower_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_growthsample (
    id bigint NOT NULL,
    "on" date NOT NULL,
    name character varying(80) NOT NULL,
    bytes bigint NOT NULL,
    rows bigint NOT NULL
);
ALTER TABLE public.frame_growthsample ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_growthsample_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_history (
    id bigint NOT NULL,
    project_id bigint,
    resource character varying(80) NOT NULL,
    object_id bigint NOT NULL,
    action character varying(1) NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id bigint,
    origin character varying(80) NOT NULL,
    reason text NOT NULL,
    trace character varying(64) NOT NULL,
    before jsonb,
    after jsonb,
    written_by numeric(20,0) NOT NULL,
    tenant_id bigint NOT NULL
);
ALTER TABLE public.frame_history ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_importcolumns (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    print character varying(64) NOT NULL,
    columns jsonb NOT NULL,
    fixed jsonb NOT NULL,
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT frame_importcolumns_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_importcolumns ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_importcolumns_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_importfile (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    verb character varying(40) NOT NULL,
    projects bigint[],
    limits jsonb NOT NULL,
    name character varying(200) NOT NULL,
    size integer NOT NULL,
    sealed bytea NOT NULL,
    chosen jsonb NOT NULL,
    trial bytea,
    work_id bigint,
    outcome jsonb NOT NULL,
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT frame_importfile_size_check CHECK ((size >= 0)),
    CONSTRAINT frame_importfile_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_importfile ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_importfile_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_letter (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    notice character varying(80) NOT NULL,
    "values" jsonb NOT NULL,
    level character varying(8) NOT NULL,
    url character varying(500) NOT NULL,
    key character varying(120) NOT NULL,
    is_digest boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    state character varying(8) NOT NULL,
    attempts smallint NOT NULL,
    problem character varying(300) NOT NULL,
    project_id bigint,
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    needs character varying(130) DEFAULT ''::character varying NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT frame_letter_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT frame_letter_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_letter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_letter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_longwork (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    title character varying(200) NOT NULL,
    status character varying(10) NOT NULL,
    done integer NOT NULL,
    total integer NOT NULL,
    message text NOT NULL,
    url character varying(500) NOT NULL,
    cancel_asked boolean NOT NULL,
    payload jsonb NOT NULL,
    outcome jsonb NOT NULL,
    file bytea,
    user_id bigint,
    tenant_id bigint NOT NULL,
    resource character varying(80) NOT NULL,
    verb character varying(40) NOT NULL,
    projects bigint[],
    limits jsonb NOT NULL,
    CONSTRAINT frame_longwork_done_check CHECK ((done >= 0)),
    CONSTRAINT frame_longwork_total_check CHECK ((total >= 0)),
    CONSTRAINT frame_longwork_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_longwork ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_longwork_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_membership (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    user_id bigint NOT NULL,
    project_id bigint,
    role_id bigint NOT NULL,
    tenant_id bigint NOT NULL
);
ALTER TABLE public.frame_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_noticechoices (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    zone character varying(60),
    digest_at time without time zone NOT NULL,
    quiet_from time without time zone,
    quiet_until time without time zone,
    kinds jsonb NOT NULL,
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT frame_noticechoices_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_noticechoices ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_noticechoices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_notification (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    level character varying(8) NOT NULL,
    title_zh character varying(300) NOT NULL,
    title_en character varying(300) NOT NULL,
    url character varying(500) NOT NULL,
    key character varying(120) NOT NULL,
    count integer NOT NULL,
    read_at timestamp with time zone,
    user_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    project_id bigint,
    notice character varying(80) DEFAULT ''::character varying NOT NULL,
    "values" jsonb,
    needs character varying(130) DEFAULT ''::character varying NOT NULL,
    CONSTRAINT frame_notification_count_check CHECK ((count >= 0)),
    CONSTRAINT frame_notification_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_notification ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_pastpassword (
    id bigint NOT NULL,
    password character varying(128) NOT NULL,
    user_id bigint NOT NULL
);
ALTER TABLE public.frame_pastpassword ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_pastpassword_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_project (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    name character varying(200) NOT NULL,
    status character varying(12) NOT NULL,
    customer character varying(200) NOT NULL,
    zone character varying(60) NOT NULL,
    currency character varying(3) NOT NULL,
    start_on date NOT NULL,
    data_date timestamp with time zone,
    description text NOT NULL,
    manager_id bigint,
    tenant_id bigint NOT NULL,
    finish_on date,
    has_critical_ends boolean NOT NULL,
    scheduled_from character varying(6) NOT NULL,
    progress_logic character varying(8) NOT NULL,
    extra jsonb NOT NULL,
    CONSTRAINT frame_project_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_project ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_project_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_role (
    id bigint NOT NULL,
    key character varying(40) NOT NULL,
    name character varying(80) NOT NULL,
    grants character varying(80)[] NOT NULL,
    is_standard boolean NOT NULL,
    tenant_id bigint NOT NULL
);
ALTER TABLE public.frame_role ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_role_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_savedview (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    name character varying(80) NOT NULL,
    query text NOT NULL,
    is_shared boolean NOT NULL,
    is_default boolean NOT NULL,
    user_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    project_id bigint,
    CONSTRAINT frame_savedview_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_savedview ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_savedview_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_search (
    id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    project_id bigint,
    resource character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    code character varying(200) NOT NULL COLLATE pg_catalog."C",
    title character varying(200) NOT NULL COLLATE pg_catalog."C",
    label character varying(400) NOT NULL,
    body text NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE public.frame_search ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_search_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_searchfill (
    id bigint NOT NULL,
    resource character varying(80) NOT NULL,
    declared character varying(32) NOT NULL,
    behind bigint NOT NULL,
    is_full boolean NOT NULL
);
ALTER TABLE public.frame_searchfill ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_searchfill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_secret (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    purpose character varying(120) NOT NULL,
    key_id character varying(32) NOT NULL,
    wrapped_key bytea NOT NULL,
    ciphertext bytea NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_secret_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_secret ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_secret_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_sending (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    message character varying(40) NOT NULL,
    fact character varying(130) NOT NULL,
    resource character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    state character varying(8) NOT NULL,
    attempts smallint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    tried_at timestamp with time zone,
    status smallint,
    answer text NOT NULL,
    took_ms integer,
    tenant_id bigint NOT NULL,
    webhook_id bigint NOT NULL,
    said jsonb,
    CONSTRAINT frame_sending_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT frame_sending_status_check CHECK ((status >= 0)),
    CONSTRAINT frame_sending_took_ms_check CHECK ((took_ms >= 0)),
    CONSTRAINT frame_sending_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_sending ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_sending_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_setuplink (
    id bigint NOT NULL,
    token_hash character varying(64) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    tenant_id bigint,
    user_id bigint,
    issued_by_id bigint
);
ALTER TABLE public.frame_setuplink ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_setuplink_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_stagerule (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    stage character varying(40) NOT NULL,
    quorum smallint NOT NULL,
    days smallint,
    project_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_stagerule_days_check CHECK ((days >= 0)),
    CONSTRAINT frame_stagerule_quorum_check CHECK ((quorum >= 0)),
    CONSTRAINT frame_stagerule_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_stagerule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_stagerule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_tag (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    word character varying(40) NOT NULL,
    colour smallint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_tag_colour_check CHECK ((colour >= 0)),
    CONSTRAINT frame_tag_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_tag ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_tag_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_tagging (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    resource character varying(80) NOT NULL,
    row_id bigint NOT NULL,
    tag_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT frame_tagging_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_tagging ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_tagging_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_tenant (
    id bigint NOT NULL,
    code character varying(40) NOT NULL,
    name character varying(200) NOT NULL,
    zone character varying(60) NOT NULL,
    currency character varying(3) NOT NULL,
    language character varying(10) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    password_profile character varying(10) NOT NULL
);
ALTER TABLE public.frame_tenant ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_tenant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_user (
    id bigint NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    username character varying(150) NOT NULL,
    first_name character varying(150) NOT NULL,
    last_name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    is_staff boolean NOT NULL,
    is_active boolean NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    language character varying(10) NOT NULL,
    last_tenant_id bigint,
    password_changed_at timestamp with time zone,
    spelt text NOT NULL
);
CREATE TABLE public.frame_user_groups (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    group_id integer NOT NULL
);
ALTER TABLE public.frame_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE public.frame_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_user_user_permissions (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.frame_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_vote (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    stage character varying(40) NOT NULL,
    choice character varying(8) NOT NULL,
    word text NOT NULL,
    withdrawn_at timestamp with time zone,
    acting_for_id bigint,
    case_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT frame_vote_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_vote ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_vote_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.frame_webhook (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(80) NOT NULL,
    url character varying(500) NOT NULL,
    facts text NOT NULL,
    projects text NOT NULL,
    is_active boolean NOT NULL,
    off_because character varying(10) NOT NULL,
    limits jsonb NOT NULL,
    likes character varying(200)[] NOT NULL,
    project_ids bigint[],
    former_until timestamp with time zone,
    is_shown boolean NOT NULL,
    failing_since timestamp with time zone,
    paused_until timestamp with time zone,
    former_id bigint,
    maker_id bigint,
    secret_id bigint,
    tenant_id bigint NOT NULL,
    full_since timestamp with time zone,
    CONSTRAINT frame_webhook_version_check CHECK ((version >= 0))
);
ALTER TABLE public.frame_webhook ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.frame_webhook_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_checkpoint (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    side character varying(1) NOT NULL,
    cursor jsonb NOT NULL,
    loaded_at timestamp with time zone,
    tenant_id bigint NOT NULL,
    interface_id bigint NOT NULL,
    again jsonb,
    failing_since timestamp with time zone,
    problem text NOT NULL,
    read_at timestamp with time zone,
    CONSTRAINT hub_checkpoint_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_checkpoint ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_checkpoint_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_conflict (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    field character varying(80) NOT NULL,
    value_a jsonb,
    value_b jsonb,
    base jsonb,
    resolved_at timestamp with time zone,
    choice character varying(10) NOT NULL,
    chosen jsonb,
    resolved_by_id bigint,
    tenant_id bigint NOT NULL,
    interface_id bigint NOT NULL,
    link_id bigint NOT NULL,
    message_en text NOT NULL,
    message_zh text NOT NULL,
    reason character varying(16) NOT NULL,
    CONSTRAINT hub_conflict_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_conflict ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_conflict_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_connection (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    config jsonb NOT NULL,
    hosts character varying(255)[] NOT NULL,
    endpoint character varying(40) NOT NULL,
    requests_per_minute integer NOT NULL,
    account character varying(200) NOT NULL,
    failures integer NOT NULL,
    open_until timestamp with time zone,
    last_ok_at timestamp with time zone,
    last_error_at timestamp with time zone,
    last_error text NOT NULL,
    credential_id bigint,
    tenant_id bigint NOT NULL,
    webhook_secret_id bigint,
    webhook_secret_before_id bigint,
    system_id bigint NOT NULL,
    clock_ahead double precision,
    held_reason text NOT NULL,
    held_since timestamp with time zone,
    paused_until timestamp with time zone,
    tokens double precision,
    tokens_at timestamp with time zone,
    CONSTRAINT hub_connection_failures_check CHECK ((failures >= 0)),
    CONSTRAINT hub_connection_requests_per_minute_check CHECK ((requests_per_minute >= 0)),
    CONSTRAINT hub_connection_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_connection ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_connection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_deadletter (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(60) NOT NULL,
    message_zh text NOT NULL,
    message_en text NOT NULL,
    settled_at timestamp with time zone,
    settlement character varying(10) NOT NULL,
    settled_by_id bigint,
    tenant_id bigint NOT NULL,
    delivery_id bigint,
    interface_id bigint NOT NULL,
    entry_id bigint,
    CONSTRAINT hub_deadletter_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_deadletter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_deadletter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_delivery (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    side character varying(1) NOT NULL,
    source character varying(10) NOT NULL,
    event_id character varying(200),
    record_key character varying(200) NOT NULL,
    record jsonb,
    raw bytea,
    headers jsonb NOT NULL,
    state character varying(12) NOT NULL,
    attempts smallint NOT NULL,
    not_before timestamp with time zone,
    outcome character varying(20) NOT NULL,
    received_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    connection_id bigint,
    tenant_id bigint NOT NULL,
    interface_id bigint,
    link_id bigint,
    run_id bigint,
    CONSTRAINT hub_delivery_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT hub_delivery_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_delivery ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_grant (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    permissions jsonb NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    granted_by_id bigint,
    interface_id bigint NOT NULL,
    revoked_by_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT hub_grant_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_grant ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_grant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_healthperiod (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    state character varying(10) NOT NULL,
    reason character varying(300) NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone,
    tenant_id bigint NOT NULL,
    interface_id bigint NOT NULL,
    reason_en character varying(300) NOT NULL,
    CONSTRAINT hub_healthperiod_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_healthperiod ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_healthperiod_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_interface (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    key character varying(60) NOT NULL,
    name character varying(120) NOT NULL,
    stream_a character varying(80) NOT NULL,
    stream_b character varying(80) NOT NULL,
    requirement text NOT NULL,
    stage character varying(10) NOT NULL,
    poll_seconds integer NOT NULL,
    reconcile_hours integer NOT NULL,
    on_delete character varying(10) NOT NULL,
    delete_limit_percent smallint NOT NULL,
    freshness_seconds integer NOT NULL,
    restore_minutes integer NOT NULL,
    state character varying(10) NOT NULL,
    state_reason character varying(300) NOT NULL,
    state_since timestamp with time zone,
    next_poll_at timestamp with time zone,
    last_arrival_at timestamp with time zone,
    last_success_at timestamp with time zone,
    reconciled_at timestamp with time zone,
    paired_at timestamp with time zone,
    owner_id bigint,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    published_id bigint,
    system_a_id bigint NOT NULL,
    system_b_id bigint NOT NULL,
    compared jsonb NOT NULL,
    compared_at timestamp with time zone,
    deletes_allowed_at timestamp with time zone,
    held_reason character varying(300) NOT NULL,
    held_since timestamp with time zone,
    judged_at timestamp with time zone,
    on_leave character varying(10) NOT NULL,
    state_detail jsonb NOT NULL,
    place_a character varying(300) NOT NULL,
    place_b character varying(300) NOT NULL,
    CONSTRAINT hub_interface_delete_limit_percent_check CHECK ((delete_limit_percent >= 0)),
    CONSTRAINT hub_interface_freshness_seconds_check CHECK ((freshness_seconds >= 0)),
    CONSTRAINT hub_interface_poll_seconds_check CHECK ((poll_seconds >= 0)),
    CONSTRAINT hub_interface_reconcile_hours_check CHECK ((reconcile_hours >= 0)),
    CONSTRAINT hub_interface_restore_minutes_check CHECK ((restore_minutes >= 0)),
    CONSTRAINT hub_interface_version_check CHECK ((version >= 0)),
    CONSTRAINT interface_stage_known CHECK (((stage)::text = ANY ((ARRAY['draft'::character varying, 'live'::character varying, 'paused'::character varying, 'retired'::character varying])::text[])))
);
ALTER TABLE public.hub_interface ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_interface_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_interfaceversion (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number integer NOT NULL,
    spec jsonb NOT NULL,
    fingerprint character varying(64) NOT NULL,
    note character varying(300) NOT NULL,
    published_at timestamp with time zone,
    author_id bigint,
    interface_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT hub_interfaceversion_number_check CHECK ((number >= 0)),
    CONSTRAINT hub_interfaceversion_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_interfaceversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_interfaceversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_jobtally (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    job character varying(60) NOT NULL,
    key character varying(40) NOT NULL,
    failures bigint NOT NULL,
    last_error text NOT NULL,
    last_at timestamp with time zone NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT hub_jobtally_failures_check CHECK ((failures >= 0)),
    CONSTRAINT hub_jobtally_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_jobtally ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_jobtally_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_link (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    key_a character varying(200),
    key_b character varying(200),
    external_key uuid NOT NULL,
    base jsonb,
    seen_a jsonb,
    seen_b jsonb,
    gone_a boolean NOT NULL,
    gone_b boolean NOT NULL,
    changed_a_at timestamp with time zone,
    changed_b_at timestamp with time zone,
    version_a character varying(200) NOT NULL,
    version_b character varying(200) NOT NULL,
    state character varying(10) NOT NULL,
    interface_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    apart jsonb NOT NULL,
    flips jsonb NOT NULL,
    hops smallint NOT NULL,
    left_a boolean NOT NULL,
    left_b boolean NOT NULL,
    parked_a boolean NOT NULL,
    parked_b boolean NOT NULL,
    read_a_at timestamp with time zone,
    read_b_at timestamp with time zone,
    sequence_a bigint,
    sequence_b bigint,
    stamp_a timestamp with time zone,
    stamp_b timestamp with time zone,
    CONSTRAINT hub_link_hops_check CHECK ((hops >= 0)),
    CONSTRAINT hub_link_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_link ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_link_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_mappingdraft (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    mapping jsonb NOT NULL,
    code_tables jsonb NOT NULL,
    note character varying(300) NOT NULL,
    rehearsed jsonb,
    rehearsed_version integer,
    base_id bigint,
    by_id bigint,
    interface_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT hub_mappingdraft_rehearsed_version_check CHECK ((rehearsed_version >= 0)),
    CONSTRAINT hub_mappingdraft_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_mappingdraft ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_mappingdraft_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_offered (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    streams jsonb NOT NULL,
    read_at timestamp with time zone NOT NULL,
    system_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT hub_offered_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_offered ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_offered_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_outboxentry (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    side character varying(1) NOT NULL,
    action character varying(6) NOT NULL,
    "values" jsonb NOT NULL,
    before jsonb,
    state character varying(8) NOT NULL,
    attempts smallint NOT NULL,
    not_before timestamp with time zone,
    keeps_base boolean NOT NULL,
    error text NOT NULL,
    sent_at timestamp with time zone,
    done_at timestamp with time zone,
    delivery_id bigint,
    interface_id bigint NOT NULL,
    link_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    run_id bigint,
    CONSTRAINT hub_outboxentry_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT hub_outboxentry_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_outboxentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_outboxentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_quarantine (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    problems jsonb NOT NULL,
    released_at timestamp with time zone,
    delivery_id bigint NOT NULL,
    interface_id bigint NOT NULL,
    released_by_id bigint,
    tenant_id bigint NOT NULL,
    code character varying(60) NOT NULL,
    link_id bigint,
    record_key character varying(200) NOT NULL,
    side character varying(1) NOT NULL,
    CONSTRAINT hub_quarantine_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_quarantine ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_run (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    kind character varying(10) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    counts jsonb NOT NULL,
    error text NOT NULL,
    interface_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    used_id bigint,
    CONSTRAINT hub_run_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_run ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_system (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    key character varying(60) NOT NULL,
    name character varying(120) NOT NULL,
    connector character varying(60) NOT NULL,
    description text NOT NULL,
    state character varying(10) NOT NULL,
    owner_id bigint,
    tenant_id bigint NOT NULL,
    project_id bigint,
    CONSTRAINT hub_system_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_system ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_system_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hub_systemuse (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    project_id bigint NOT NULL,
    system_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT hub_systemuse_version_check CHECK ((version >= 0))
);
ALTER TABLE public.hub_systemuse ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.hub_systemuse_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.labour_sheet (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    number character varying(60) NOT NULL,
    work_date date NOT NULL,
    place character varying(200) NOT NULL,
    description text NOT NULL,
    photo character varying(100) NOT NULL,
    status character varying(10) NOT NULL,
    submitted_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    dispute text NOT NULL,
    total_hours numeric(9,2) NOT NULL,
    total_amount numeric(18,2) NOT NULL,
    confirmed_by_id bigint,
    project_id bigint NOT NULL,
    submitted_by_id bigint,
    task_id bigint,
    team_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    client_key character varying(40) NOT NULL,
    currency character varying(3) NOT NULL,
    CONSTRAINT labour_sheet_version_check CHECK ((version >= 0))
);
ALTER TABLE public.labour_sheet ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.labour_sheet_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.labour_sheetline (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    worker character varying(80) NOT NULL,
    trade character varying(80) NOT NULL,
    hours numeric(5,2) NOT NULL,
    rate numeric(9,2) NOT NULL,
    project_id bigint NOT NULL,
    sheet_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT labour_sheetline_version_check CHECK ((version >= 0)),
    CONSTRAINT sheet_line_hours_in_a_day CHECK (((hours > (0)::numeric) AND (hours <= (24)::numeric))),
    CONSTRAINT sheet_line_rate_not_negative CHECK ((rate >= (0)::numeric))
);
ALTER TABLE public.labour_sheetline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.labour_sheetline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);
ALTER TABLE public.mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);
CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;
CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;
CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;
CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.risk_risk (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    title character varying(200) NOT NULL,
    cause text NOT NULL,
    category character varying(12) NOT NULL,
    status character varying(10) NOT NULL,
    probability smallint NOT NULL,
    impact smallint NOT NULL,
    residual_probability smallint,
    residual_impact smallint,
    cost_low numeric(18,2) NOT NULL,
    cost_likely numeric(18,2) NOT NULL,
    cost_high numeric(18,2) NOT NULL,
    trigger character varying(300) NOT NULL,
    strategy character varying(10) NOT NULL,
    response text NOT NULL,
    review_on date,
    owner_id bigint,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    extra jsonb NOT NULL,
    CONSTRAINT risk_costs_in_order CHECK (((cost_high >= cost_likely) AND (cost_likely >= cost_low) AND (cost_low >= (0)::numeric))),
    CONSTRAINT risk_residual_within_the_matrix CHECK ((((residual_probability IS NULL) OR (residual_probability <= 100)) AND ((residual_impact IS NULL) OR ((residual_impact >= 1) AND (residual_impact <= 5))))),
    CONSTRAINT risk_risk_impact_check CHECK ((impact >= 0)),
    CONSTRAINT risk_risk_probability_check CHECK ((probability >= 0)),
    CONSTRAINT risk_risk_residual_impact_check CHECK ((residual_impact >= 0)),
    CONSTRAINT risk_risk_residual_probability_check CHECK ((residual_probability >= 0)),
    CONSTRAINT risk_risk_version_check CHECK ((version >= 0)),
    CONSTRAINT risk_within_the_matrix CHECK (((probability <= 100) AND (impact >= 1) AND (impact <= 5)))
);
ALTER TABLE public.risk_risk ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.risk_risk_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.risk_riskimpact (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    delay_low_minutes integer NOT NULL,
    delay_likely_minutes integer NOT NULL,
    delay_high_minutes integer NOT NULL,
    project_id bigint NOT NULL,
    risk_id bigint NOT NULL,
    task_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT risk_delays_in_order CHECK (((delay_high_minutes >= delay_likely_minutes) AND (delay_likely_minutes >= delay_low_minutes))),
    CONSTRAINT risk_riskimpact_delay_high_minutes_check CHECK ((delay_high_minutes >= 0)),
    CONSTRAINT risk_riskimpact_delay_likely_minutes_check CHECK ((delay_likely_minutes >= 0)),
    CONSTRAINT risk_riskimpact_delay_low_minutes_check CHECK ((delay_low_minutes >= 0)),
    CONSTRAINT risk_riskimpact_version_check CHECK ((version >= 0))
);
ALTER TABLE public.risk_riskimpact ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.risk_riskimpact_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.schedule_baseline (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(120) NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    is_current boolean NOT NULL,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT schedule_baseline_version_check CHECK ((version >= 0))
);
ALTER TABLE public.schedule_baseline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.schedule_baseline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.schedule_baselinetask (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    start timestamp with time zone,
    finish timestamp with time zone,
    duration_minutes integer NOT NULL,
    baseline_id bigint NOT NULL,
    project_id bigint NOT NULL,
    task_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT schedule_baselinetask_duration_minutes_check CHECK ((duration_minutes >= 0)),
    CONSTRAINT schedule_baselinetask_version_check CHECK ((version >= 0))
);
ALTER TABLE public.schedule_baselinetask ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.schedule_baselinetask_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.schedule_planimport (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(200) NOT NULL,
    content bytea NOT NULL,
    came_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    counts jsonb,
    came_by_id bigint,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT schedule_planimport_version_check CHECK ((version >= 0))
);
ALTER TABLE public.schedule_planimport ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.schedule_planimport_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.schedule_recalculation (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    at timestamp with time zone NOT NULL,
    cause character varying(300) NOT NULL,
    moved integer NOT NULL,
    finish_before timestamp with time zone,
    finish_after timestamp with time zone,
    milliseconds integer NOT NULL,
    effects jsonb NOT NULL,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    CONSTRAINT schedule_recalculation_milliseconds_check CHECK ((milliseconds >= 0)),
    CONSTRAINT schedule_recalculation_moved_check CHECK ((moved >= 0)),
    CONSTRAINT schedule_recalculation_version_check CHECK ((version >= 0))
);
ALTER TABLE public.schedule_recalculation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.schedule_recalculation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.schedule_scenario (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(120) NOT NULL,
    changes jsonb NOT NULL,
    made_at timestamp with time zone NOT NULL,
    applied_at timestamp with time zone,
    made_by_id bigint,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    costs jsonb NOT NULL,
    CONSTRAINT schedule_scenario_version_check CHECK ((version >= 0))
);
ALTER TABLE public.schedule_scenario ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.schedule_scenario_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.usersessions_usersession (
    id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ip inet NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    session_key character varying(40) NOT NULL,
    user_agent character varying(200) NOT NULL,
    data jsonb NOT NULL,
    user_id bigint NOT NULL
);
ALTER TABLE public.usersessions_usersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.usersessions_usersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.work_dependency (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    type character varying(2) NOT NULL,
    lag_minutes integer NOT NULL,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    predecessor_id bigint NOT NULL,
    successor_id bigint NOT NULL,
    CONSTRAINT dependency_not_on_itself CHECK ((NOT (predecessor_id = successor_id))),
    CONSTRAINT work_dependency_version_check CHECK ((version >= 0))
);
ALTER TABLE public.work_dependency ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.work_dependency_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.work_task (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    code character varying(40) NOT NULL,
    name character varying(300) NOT NULL,
    "position" integer NOT NULL,
    wbs character varying(80) NOT NULL,
    description text NOT NULL,
    status character varying(10) NOT NULL,
    percent smallint NOT NULL,
    is_milestone boolean NOT NULL,
    duration_minutes integer NOT NULL,
    work_hours numeric(9,2),
    priority smallint NOT NULL,
    "constraint" character varying(4) NOT NULL,
    constraint_at timestamp with time zone,
    deadline timestamp with time zone,
    actual_start timestamp with time zone,
    actual_finish timestamp with time zone,
    external_ref character varying(120) NOT NULL,
    start timestamp with time zone,
    finish timestamp with time zone,
    late_start timestamp with time zone,
    late_finish timestamp with time zone,
    total_float_minutes integer,
    free_float_minutes integer,
    is_critical boolean NOT NULL,
    is_summary boolean NOT NULL,
    assignee_id bigint,
    interface_id bigint,
    parent_id bigint,
    project_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    optimistic_minutes integer,
    pessimistic_minutes integer,
    levelled_until timestamp with time zone,
    calendar_id bigint,
    is_effort_driven boolean NOT NULL,
    task_type character varying(14) NOT NULL,
    units_percent numeric(6,2) NOT NULL,
    skill character varying(60) NOT NULL,
    extra jsonb NOT NULL,
    CONSTRAINT task_percent_at_most_100 CHECK ((percent <= 100)),
    CONSTRAINT work_task_duration_minutes_check CHECK ((duration_minutes >= 0)),
    CONSTRAINT work_task_optimistic_minutes_check CHECK ((optimistic_minutes >= 0)),
    CONSTRAINT work_task_percent_check CHECK ((percent >= 0)),
    CONSTRAINT work_task_pessimistic_minutes_check CHECK ((pessimistic_minutes >= 0)),
    CONSTRAINT work_task_position_check CHECK (("position" >= 0)),
    CONSTRAINT work_task_priority_check CHECK ((priority >= 0)),
    CONSTRAINT work_task_version_check CHECK ((version >= 0))
);
ALTER TABLE public.work_task ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.work_task_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.worktime_calendar (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    name character varying(120) NOT NULL,
    layer character varying(10) NOT NULL,
    week jsonb NOT NULL,
    follows_holidays boolean NOT NULL,
    person_id bigint,
    project_id bigint,
    tenant_id bigint NOT NULL,
    CONSTRAINT worktime_calendar_version_check CHECK ((version >= 0))
);
ALTER TABLE public.worktime_calendar ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.worktime_calendar_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.worktime_calendarexception (
    id bigint NOT NULL,
    version integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    on_date date NOT NULL,
    shifts jsonb NOT NULL,
    note character varying(120) NOT NULL,
    calendar_id bigint NOT NULL,
    tenant_id bigint NOT NULL,
    until date,
    CONSTRAINT worktime_calendarexception_version_check CHECK ((version >= 0))
);
ALTER TABLE public.worktime_calendarexception ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.worktime_calendarexception_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);
ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);
ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schedule_baseline
    ADD CONSTRAINT baseline_name_once UNIQUE (project_id, name);
ALTER TABLE ONLY public.schedule_baselinetask
    ADD CONSTRAINT baseline_task_once UNIQUE (baseline_id, task_id);
ALTER TABLE ONLY public.worktime_calendar
    ADD CONSTRAINT calendar_name_once UNIQUE (tenant_id, name);
ALTER TABLE ONLY public.change_changerequest
    ADD CONSTRAINT change_changerequest_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.change_changerequest
    ADD CONSTRAINT change_request_code_once UNIQUE (project_id, code);
ALTER TABLE ONLY public.hub_checkpoint
    ADD CONSTRAINT checkpoint_once UNIQUE (interface_id, side);
ALTER TABLE ONLY public.frame_importcolumns
    ADD CONSTRAINT columns_once UNIQUE (tenant_id, user_id, resource, print);
ALTER TABLE ONLY public.cost_line
    ADD CONSTRAINT cost_line_number_once UNIQUE (project_id, number);
ALTER TABLE ONLY public.cost_line
    ADD CONSTRAINT cost_line_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cost_package
    ADD CONSTRAINT cost_package_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cost_packagemilestone
    ADD CONSTRAINT cost_packagemilestone_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cost_rate
    ADD CONSTRAINT cost_rate_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cost_snapshot
    ADD CONSTRAINT cost_snapshot_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_counter
    ADD CONSTRAINT counter_once UNIQUE NULLS NOT DISTINCT (tenant_id, project_id, key);
ALTER TABLE ONLY public.frame_customfield
    ADD CONSTRAINT custom_field_key_once UNIQUE (tenant_id, resource, key);
ALTER TABLE ONLY public.decision_decision
    ADD CONSTRAINT decision_code_once UNIQUE (project_id, code);
ALTER TABLE ONLY public.decision_decision
    ADD CONSTRAINT decision_decision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.work_dependency
    ADD CONSTRAINT dependency_once UNIQUE (predecessor_id, successor_id);
ALTER TABLE ONLY public.directory_person
    ADD CONSTRAINT directory_person_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.directory_person
    ADD CONSTRAINT directory_person_user_id_key UNIQUE (user_id);
ALTER TABLE ONLY public.directory_team
    ADD CONSTRAINT directory_team_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);
ALTER TABLE ONLY public.frame_documenttext
    ADD CONSTRAINT document_text_once UNIQUE (project_id, document, row_id, section);
ALTER TABLE ONLY public.frame_documentversion
    ADD CONSTRAINT document_version_once UNIQUE (project_id, document, row_id, number);
ALTER TABLE ONLY public.frame_dutydone
    ADD CONSTRAINT duty_once UNIQUE (tenant_id, name);
ALTER TABLE ONLY public.frame_edge
    ADD CONSTRAINT edge_once UNIQUE (tenant_id, trace, source, source_id, target, target_id);
ALTER TABLE ONLY public.worktime_calendarexception
    ADD CONSTRAINT exception_once UNIQUE (calendar_id, on_date);
ALTER TABLE ONLY public.frame_attachment
    ADD CONSTRAINT file_once_a_row UNIQUE (tenant_id, resource, row_id, sha256);
ALTER TABLE ONLY public.frame_follower
    ADD CONSTRAINT followed_once UNIQUE (tenant_id, resource, row_id, user_id);
ALTER TABLE ONLY public.frame_accessevent
    ADD CONSTRAINT frame_accessevent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_alarm
    ADD CONSTRAINT frame_alarm_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_apitoken
    ADD CONSTRAINT frame_apitoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_apitoken
    ADD CONSTRAINT frame_apitoken_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.frame_arrangement
    ADD CONSTRAINT frame_arrangement_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_attachment
    ADD CONSTRAINT frame_attachment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_case
    ADD CONSTRAINT frame_case_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_comment
    ADD CONSTRAINT frame_comment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_counter
    ADD CONSTRAINT frame_counter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_customfield
    ADD CONSTRAINT frame_customfield_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_demand
    ADD CONSTRAINT frame_demand_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_deputy
    ADD CONSTRAINT frame_deputy_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_documenttext
    ADD CONSTRAINT frame_documenttext_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_documentversion
    ADD CONSTRAINT frame_documentversion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_dutydone
    ADD CONSTRAINT frame_dutydone_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_edge
    ADD CONSTRAINT frame_edge_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_failedtries
    ADD CONSTRAINT frame_failedtries_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.frame_follower
    ADD CONSTRAINT frame_follower_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_growthsample
    ADD CONSTRAINT frame_growthsample_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_history
    ADD CONSTRAINT frame_history_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_importcolumns
    ADD CONSTRAINT frame_importcolumns_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_importfile
    ADD CONSTRAINT frame_importfile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_letter
    ADD CONSTRAINT frame_letter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_longwork
    ADD CONSTRAINT frame_longwork_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_membership
    ADD CONSTRAINT frame_membership_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_noticechoices
    ADD CONSTRAINT frame_noticechoices_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_notification
    ADD CONSTRAINT frame_notification_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_pastpassword
    ADD CONSTRAINT frame_pastpassword_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_project
    ADD CONSTRAINT frame_project_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_role
    ADD CONSTRAINT frame_role_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_savedview
    ADD CONSTRAINT frame_savedview_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_search
    ADD CONSTRAINT frame_search_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_searchfill
    ADD CONSTRAINT frame_searchfill_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_searchfill
    ADD CONSTRAINT frame_searchfill_resource_key UNIQUE (resource);
ALTER TABLE ONLY public.frame_secret
    ADD CONSTRAINT frame_secret_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_sending
    ADD CONSTRAINT frame_sending_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_setuplink
    ADD CONSTRAINT frame_setuplink_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_setuplink
    ADD CONSTRAINT frame_setuplink_token_hash_key UNIQUE (token_hash);
ALTER TABLE ONLY public.frame_stagerule
    ADD CONSTRAINT frame_stagerule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_tag
    ADD CONSTRAINT frame_tag_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_tagging
    ADD CONSTRAINT frame_tagging_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_tenant
    ADD CONSTRAINT frame_tenant_code_key UNIQUE (code);
ALTER TABLE ONLY public.frame_tenant
    ADD CONSTRAINT frame_tenant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_user_groups
    ADD CONSTRAINT frame_user_groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_user_groups
    ADD CONSTRAINT frame_user_groups_user_id_group_id_aca0d4ec_uniq UNIQUE (user_id, group_id);
ALTER TABLE ONLY public.frame_user
    ADD CONSTRAINT frame_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_user_user_permissions
    ADD CONSTRAINT frame_user_user_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_user_user_permissions
    ADD CONSTRAINT frame_user_user_permissions_user_id_permission_id_cdc28e41_uniq UNIQUE (user_id, permission_id);
ALTER TABLE ONLY public.frame_user
    ADD CONSTRAINT frame_user_username_key UNIQUE (username);
ALTER TABLE ONLY public.frame_vote
    ADD CONSTRAINT frame_vote_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_webhook
    ADD CONSTRAINT frame_webhook_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_growthsample
    ADD CONSTRAINT growth_sample_once UNIQUE ("on", name);
ALTER TABLE ONLY public.hub_checkpoint
    ADD CONSTRAINT hub_checkpoint_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_conflict
    ADD CONSTRAINT hub_conflict_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_connection
    ADD CONSTRAINT hub_connection_endpoint_key UNIQUE (endpoint);
ALTER TABLE ONLY public.hub_connection
    ADD CONSTRAINT hub_connection_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_connection
    ADD CONSTRAINT hub_connection_system_id_key UNIQUE (system_id);
ALTER TABLE ONLY public.hub_deadletter
    ADD CONSTRAINT hub_deadletter_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_delivery
    ADD CONSTRAINT hub_delivery_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_grant
    ADD CONSTRAINT hub_grant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_healthperiod
    ADD CONSTRAINT hub_healthperiod_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_interface
    ADD CONSTRAINT hub_interface_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_interfaceversion
    ADD CONSTRAINT hub_interfaceversion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_jobtally
    ADD CONSTRAINT hub_jobtally_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_link
    ADD CONSTRAINT hub_link_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_mappingdraft
    ADD CONSTRAINT hub_mappingdraft_interface_id_key UNIQUE (interface_id);
ALTER TABLE ONLY public.hub_mappingdraft
    ADD CONSTRAINT hub_mappingdraft_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_offered
    ADD CONSTRAINT hub_offered_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_offered
    ADD CONSTRAINT hub_offered_system_id_key UNIQUE (system_id);
ALTER TABLE ONLY public.hub_outboxentry
    ADD CONSTRAINT hub_outboxentry_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_quarantine
    ADD CONSTRAINT hub_quarantine_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_run
    ADD CONSTRAINT hub_run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_system
    ADD CONSTRAINT hub_system_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_systemuse
    ADD CONSTRAINT hub_systemuse_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_interface
    ADD CONSTRAINT interface_key_once UNIQUE (tenant_id, key);
ALTER TABLE ONLY public.labour_sheet
    ADD CONSTRAINT labour_sheet_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.labour_sheetline
    ADD CONSTRAINT labour_sheetline_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hub_link
    ADD CONSTRAINT link_of_a_once UNIQUE (interface_id, key_a);
ALTER TABLE ONLY public.hub_link
    ADD CONSTRAINT link_of_b_once UNIQUE (interface_id, key_b);
ALTER TABLE ONLY public.frame_membership
    ADD CONSTRAINT membership_once UNIQUE NULLS NOT DISTINCT (tenant_id, user_id, role_id, project_id);
ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_arrangement
    ADD CONSTRAINT one_arrangement_a_person UNIQUE (tenant_id, user_id);
ALTER TABLE ONLY public.frame_noticechoices
    ADD CONSTRAINT one_choice_a_person UNIQUE (tenant_id, user_id);
ALTER TABLE ONLY public.hub_jobtally
    ADD CONSTRAINT one_tally_a_job UNIQUE (tenant_id, job, key);
ALTER TABLE ONLY public.cost_package
    ADD CONSTRAINT package_code_once UNIQUE (project_id, code);
ALTER TABLE ONLY public.cost_packagemilestone
    ADD CONSTRAINT package_milestone_once UNIQUE (package_id, milestone_id);
ALTER TABLE ONLY public.cost_package
    ADD CONSTRAINT package_of_task_once UNIQUE (task_id);
ALTER TABLE ONLY public.cost_snapshot
    ADD CONSTRAINT period_frozen_once UNIQUE (project_id, period);
ALTER TABLE ONLY public.directory_person
    ADD CONSTRAINT person_number_once UNIQUE (tenant_id, number);
ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);
ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_project
    ADD CONSTRAINT project_code_once UNIQUE (tenant_id, code);
ALTER TABLE ONLY public.cost_rate
    ADD CONSTRAINT rate_of_a_day_once UNIQUE (tenant_id, currency, base, "on");
ALTER TABLE ONLY public.risk_risk
    ADD CONSTRAINT risk_code_once UNIQUE (project_id, code);
ALTER TABLE ONLY public.risk_riskimpact
    ADD CONSTRAINT risk_impact_once_a_task UNIQUE (risk_id, task_id);
ALTER TABLE ONLY public.risk_risk
    ADD CONSTRAINT risk_risk_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.risk_riskimpact
    ADD CONSTRAINT risk_riskimpact_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_role
    ADD CONSTRAINT role_key_once UNIQUE (tenant_id, key);
ALTER TABLE ONLY public.frame_tagging
    ADD CONSTRAINT row_tagged_once UNIQUE (tenant_id, resource, row_id, tag_id);
ALTER TABLE ONLY public.schedule_scenario
    ADD CONSTRAINT scenario_name_once UNIQUE (project_id, name);
ALTER TABLE ONLY public.schedule_baseline
    ADD CONSTRAINT schedule_baseline_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schedule_baselinetask
    ADD CONSTRAINT schedule_baselinetask_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schedule_planimport
    ADD CONSTRAINT schedule_planimport_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schedule_recalculation
    ADD CONSTRAINT schedule_recalculation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schedule_scenario
    ADD CONSTRAINT schedule_scenario_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.frame_search
    ADD CONSTRAINT search_row_once UNIQUE (resource, row_id);
ALTER TABLE ONLY public.labour_sheet
    ADD CONSTRAINT sheet_number_once UNIQUE (project_id, number);
ALTER TABLE ONLY public.frame_stagerule
    ADD CONSTRAINT stage_rule_once UNIQUE NULLS NOT DISTINCT (tenant_id, project_id, resource, stage);
ALTER TABLE ONLY public.hub_system
    ADD CONSTRAINT system_key_once UNIQUE (tenant_id, key);
ALTER TABLE ONLY public.hub_systemuse
    ADD CONSTRAINT system_use_once UNIQUE (system_id, project_id);
ALTER TABLE ONLY public.work_task
    ADD CONSTRAINT task_code_once UNIQUE (project_id, code);
ALTER TABLE ONLY public.directory_team
    ADD CONSTRAINT team_code_once UNIQUE (tenant_id, code);
ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_session_key_key UNIQUE (session_key);
ALTER TABLE ONLY public.hub_interfaceversion
    ADD CONSTRAINT version_number_once UNIQUE (interface_id, number);
ALTER TABLE ONLY public.frame_savedview
    ADD CONSTRAINT view_name_once UNIQUE (tenant_id, user_id, resource, name);
ALTER TABLE ONLY public.frame_webhook
    ADD CONSTRAINT webhook_name_once UNIQUE (tenant_id, name);
ALTER TABLE ONLY public.work_dependency
    ADD CONSTRAINT work_dependency_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.work_task
    ADD CONSTRAINT work_task_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.worktime_calendar
    ADD CONSTRAINT worktime_calendar_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.worktime_calendarexception
    ADD CONSTRAINT worktime_calendarexception_pkey PRIMARY KEY (id);
CREATE INDEX access_of_user ON public.frame_accessevent USING btree (user_id, id DESC);
CREATE INDEX account_emailaddress_email_03be32b2 ON public.account_emailaddress USING btree (email);
CREATE INDEX account_emailaddress_email_03be32b2_like ON public.account_emailaddress USING btree (email varchar_pattern_ops);
CREATE INDEX account_emailaddress_user_id_2c513194 ON public.account_emailaddress USING btree (user_id);
CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON public.account_emailconfirmation USING btree (email_address_id);
CREATE INDEX account_emailconfirmation_key_f43612bd_like ON public.account_emailconfirmation USING btree (key varchar_pattern_ops);
CREATE UNIQUE INDEX alarm_open_once ON public.frame_alarm USING btree (tenant_id, watch, row_id) WHERE (ended_at IS NULL);
CREATE INDEX alarms_newest ON public.frame_alarm USING btree (tenant_id, created_at DESC);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE UNIQUE INDEX calendar_of_layer_once ON public.worktime_calendar USING btree (tenant_id, layer, project_id, person_id) NULLS NOT DISTINCT WHERE (NOT ((layer)::text = ANY ((ARRAY['company'::character varying, 'task'::character varying])::text[])));
CREATE UNIQUE INDEX case_open_once ON public.frame_case USING btree (tenant_id, resource, row_id) WHERE ((state)::text = 'open'::text);
CREATE INDEX cases_of_row ON public.frame_case USING btree (tenant_id, resource, row_id, id DESC);
CREATE INDEX cases_open ON public.frame_case USING btree (tenant_id, due_at) WHERE ((state)::text = 'open'::text);
CREATE INDEX change_changerequest_decided_by_id_2ddb4930 ON public.change_changerequest USING btree (decided_by_id);
CREATE INDEX change_changerequest_project_id_a09a6fe5 ON public.change_changerequest USING btree (project_id);
CREATE INDEX change_changerequest_requested_by_id_7f2157b3 ON public.change_changerequest USING btree (requested_by_id);
CREATE INDEX change_changerequest_tenant_id_a14cb1f6 ON public.change_changerequest USING btree (tenant_id);
CREATE INDEX change_requests_by_more ON public.change_changerequest USING gin (extra jsonb_path_ops);
CREATE INDEX change_requests_by_status ON public.change_changerequest USING btree (project_id, status);
CREATE INDEX conflicts_open ON public.hub_conflict USING btree (interface_id, id DESC) WHERE (resolved_at IS NULL);
CREATE INDEX cost_by_more ON public.cost_line USING gin (extra jsonb_path_ops);
CREATE INDEX cost_by_period ON public.cost_line USING btree (project_id, period);
CREATE INDEX cost_in_order ON public.cost_line USING btree (tenant_id, period DESC, number, id);
CREATE INDEX cost_line_project_id_e047a444 ON public.cost_line USING btree (project_id);
CREATE INDEX cost_line_sheet_id_7e7207db ON public.cost_line USING btree (sheet_id);
CREATE INDEX cost_line_task_id_e7fa1c04 ON public.cost_line USING btree (task_id);
CREATE INDEX cost_line_tenant_id_3b530748 ON public.cost_line USING btree (tenant_id);
CREATE INDEX cost_newest ON public.cost_line USING btree (tenant_id, id DESC);
CREATE UNIQUE INDEX cost_of_a_sheet_once ON public.cost_line USING btree (sheet_id) WHERE (NOT ((status)::text = 'reversed'::text));
CREATE INDEX cost_package_project_id_8c59a3aa ON public.cost_package USING btree (project_id);
CREATE INDEX cost_package_task_id_956025b0 ON public.cost_package USING btree (task_id);
CREATE INDEX cost_package_tenant_id_75e54a0c ON public.cost_package USING btree (tenant_id);
CREATE INDEX cost_packagemilestone_milestone_id_50748aa1 ON public.cost_packagemilestone USING btree (milestone_id);
CREATE INDEX cost_packagemilestone_package_id_7857cd58 ON public.cost_packagemilestone USING btree (package_id);
CREATE INDEX cost_packagemilestone_project_id_b3306dfe ON public.cost_packagemilestone USING btree (project_id);
CREATE INDEX cost_packagemilestone_tenant_id_563164a6 ON public.cost_packagemilestone USING btree (tenant_id);
CREATE INDEX cost_rate_tenant_id_890f3403 ON public.cost_rate USING btree (tenant_id);
CREATE INDEX cost_snapshot_project_id_ef992ae7 ON public.cost_snapshot USING btree (project_id);
CREATE INDEX cost_snapshot_taken_by_id_3bcdf70d ON public.cost_snapshot USING btree (taken_by_id);
CREATE INDEX cost_snapshot_tenant_id_7d8c8081 ON public.cost_snapshot USING btree (tenant_id);
CREATE INDEX custom_fields_of_rows ON public.frame_customfield USING btree (tenant_id, resource, project_id);
CREATE INDEX dead_letters_open ON public.hub_deadletter USING btree (interface_id, id DESC) WHERE (settled_at IS NULL);
CREATE INDEX decision_decision_decided_by_id_13e6f237 ON public.decision_decision USING btree (decided_by_id);
CREATE INDEX decision_decision_owner_id_c13903a8 ON public.decision_decision USING btree (owner_id);
CREATE INDEX decision_decision_project_id_ec197f0f ON public.decision_decision USING btree (project_id);
CREATE INDEX decision_decision_successor_id_25eaedf0 ON public.decision_decision USING btree (successor_id);
CREATE INDEX decision_decision_tenant_id_3a9d5910 ON public.decision_decision USING btree (tenant_id);
CREATE INDEX decisions_by_more ON public.decision_decision USING gin (extra jsonb_path_ops);
CREATE INDEX decisions_to_review ON public.decision_decision USING btree (project_id, status, review_on);
CREATE INDEX deliveries_by_age ON public.hub_delivery USING btree (received_at);
CREATE INDEX deliveries_of_interface ON public.hub_delivery USING btree (interface_id, id DESC);
CREATE INDEX deliveries_to_look_up ON public.hub_delivery USING btree (interface_id, id) WHERE (((source)::text = 'lookup'::text) AND ((state)::text = 'waiting'::text));
CREATE INDEX deliveries_waiting ON public.hub_delivery USING btree (interface_id, id) WHERE ((state)::text = 'waiting'::text);
CREATE INDEX delivery_by_key ON public.hub_delivery USING btree (tenant_id, record_key);
CREATE INDEX demand_of_key ON public.frame_demand USING btree (job, tenant_id, key, id);
CREATE INDEX deputies_of ON public.frame_deputy USING btree (tenant_id, deputy_id, until_on);
CREATE INDEX directory_person_team_id_9968567f ON public.directory_person USING btree (team_id);
CREATE INDEX directory_person_tenant_id_af769391 ON public.directory_person USING btree (tenant_id);
CREATE INDEX directory_team_tenant_id_3e7c3aef ON public.directory_team USING btree (tenant_id);
CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);
CREATE INDEX edges_from ON public.frame_edge USING btree (tenant_id, source, source_id);
CREATE INDEX edges_to ON public.frame_edge USING btree (tenant_id, target, target_id);
CREATE UNIQUE INDEX event_once ON public.hub_delivery USING btree (connection_id, event_id) WHERE (event_id IS NOT NULL);
CREATE INDEX events_parked ON public.hub_delivery USING btree (connection_id, id) WHERE ((interface_id IS NULL) AND ((state)::text = ANY ((ARRAY['quarantined'::character varying, 'dead'::character varying])::text[])));
CREATE INDEX events_waiting ON public.hub_delivery USING btree (connection_id, id) WHERE ((interface_id IS NULL) AND ((state)::text = 'waiting'::text));
CREATE INDEX frame_alarm_project_id_1fbe4051 ON public.frame_alarm USING btree (project_id);
CREATE INDEX frame_alarm_tenant_id_e64650aa ON public.frame_alarm USING btree (tenant_id);
CREATE INDEX frame_apitoken_parent_id_7ab24f35 ON public.frame_apitoken USING btree (parent_id);
CREATE INDEX frame_apitoken_tenant_id_90956eb0 ON public.frame_apitoken USING btree (tenant_id);
CREATE INDEX frame_apitoken_token_hash_f3431238_like ON public.frame_apitoken USING btree (token_hash varchar_pattern_ops);
CREATE INDEX frame_apitoken_user_id_8065acff ON public.frame_apitoken USING btree (user_id);
CREATE INDEX frame_arrangement_tenant_id_494f42a6 ON public.frame_arrangement USING btree (tenant_id);
CREATE INDEX frame_arrangement_user_id_f716e132 ON public.frame_arrangement USING btree (user_id);
CREATE INDEX frame_attachment_by_id_05e9d089 ON public.frame_attachment USING btree (by_id);
CREATE INDEX frame_attachment_tenant_id_e576c6f9 ON public.frame_attachment USING btree (tenant_id);
CREATE INDEX frame_case_opened_by_id_01ff4dc5 ON public.frame_case USING btree (opened_by_id);
CREATE INDEX frame_case_project_id_d06304ec ON public.frame_case USING btree (project_id);
CREATE INDEX frame_case_tenant_id_53f496bc ON public.frame_case USING btree (tenant_id);
CREATE INDEX frame_comment_by_id_f57cd322 ON public.frame_comment USING btree (by_id);
CREATE INDEX frame_comment_tenant_id_16ffb61f ON public.frame_comment USING btree (tenant_id);
CREATE INDEX frame_counter_project_id_80dcaa5b ON public.frame_counter USING btree (project_id);
CREATE INDEX frame_counter_tenant_id_359ddbe5 ON public.frame_counter USING btree (tenant_id);
CREATE INDEX frame_customfield_project_id_4be42bb4 ON public.frame_customfield USING btree (project_id);
CREATE INDEX frame_customfield_tenant_id_3659ba77 ON public.frame_customfield USING btree (tenant_id);
CREATE INDEX frame_demand_tenant_id_545ab22c ON public.frame_demand USING btree (tenant_id);
CREATE INDEX frame_deputy_deputy_id_4395405a ON public.frame_deputy USING btree (deputy_id);
CREATE INDEX frame_deputy_person_id_06f0ef8a ON public.frame_deputy USING btree (person_id);
CREATE INDEX frame_deputy_project_id_f8e78b2b ON public.frame_deputy USING btree (project_id);
CREATE INDEX frame_deputy_tenant_id_476e72ac ON public.frame_deputy USING btree (tenant_id);
CREATE INDEX frame_documenttext_by_id_8fe03ddd ON public.frame_documenttext USING btree (by_id);
CREATE INDEX frame_documenttext_project_id_16f8911a ON public.frame_documenttext USING btree (project_id);
CREATE INDEX frame_documenttext_tenant_id_2d0dfa97 ON public.frame_documenttext USING btree (tenant_id);
CREATE INDEX frame_documentversion_by_id_387e0098 ON public.frame_documentversion USING btree (by_id);
CREATE INDEX frame_documentversion_project_id_12c5fbf0 ON public.frame_documentversion USING btree (project_id);
CREATE INDEX frame_documentversion_tenant_id_304fdbd6 ON public.frame_documentversion USING btree (tenant_id);
CREATE INDEX frame_dutydone_tenant_id_aabaf379 ON public.frame_dutydone USING btree (tenant_id);
CREATE INDEX frame_edge_confirmed_by_id_be51d7c3 ON public.frame_edge USING btree (confirmed_by_id);
CREATE INDEX frame_edge_tenant_id_b29d045d ON public.frame_edge USING btree (tenant_id);
CREATE INDEX frame_failedtries_key_7a23be09_like ON public.frame_failedtries USING btree (key varchar_pattern_ops);
CREATE INDEX frame_follower_tenant_id_1274bb83 ON public.frame_follower USING btree (tenant_id);
CREATE INDEX frame_follower_user_id_02e18bda ON public.frame_follower USING btree (user_id);
CREATE INDEX frame_history_tenant_id_6c07c764 ON public.frame_history USING btree (tenant_id);
CREATE INDEX frame_importcolumns_tenant_id_73785a9f ON public.frame_importcolumns USING btree (tenant_id);
CREATE INDEX frame_importcolumns_user_id_d8be54a7 ON public.frame_importcolumns USING btree (user_id);
CREATE INDEX frame_importfile_tenant_id_a9efb985 ON public.frame_importfile USING btree (tenant_id);
CREATE INDEX frame_importfile_user_id_1f2bcb2b ON public.frame_importfile USING btree (user_id);
CREATE INDEX frame_letter_project_id_9ed19739 ON public.frame_letter USING btree (project_id);
CREATE INDEX frame_letter_tenant_id_830ba3c4 ON public.frame_letter USING btree (tenant_id);
CREATE INDEX frame_letter_user_id_1b420a2d ON public.frame_letter USING btree (user_id);
CREATE INDEX frame_longwork_tenant_id_6077735e ON public.frame_longwork USING btree (tenant_id);
CREATE INDEX frame_longwork_user_id_96f444ef ON public.frame_longwork USING btree (user_id);
CREATE INDEX frame_membership_project_id_f65762b1 ON public.frame_membership USING btree (project_id);
CREATE INDEX frame_membership_role_id_f7c24ec0 ON public.frame_membership USING btree (role_id);
CREATE INDEX frame_membership_tenant_id_9376e720 ON public.frame_membership USING btree (tenant_id);
CREATE INDEX frame_membership_user_id_593753fb ON public.frame_membership USING btree (user_id);
CREATE INDEX frame_noticechoices_tenant_id_0aee6750 ON public.frame_noticechoices USING btree (tenant_id);
CREATE INDEX frame_noticechoices_user_id_ad660726 ON public.frame_noticechoices USING btree (user_id);
CREATE INDEX frame_notification_project_id_a92158d2 ON public.frame_notification USING btree (project_id);
CREATE INDEX frame_notification_tenant_id_a27902ca ON public.frame_notification USING btree (tenant_id);
CREATE INDEX frame_notification_user_id_c9a0171b ON public.frame_notification USING btree (user_id);
CREATE INDEX frame_pastpassword_user_id_bae3ef7f ON public.frame_pastpassword USING btree (user_id);
CREATE INDEX frame_project_manager_id_7d2ad03f ON public.frame_project USING btree (manager_id);
CREATE INDEX frame_project_tenant_id_d6dad918 ON public.frame_project USING btree (tenant_id);
CREATE INDEX frame_role_tenant_id_b7b566b9 ON public.frame_role USING btree (tenant_id);
CREATE INDEX frame_savedview_project_id_5087f2c7 ON public.frame_savedview USING btree (project_id);
CREATE INDEX frame_savedview_tenant_id_0e19111d ON public.frame_savedview USING btree (tenant_id);
CREATE INDEX frame_savedview_user_id_3add9d56 ON public.frame_savedview USING btree (user_id);
CREATE INDEX frame_searchfill_resource_2b6bcaad_like ON public.frame_searchfill USING btree (resource varchar_pattern_ops);
CREATE INDEX frame_secret_tenant_id_7aa54e13 ON public.frame_secret USING btree (tenant_id);
CREATE INDEX frame_sending_tenant_id_7626b248 ON public.frame_sending USING btree (tenant_id);
CREATE INDEX frame_sending_webhook_id_e54b45b1 ON public.frame_sending USING btree (webhook_id);
CREATE INDEX frame_setuplink_issued_by_id_2f0f06b0 ON public.frame_setuplink USING btree (issued_by_id);
CREATE INDEX frame_setuplink_tenant_id_846bcd7d ON public.frame_setuplink USING btree (tenant_id);
CREATE INDEX frame_setuplink_token_hash_6299ebff_like ON public.frame_setuplink USING btree (token_hash varchar_pattern_ops);
CREATE INDEX frame_setuplink_user_id_abf2f5b4 ON public.frame_setuplink USING btree (user_id);
CREATE INDEX frame_stagerule_project_id_2ea0d920 ON public.frame_stagerule USING btree (project_id);
CREATE INDEX frame_stagerule_tenant_id_a8d9d9df ON public.frame_stagerule USING btree (tenant_id);
CREATE INDEX frame_tag_tenant_id_78aeb704 ON public.frame_tag USING btree (tenant_id);
CREATE INDEX frame_tagging_tag_id_42e62df8 ON public.frame_tagging USING btree (tag_id);
CREATE INDEX frame_tagging_tenant_id_dc9d77d6 ON public.frame_tagging USING btree (tenant_id);
CREATE INDEX frame_tenant_code_9478f988_like ON public.frame_tenant USING btree (code varchar_pattern_ops);
CREATE INDEX frame_user_groups_group_id_f18af687 ON public.frame_user_groups USING btree (group_id);
CREATE INDEX frame_user_groups_user_id_5f050198 ON public.frame_user_groups USING btree (user_id);
CREATE INDEX frame_user_last_tenant_id_61348b11 ON public.frame_user USING btree (last_tenant_id);
CREATE INDEX frame_user_user_permissions_permission_id_e754bcba ON public.frame_user_user_permissions USING btree (permission_id);
CREATE INDEX frame_user_user_permissions_user_id_c9be4241 ON public.frame_user_user_permissions USING btree (user_id);
CREATE INDEX frame_user_username_832c7632_like ON public.frame_user USING btree (username varchar_pattern_ops);
CREATE INDEX frame_vote_acting_for_id_d5c37b64 ON public.frame_vote USING btree (acting_for_id);
CREATE INDEX frame_vote_case_id_dba1d483 ON public.frame_vote USING btree (case_id);
CREATE INDEX frame_vote_tenant_id_02d8b104 ON public.frame_vote USING btree (tenant_id);
CREATE INDEX frame_vote_user_id_21cf7f27 ON public.frame_vote USING btree (user_id);
CREATE INDEX frame_webhook_former_id_c14704a6 ON public.frame_webhook USING btree (former_id);
CREATE INDEX frame_webhook_maker_id_5ffc0db8 ON public.frame_webhook USING btree (maker_id);
CREATE INDEX frame_webhook_secret_id_62c9c310 ON public.frame_webhook USING btree (secret_id);
CREATE INDEX frame_webhook_tenant_id_dea521fb ON public.frame_webhook USING btree (tenant_id);
CREATE INDEX history_feed ON public.frame_history USING btree (tenant_id, resource, written_by, id);
CREATE INDEX history_of_one ON public.frame_history USING btree (tenant_id, resource, object_id, id DESC);
CREATE INDEX history_of_project ON public.frame_history USING btree (tenant_id, project_id, id DESC);
CREATE INDEX history_of_trace ON public.frame_history USING btree (tenant_id, trace);
CREATE INDEX hub_checkpoint_interface_id_acd82a0f ON public.hub_checkpoint USING btree (interface_id);
CREATE INDEX hub_checkpoint_tenant_id_3af5233a ON public.hub_checkpoint USING btree (tenant_id);
CREATE INDEX hub_conflict_interface_id_bed54e26 ON public.hub_conflict USING btree (interface_id);
CREATE INDEX hub_conflict_link_id_cf2ebbfa ON public.hub_conflict USING btree (link_id);
CREATE INDEX hub_conflict_resolved_by_id_83de574d ON public.hub_conflict USING btree (resolved_by_id);
CREATE INDEX hub_conflict_tenant_id_c090a1ee ON public.hub_conflict USING btree (tenant_id);
CREATE INDEX hub_connection_credential_id_a005bb0e ON public.hub_connection USING btree (credential_id);
CREATE INDEX hub_connection_endpoint_1f83e20b_like ON public.hub_connection USING btree (endpoint varchar_pattern_ops);
CREATE INDEX hub_connection_tenant_id_277a7889 ON public.hub_connection USING btree (tenant_id);
CREATE INDEX hub_connection_webhook_secret_before_id_90c360b7 ON public.hub_connection USING btree (webhook_secret_before_id);
CREATE INDEX hub_connection_webhook_secret_id_649d51a8 ON public.hub_connection USING btree (webhook_secret_id);
CREATE INDEX hub_deadletter_delivery_id_56da7d03 ON public.hub_deadletter USING btree (delivery_id);
CREATE INDEX hub_deadletter_entry_id_8377714b ON public.hub_deadletter USING btree (entry_id);
CREATE INDEX hub_deadletter_interface_id_c807e689 ON public.hub_deadletter USING btree (interface_id);
CREATE INDEX hub_deadletter_settled_by_id_e4159204 ON public.hub_deadletter USING btree (settled_by_id);
CREATE INDEX hub_deadletter_tenant_id_060a2a6d ON public.hub_deadletter USING btree (tenant_id);
CREATE INDEX hub_delivery_connection_id_fe9a0be3 ON public.hub_delivery USING btree (connection_id);
CREATE INDEX hub_delivery_interface_id_d3a29421 ON public.hub_delivery USING btree (interface_id);
CREATE INDEX hub_delivery_link_id_65742f64 ON public.hub_delivery USING btree (link_id);
CREATE INDEX hub_delivery_run_id_8e1e0ca1 ON public.hub_delivery USING btree (run_id);
CREATE INDEX hub_delivery_tenant_id_994492b7 ON public.hub_delivery USING btree (tenant_id);
CREATE INDEX hub_grant_granted_by_id_769e36e3 ON public.hub_grant USING btree (granted_by_id);
CREATE INDEX hub_grant_interface_id_8c06907c ON public.hub_grant USING btree (interface_id);
CREATE INDEX hub_grant_revoked_by_id_f7bdbd8c ON public.hub_grant USING btree (revoked_by_id);
CREATE INDEX hub_grant_tenant_id_4170db44 ON public.hub_grant USING btree (tenant_id);
CREATE INDEX hub_healthperiod_interface_id_7c4ec2ba ON public.hub_healthperiod USING btree (interface_id);
CREATE INDEX hub_healthperiod_tenant_id_9f325b41 ON public.hub_healthperiod USING btree (tenant_id);
CREATE INDEX hub_interface_owner_id_fc723a4c ON public.hub_interface USING btree (owner_id);
CREATE INDEX hub_interface_project_id_e79b3fb1 ON public.hub_interface USING btree (project_id);
CREATE INDEX hub_interface_published_id_ce9cefd0 ON public.hub_interface USING btree (published_id);
CREATE INDEX hub_interface_system_a_id_371bde1d ON public.hub_interface USING btree (system_a_id);
CREATE INDEX hub_interface_system_b_id_609c9819 ON public.hub_interface USING btree (system_b_id);
CREATE INDEX hub_interface_tenant_id_0583b348 ON public.hub_interface USING btree (tenant_id);
CREATE INDEX hub_interfaceversion_author_id_967efac6 ON public.hub_interfaceversion USING btree (author_id);
CREATE INDEX hub_interfaceversion_interface_id_48e7561e ON public.hub_interfaceversion USING btree (interface_id);
CREATE INDEX hub_interfaceversion_tenant_id_c7cc1758 ON public.hub_interfaceversion USING btree (tenant_id);
CREATE INDEX hub_jobtally_tenant_id_2392dd25 ON public.hub_jobtally USING btree (tenant_id);
CREATE INDEX hub_link_interface_id_1b874488 ON public.hub_link USING btree (interface_id);
CREATE INDEX hub_link_tenant_id_a4e9307b ON public.hub_link USING btree (tenant_id);
CREATE INDEX hub_mappingdraft_base_id_09c87e82 ON public.hub_mappingdraft USING btree (base_id);
CREATE INDEX hub_mappingdraft_by_id_db3a1036 ON public.hub_mappingdraft USING btree (by_id);
CREATE INDEX hub_mappingdraft_tenant_id_9c5906bf ON public.hub_mappingdraft USING btree (tenant_id);
CREATE INDEX hub_offered_tenant_id_b612d19b ON public.hub_offered USING btree (tenant_id);
CREATE INDEX hub_outboxentry_delivery_id_fd1cf0bb ON public.hub_outboxentry USING btree (delivery_id);
CREATE INDEX hub_outboxentry_interface_id_067b29fc ON public.hub_outboxentry USING btree (interface_id);
CREATE INDEX hub_outboxentry_link_id_04edd6e6 ON public.hub_outboxentry USING btree (link_id);
CREATE INDEX hub_outboxentry_run_id_1f546ff0 ON public.hub_outboxentry USING btree (run_id);
CREATE INDEX hub_outboxentry_tenant_id_571d9fe4 ON public.hub_outboxentry USING btree (tenant_id);
CREATE INDEX hub_quarantine_delivery_id_e1b951ca ON public.hub_quarantine USING btree (delivery_id);
CREATE INDEX hub_quarantine_interface_id_0a8d3d2b ON public.hub_quarantine USING btree (interface_id);
CREATE INDEX hub_quarantine_link_id_bd734fe6 ON public.hub_quarantine USING btree (link_id);
CREATE INDEX hub_quarantine_released_by_id_3ce67999 ON public.hub_quarantine USING btree (released_by_id);
CREATE INDEX hub_quarantine_tenant_id_25e9690e ON public.hub_quarantine USING btree (tenant_id);
CREATE INDEX hub_run_interface_id_77c73aad ON public.hub_run USING btree (interface_id);
CREATE INDEX hub_run_tenant_id_5dfab6c2 ON public.hub_run USING btree (tenant_id);
CREATE INDEX hub_run_used_id_a892cd16 ON public.hub_run USING btree (used_id);
CREATE INDEX hub_system_owner_id_55ed404e ON public.hub_system USING btree (owner_id);
CREATE INDEX hub_system_project_id_7cebfa45 ON public.hub_system USING btree (project_id);
CREATE INDEX hub_system_tenant_id_e9194184 ON public.hub_system USING btree (tenant_id);
CREATE INDEX hub_systemuse_project_id_36335eea ON public.hub_systemuse USING btree (project_id);
CREATE INDEX hub_systemuse_system_id_9fea21f8 ON public.hub_systemuse USING btree (system_id);
CREATE INDEX hub_systemuse_tenant_id_925c614e ON public.hub_systemuse USING btree (tenant_id);
CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));
CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);
CREATE INDEX import_files_of_user ON public.frame_importfile USING btree (user_id, resource, created_at DESC);
CREATE INDEX inbox_of_user ON public.frame_notification USING btree (user_id, read_at, updated_at DESC);
CREATE INDEX labour_sheet_confirmed_by_id_7c8ac592 ON public.labour_sheet USING btree (confirmed_by_id);
CREATE INDEX labour_sheet_project_id_866c32e0 ON public.labour_sheet USING btree (project_id);
CREATE INDEX labour_sheet_submitted_by_id_2fd8462e ON public.labour_sheet USING btree (submitted_by_id);
CREATE INDEX labour_sheet_task_id_66a5568c ON public.labour_sheet USING btree (task_id);
CREATE INDEX labour_sheet_team_id_e5337525 ON public.labour_sheet USING btree (team_id);
CREATE INDEX labour_sheet_tenant_id_fdd8b4be ON public.labour_sheet USING btree (tenant_id);
CREATE INDEX labour_sheetline_project_id_c9cdf423 ON public.labour_sheetline USING btree (project_id);
CREATE INDEX labour_sheetline_sheet_id_e0de13a0 ON public.labour_sheetline USING btree (sheet_id);
CREATE INDEX labour_sheetline_tenant_id_fcf9fea2 ON public.labour_sheetline USING btree (tenant_id);
CREATE INDEX letters_due ON public.frame_letter USING btree (user_id, due_at) WHERE ((state)::text = 'waiting'::text);
CREATE INDEX link_by_a ON public.hub_link USING btree (tenant_id, key_a);
CREATE INDEX link_by_b ON public.hub_link USING btree (tenant_id, key_b);
CREATE INDEX links_apart ON public.hub_link USING btree (interface_id) WHERE (NOT (apart = '{}'::jsonb));
CREATE INDEX links_left ON public.hub_link USING btree (interface_id) WHERE (left_a OR left_b);
CREATE INDEX links_parked ON public.hub_link USING btree (interface_id) WHERE (parked_a OR parked_b);
CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON public.mfa_authenticator USING btree (user_id);
CREATE UNIQUE INDEX one_current_baseline ON public.schedule_baseline USING btree (project_id) WHERE is_current;
CREATE UNIQUE INDEX one_grant_in_force ON public.hub_grant USING btree (interface_id) WHERE (revoked_at IS NULL);
CREATE UNIQUE INDEX one_open_conflict ON public.hub_conflict USING btree (link_id, field) WHERE (resolved_at IS NULL);
CREATE UNIQUE INDEX one_open_entry ON public.hub_outboxentry USING btree (link_id, side) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'held'::character varying, 'sending'::character varying, 'unknown'::character varying])::text[]));
CREATE INDEX outbox_of_link ON public.hub_outboxentry USING btree (link_id, id DESC);
CREATE INDEX outbox_waiting ON public.hub_outboxentry USING btree (interface_id, id) WHERE ((state)::text = ANY ((ARRAY['waiting'::character varying, 'held'::character varying, 'sending'::character varying, 'unknown'::character varying])::text[]));
CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);
CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));
CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);
CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);
CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);
CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);
CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);
CREATE INDEX projects_by_more ON public.frame_project USING gin (extra jsonb_path_ops);
CREATE INDEX quarantine_of_record ON public.hub_quarantine USING btree (interface_id, side, record_key) WHERE (released_at IS NULL);
CREATE INDEX quarantine_open ON public.hub_quarantine USING btree (interface_id, id DESC) WHERE (released_at IS NULL);
CREATE INDEX recalculations_newest ON public.schedule_recalculation USING btree (project_id, id DESC);
CREATE INDEX risk_risk_owner_id_24bf8ded ON public.risk_risk USING btree (owner_id);
CREATE INDEX risk_risk_project_id_73f2185c ON public.risk_risk USING btree (project_id);
CREATE INDEX risk_risk_tenant_id_395a2d7b ON public.risk_risk USING btree (tenant_id);
CREATE INDEX risk_riskimpact_project_id_9f8083d1 ON public.risk_riskimpact USING btree (project_id);
CREATE INDEX risk_riskimpact_risk_id_926de591 ON public.risk_riskimpact USING btree (risk_id);
CREATE INDEX risk_riskimpact_task_id_2fa9efb0 ON public.risk_riskimpact USING btree (task_id);
CREATE INDEX risk_riskimpact_tenant_id_f32cfa5d ON public.risk_riskimpact USING btree (tenant_id);
CREATE INDEX risks_by_more ON public.risk_risk USING gin (extra jsonb_path_ops);
CREATE INDEX risks_by_status ON public.risk_risk USING btree (project_id, status);
CREATE INDEX risks_newest ON public.risk_risk USING btree (tenant_id, id DESC);
CREATE INDEX runs_of_interface ON public.hub_run USING btree (interface_id, started_at DESC);
CREATE INDEX runs_unfinished ON public.hub_run USING btree (interface_id, started_at) WHERE (finished_at IS NULL);
CREATE INDEX schedule_baseline_project_id_3dde00e4 ON public.schedule_baseline USING btree (project_id);
CREATE INDEX schedule_baseline_tenant_id_609ed3f9 ON public.schedule_baseline USING btree (tenant_id);
CREATE INDEX schedule_baselinetask_baseline_id_d96a9660 ON public.schedule_baselinetask USING btree (baseline_id);
CREATE INDEX schedule_baselinetask_project_id_42381544 ON public.schedule_baselinetask USING btree (project_id);
CREATE INDEX schedule_baselinetask_task_id_b461fdc0 ON public.schedule_baselinetask USING btree (task_id);
CREATE INDEX schedule_baselinetask_tenant_id_73e7b001 ON public.schedule_baselinetask USING btree (tenant_id);
CREATE INDEX schedule_files_newest ON public.schedule_planimport USING btree (project_id, id DESC);
CREATE INDEX schedule_planimport_came_by_id_2e9f8416 ON public.schedule_planimport USING btree (came_by_id);
CREATE INDEX schedule_planimport_project_id_ceb699cb ON public.schedule_planimport USING btree (project_id);
CREATE INDEX schedule_planimport_tenant_id_a569e9a3 ON public.schedule_planimport USING btree (tenant_id);
CREATE INDEX schedule_recalculation_project_id_ae50116b ON public.schedule_recalculation USING btree (project_id);
CREATE INDEX schedule_recalculation_tenant_id_07e5d4f8 ON public.schedule_recalculation USING btree (tenant_id);
CREATE INDEX schedule_scenario_made_by_id_c8fee68e ON public.schedule_scenario USING btree (made_by_id);
CREATE INDEX schedule_scenario_project_id_fb5de84b ON public.schedule_scenario USING btree (project_id);
CREATE INDEX schedule_scenario_tenant_id_a1580e94 ON public.schedule_scenario USING btree (tenant_id);
CREATE INDEX search_code ON public.frame_search USING btree (tenant_id, resource, code);
CREATE INDEX search_grams ON public.frame_search USING gin (public.jingwei_grams(tenant_id, project_id, (resource)::text, body)) WITH (gin_pending_list_limit='512');
CREATE INDEX search_newest ON public.frame_search USING btree (tenant_id, resource, at DESC);
CREATE INDEX search_title ON public.frame_search USING btree (tenant_id, resource, title);
CREATE INDEX sendings_due ON public.frame_sending USING btree (webhook_id, due_at) WHERE ((state)::text = 'waiting'::text);
CREATE INDEX sendings_newest ON public.frame_sending USING btree (webhook_id, id DESC);
CREATE UNIQUE INDEX sheet_of_phone_once ON public.labour_sheet USING btree (project_id, client_key) WHERE (NOT ((client_key)::text = ''::text));
CREATE UNIQUE INDEX tag_once ON public.frame_tag USING btree (tenant_id, lower((word)::text));
CREATE INDEX talk_of_row ON public.frame_comment USING btree (tenant_id, resource, row_id, created_at DESC);
CREATE INDEX tasks_by_more ON public.work_task USING gin (extra jsonb_path_ops);
CREATE INDEX tasks_in_order ON public.work_task USING btree (project_id, "position");
CREATE INDEX tasks_newest ON public.work_task USING btree (tenant_id, id DESC);
CREATE INDEX tasks_of_interface ON public.work_task USING btree (interface_id);
CREATE UNIQUE INDEX unique_authenticator_type ON public.mfa_authenticator USING btree (user_id, type) WHERE ((type)::text = ANY ((ARRAY['totp'::character varying, 'recovery_codes'::character varying])::text[]));
CREATE UNIQUE INDEX unique_primary_email ON public.account_emailaddress USING btree (user_id, "primary") WHERE "primary";
CREATE UNIQUE INDEX unique_verified_email ON public.account_emailaddress USING btree (email) WHERE verified;
CREATE UNIQUE INDEX user_name_once ON public.frame_user USING btree (lower((username)::text));
CREATE INDEX usersessions_usersession_session_key_fd35de43_like ON public.usersessions_usersession USING btree (session_key varchar_pattern_ops);
CREATE INDEX usersessions_usersession_user_id_af5e0a6d ON public.usersessions_usersession USING btree (user_id);
CREATE UNIQUE INDEX voice_once ON public.frame_vote USING btree (case_id, stage, COALESCE(acting_for_id, user_id)) WHERE (withdrawn_at IS NULL);
CREATE UNIQUE INDEX vote_of_person_once ON public.frame_vote USING btree (case_id, stage, user_id) WHERE (withdrawn_at IS NULL);
CREATE INDEX work_dependency_predecessor_id_6ef5069a ON public.work_dependency USING btree (predecessor_id);
CREATE INDEX work_dependency_project_id_031f3d3b ON public.work_dependency USING btree (project_id);
CREATE INDEX work_dependency_successor_id_f15a1d3d ON public.work_dependency USING btree (successor_id);
CREATE INDEX work_dependency_tenant_id_a0e7c768 ON public.work_dependency USING btree (tenant_id);
CREATE INDEX work_task_assignee_id_6a611329 ON public.work_task USING btree (assignee_id);
CREATE INDEX work_task_calendar_id_78c82194 ON public.work_task USING btree (calendar_id);
CREATE INDEX work_task_interface_id_fbcdd64b ON public.work_task USING btree (interface_id);
CREATE INDEX work_task_parent_id_817c99e9 ON public.work_task USING btree (parent_id);
CREATE INDEX work_task_project_id_282a3029 ON public.work_task USING btree (project_id);
CREATE INDEX work_task_tenant_id_22cd38bf ON public.work_task USING btree (tenant_id);
CREATE INDEX worktime_calendar_person_id_5c8b8410 ON public.worktime_calendar USING btree (person_id);
CREATE INDEX worktime_calendar_project_id_396c7d8c ON public.worktime_calendar USING btree (project_id);
CREATE INDEX worktime_calendar_tenant_id_f52e2c70 ON public.worktime_calendar USING btree (tenant_id);
CREATE INDEX worktime_calendarexception_calendar_id_251efb4d ON public.worktime_calendarexception USING btree (calendar_id);
CREATE INDEX worktime_calendarexception_tenant_id_4c36fb7b ON public.worktime_calendarexception USING btree (tenant_id);
CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();
CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();
CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();
CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();
CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();
CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();
ALTER TABLE ONLY public.account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES public.account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.change_changerequest
    ADD CONSTRAINT change_changerequest_decided_by_id_2ddb4930_fk_frame_user_id FOREIGN KEY (decided_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.change_changerequest
    ADD CONSTRAINT change_changerequest_project_id_a09a6fe5_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.change_changerequest
    ADD CONSTRAINT change_changerequest_requested_by_id_7f2157b3_fk_frame_user_id FOREIGN KEY (requested_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.change_changerequest
    ADD CONSTRAINT change_changerequest_tenant_id_a14cb1f6_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_line
    ADD CONSTRAINT cost_line_project_id_e047a444_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_line
    ADD CONSTRAINT cost_line_sheet_id_7e7207db_fk_labour_sheet_id FOREIGN KEY (sheet_id) REFERENCES public.labour_sheet(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_line
    ADD CONSTRAINT cost_line_task_id_e7fa1c04_fk_work_task_id FOREIGN KEY (task_id) REFERENCES public.work_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_line
    ADD CONSTRAINT cost_line_tenant_id_3b530748_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_package
    ADD CONSTRAINT cost_package_project_id_8c59a3aa_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_package
    ADD CONSTRAINT cost_package_task_id_956025b0_fk_work_task_id FOREIGN KEY (task_id) REFERENCES public.work_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_package
    ADD CONSTRAINT cost_package_tenant_id_75e54a0c_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_packagemilestone
    ADD CONSTRAINT cost_packagemilestone_milestone_id_50748aa1_fk_work_task_id FOREIGN KEY (milestone_id) REFERENCES public.work_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_packagemilestone
    ADD CONSTRAINT cost_packagemilestone_package_id_7857cd58_fk_cost_package_id FOREIGN KEY (package_id) REFERENCES public.cost_package(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_packagemilestone
    ADD CONSTRAINT cost_packagemilestone_project_id_b3306dfe_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_packagemilestone
    ADD CONSTRAINT cost_packagemilestone_tenant_id_563164a6_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_rate
    ADD CONSTRAINT cost_rate_tenant_id_890f3403_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_snapshot
    ADD CONSTRAINT cost_snapshot_project_id_ef992ae7_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_snapshot
    ADD CONSTRAINT cost_snapshot_taken_by_id_3bcdf70d_fk_frame_user_id FOREIGN KEY (taken_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.cost_snapshot
    ADD CONSTRAINT cost_snapshot_tenant_id_7d8c8081_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.decision_decision
    ADD CONSTRAINT decision_decision_decided_by_id_13e6f237_fk_frame_user_id FOREIGN KEY (decided_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.decision_decision
    ADD CONSTRAINT decision_decision_owner_id_c13903a8_fk_directory_person_id FOREIGN KEY (owner_id) REFERENCES public.directory_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.decision_decision
    ADD CONSTRAINT decision_decision_project_id_ec197f0f_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.decision_decision
    ADD CONSTRAINT decision_decision_successor_id_25eaedf0_fk_decision_decision_id FOREIGN KEY (successor_id) REFERENCES public.decision_decision(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.decision_decision
    ADD CONSTRAINT decision_decision_tenant_id_3a9d5910_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.directory_person
    ADD CONSTRAINT directory_person_team_id_9968567f_fk_directory_team_id FOREIGN KEY (team_id) REFERENCES public.directory_team(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.directory_person
    ADD CONSTRAINT directory_person_tenant_id_af769391_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.directory_person
    ADD CONSTRAINT directory_person_user_id_b7d9b002_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.directory_team
    ADD CONSTRAINT directory_team_tenant_id_3e7c3aef_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_alarm
    ADD CONSTRAINT frame_alarm_project_id_1fbe4051_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_alarm
    ADD CONSTRAINT frame_alarm_tenant_id_e64650aa_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_apitoken
    ADD CONSTRAINT frame_apitoken_parent_id_7ab24f35_fk_frame_apitoken_id FOREIGN KEY (parent_id) REFERENCES public.frame_apitoken(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_apitoken
    ADD CONSTRAINT frame_apitoken_tenant_id_90956eb0_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_apitoken
    ADD CONSTRAINT frame_apitoken_user_id_8065acff_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_arrangement
    ADD CONSTRAINT frame_arrangement_tenant_id_494f42a6_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_arrangement
    ADD CONSTRAINT frame_arrangement_user_id_f716e132_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_attachment
    ADD CONSTRAINT frame_attachment_by_id_05e9d089_fk_frame_user_id FOREIGN KEY (by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_attachment
    ADD CONSTRAINT frame_attachment_tenant_id_e576c6f9_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_case
    ADD CONSTRAINT frame_case_opened_by_id_01ff4dc5_fk_frame_user_id FOREIGN KEY (opened_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_case
    ADD CONSTRAINT frame_case_project_id_d06304ec_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_case
    ADD CONSTRAINT frame_case_tenant_id_53f496bc_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_comment
    ADD CONSTRAINT frame_comment_by_id_f57cd322_fk_frame_user_id FOREIGN KEY (by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_comment
    ADD CONSTRAINT frame_comment_tenant_id_16ffb61f_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_counter
    ADD CONSTRAINT frame_counter_project_id_80dcaa5b_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_counter
    ADD CONSTRAINT frame_counter_tenant_id_359ddbe5_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_customfield
    ADD CONSTRAINT frame_customfield_project_id_4be42bb4_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_customfield
    ADD CONSTRAINT frame_customfield_tenant_id_3659ba77_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_deputy
    ADD CONSTRAINT frame_deputy_deputy_id_4395405a_fk_frame_user_id FOREIGN KEY (deputy_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_deputy
    ADD CONSTRAINT frame_deputy_person_id_06f0ef8a_fk_frame_user_id FOREIGN KEY (person_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_deputy
    ADD CONSTRAINT frame_deputy_project_id_f8e78b2b_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_deputy
    ADD CONSTRAINT frame_deputy_tenant_id_476e72ac_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_documenttext
    ADD CONSTRAINT frame_documenttext_by_id_8fe03ddd_fk_frame_user_id FOREIGN KEY (by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_documenttext
    ADD CONSTRAINT frame_documenttext_project_id_16f8911a_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_documenttext
    ADD CONSTRAINT frame_documenttext_tenant_id_2d0dfa97_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_documentversion
    ADD CONSTRAINT frame_documentversion_by_id_387e0098_fk_frame_user_id FOREIGN KEY (by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_documentversion
    ADD CONSTRAINT frame_documentversion_project_id_12c5fbf0_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_documentversion
    ADD CONSTRAINT frame_documentversion_tenant_id_304fdbd6_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_dutydone
    ADD CONSTRAINT frame_dutydone_tenant_id_aabaf379_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_edge
    ADD CONSTRAINT frame_edge_confirmed_by_id_be51d7c3_fk_frame_user_id FOREIGN KEY (confirmed_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_edge
    ADD CONSTRAINT frame_edge_tenant_id_b29d045d_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_follower
    ADD CONSTRAINT frame_follower_tenant_id_1274bb83_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_follower
    ADD CONSTRAINT frame_follower_user_id_02e18bda_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_importcolumns
    ADD CONSTRAINT frame_importcolumns_tenant_id_73785a9f_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_importcolumns
    ADD CONSTRAINT frame_importcolumns_user_id_d8be54a7_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_importfile
    ADD CONSTRAINT frame_importfile_tenant_id_a9efb985_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_importfile
    ADD CONSTRAINT frame_importfile_user_id_1f2bcb2b_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_letter
    ADD CONSTRAINT frame_letter_project_id_9ed19739_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_letter
    ADD CONSTRAINT frame_letter_tenant_id_830ba3c4_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_letter
    ADD CONSTRAINT frame_letter_user_id_1b420a2d_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_longwork
    ADD CONSTRAINT frame_longwork_tenant_id_6077735e_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_longwork
    ADD CONSTRAINT frame_longwork_user_id_96f444ef_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_membership
    ADD CONSTRAINT frame_membership_project_id_f65762b1_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_membership
    ADD CONSTRAINT frame_membership_role_id_f7c24ec0_fk_frame_role_id FOREIGN KEY (role_id) REFERENCES public.frame_role(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_membership
    ADD CONSTRAINT frame_membership_tenant_id_9376e720_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_membership
    ADD CONSTRAINT frame_membership_user_id_593753fb_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_noticechoices
    ADD CONSTRAINT frame_noticechoices_tenant_id_0aee6750_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_noticechoices
    ADD CONSTRAINT frame_noticechoices_user_id_ad660726_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_notification
    ADD CONSTRAINT frame_notification_project_id_a92158d2_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_notification
    ADD CONSTRAINT frame_notification_tenant_id_a27902ca_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_notification
    ADD CONSTRAINT frame_notification_user_id_c9a0171b_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_pastpassword
    ADD CONSTRAINT frame_pastpassword_user_id_bae3ef7f_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_project
    ADD CONSTRAINT frame_project_manager_id_7d2ad03f_fk_frame_user_id FOREIGN KEY (manager_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_project
    ADD CONSTRAINT frame_project_tenant_id_d6dad918_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_role
    ADD CONSTRAINT frame_role_tenant_id_b7b566b9_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_savedview
    ADD CONSTRAINT frame_savedview_project_id_5087f2c7_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_savedview
    ADD CONSTRAINT frame_savedview_tenant_id_0e19111d_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_savedview
    ADD CONSTRAINT frame_savedview_user_id_3add9d56_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_secret
    ADD CONSTRAINT frame_secret_tenant_id_7aa54e13_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_sending
    ADD CONSTRAINT frame_sending_tenant_id_7626b248_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_setuplink
    ADD CONSTRAINT frame_setuplink_issued_by_id_2f0f06b0_fk_frame_user_id FOREIGN KEY (issued_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_setuplink
    ADD CONSTRAINT frame_setuplink_tenant_id_846bcd7d_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_setuplink
    ADD CONSTRAINT frame_setuplink_user_id_abf2f5b4_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_stagerule
    ADD CONSTRAINT frame_stagerule_project_id_2ea0d920_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_stagerule
    ADD CONSTRAINT frame_stagerule_tenant_id_a8d9d9df_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_tag
    ADD CONSTRAINT frame_tag_tenant_id_78aeb704_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_tagging
    ADD CONSTRAINT frame_tagging_tag_id_42e62df8_fk_frame_tag_id FOREIGN KEY (tag_id) REFERENCES public.frame_tag(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_tagging
    ADD CONSTRAINT frame_tagging_tenant_id_dc9d77d6_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_user_groups
    ADD CONSTRAINT frame_user_groups_group_id_f18af687_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_user_groups
    ADD CONSTRAINT frame_user_groups_user_id_5f050198_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_user
    ADD CONSTRAINT frame_user_last_tenant_id_61348b11_fk_frame_tenant_id FOREIGN KEY (last_tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_user_user_permissions
    ADD CONSTRAINT frame_user_user_perm_permission_id_e754bcba_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_user_user_permissions
    ADD CONSTRAINT frame_user_user_permissions_user_id_c9be4241_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_vote
    ADD CONSTRAINT frame_vote_acting_for_id_d5c37b64_fk_frame_user_id FOREIGN KEY (acting_for_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_vote
    ADD CONSTRAINT frame_vote_case_id_dba1d483_fk_frame_case_id FOREIGN KEY (case_id) REFERENCES public.frame_case(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_vote
    ADD CONSTRAINT frame_vote_tenant_id_02d8b104_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_vote
    ADD CONSTRAINT frame_vote_user_id_21cf7f27_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_webhook
    ADD CONSTRAINT frame_webhook_former_id_c14704a6_fk_frame_secret_id FOREIGN KEY (former_id) REFERENCES public.frame_secret(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_webhook
    ADD CONSTRAINT frame_webhook_maker_id_5ffc0db8_fk_frame_user_id FOREIGN KEY (maker_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_webhook
    ADD CONSTRAINT frame_webhook_secret_id_62c9c310_fk_frame_secret_id FOREIGN KEY (secret_id) REFERENCES public.frame_secret(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.frame_webhook
    ADD CONSTRAINT frame_webhook_tenant_id_dea521fb_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_checkpoint
    ADD CONSTRAINT hub_checkpoint_interface_id_acd82a0f_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_checkpoint
    ADD CONSTRAINT hub_checkpoint_tenant_id_3af5233a_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_conflict
    ADD CONSTRAINT hub_conflict_interface_id_bed54e26_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_conflict
    ADD CONSTRAINT hub_conflict_link_id_cf2ebbfa_fk_hub_link_id FOREIGN KEY (link_id) REFERENCES public.hub_link(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_conflict
    ADD CONSTRAINT hub_conflict_resolved_by_id_83de574d_fk_frame_user_id FOREIGN KEY (resolved_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_conflict
    ADD CONSTRAINT hub_conflict_tenant_id_c090a1ee_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_connection
    ADD CONSTRAINT hub_connection_credential_id_a005bb0e_fk_frame_secret_id FOREIGN KEY (credential_id) REFERENCES public.frame_secret(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_connection
    ADD CONSTRAINT hub_connection_system_id_e3b8c82c_fk_hub_system_id FOREIGN KEY (system_id) REFERENCES public.hub_system(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_connection
    ADD CONSTRAINT hub_connection_tenant_id_277a7889_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_connection
    ADD CONSTRAINT hub_connection_webhook_secret_befor_90c360b7_fk_frame_sec FOREIGN KEY (webhook_secret_before_id) REFERENCES public.frame_secret(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_connection
    ADD CONSTRAINT hub_connection_webhook_secret_id_649d51a8_fk_frame_secret_id FOREIGN KEY (webhook_secret_id) REFERENCES public.frame_secret(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_deadletter
    ADD CONSTRAINT hub_deadletter_delivery_id_56da7d03_fk_hub_delivery_id FOREIGN KEY (delivery_id) REFERENCES public.hub_delivery(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_deadletter
    ADD CONSTRAINT hub_deadletter_entry_id_8377714b_fk_hub_outboxentry_id FOREIGN KEY (entry_id) REFERENCES public.hub_outboxentry(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_deadletter
    ADD CONSTRAINT hub_deadletter_interface_id_c807e689_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_deadletter
    ADD CONSTRAINT hub_deadletter_settled_by_id_e4159204_fk_frame_user_id FOREIGN KEY (settled_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_deadletter
    ADD CONSTRAINT hub_deadletter_tenant_id_060a2a6d_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_delivery
    ADD CONSTRAINT hub_delivery_connection_id_fe9a0be3_fk_hub_connection_id FOREIGN KEY (connection_id) REFERENCES public.hub_connection(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_delivery
    ADD CONSTRAINT hub_delivery_interface_id_d3a29421_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_delivery
    ADD CONSTRAINT hub_delivery_link_id_65742f64_fk_hub_link_id FOREIGN KEY (link_id) REFERENCES public.hub_link(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_delivery
    ADD CONSTRAINT hub_delivery_run_id_8e1e0ca1_fk_hub_run_id FOREIGN KEY (run_id) REFERENCES public.hub_run(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_delivery
    ADD CONSTRAINT hub_delivery_tenant_id_994492b7_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_grant
    ADD CONSTRAINT hub_grant_granted_by_id_769e36e3_fk_frame_user_id FOREIGN KEY (granted_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_grant
    ADD CONSTRAINT hub_grant_interface_id_8c06907c_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_grant
    ADD CONSTRAINT hub_grant_revoked_by_id_f7bdbd8c_fk_frame_user_id FOREIGN KEY (revoked_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_grant
    ADD CONSTRAINT hub_grant_tenant_id_4170db44_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_healthperiod
    ADD CONSTRAINT hub_healthperiod_interface_id_7c4ec2ba_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_healthperiod
    ADD CONSTRAINT hub_healthperiod_tenant_id_9f325b41_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interface
    ADD CONSTRAINT hub_interface_owner_id_fc723a4c_fk_frame_user_id FOREIGN KEY (owner_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interface
    ADD CONSTRAINT hub_interface_project_id_e79b3fb1_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interface
    ADD CONSTRAINT hub_interface_published_id_ce9cefd0_fk_hub_interfaceversion_id FOREIGN KEY (published_id) REFERENCES public.hub_interfaceversion(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interface
    ADD CONSTRAINT hub_interface_system_a_id_371bde1d_fk_hub_system_id FOREIGN KEY (system_a_id) REFERENCES public.hub_system(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interface
    ADD CONSTRAINT hub_interface_system_b_id_609c9819_fk_hub_system_id FOREIGN KEY (system_b_id) REFERENCES public.hub_system(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interface
    ADD CONSTRAINT hub_interface_tenant_id_0583b348_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interfaceversion
    ADD CONSTRAINT hub_interfaceversion_author_id_967efac6_fk_frame_user_id FOREIGN KEY (author_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interfaceversion
    ADD CONSTRAINT hub_interfaceversion_interface_id_48e7561e_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_interfaceversion
    ADD CONSTRAINT hub_interfaceversion_tenant_id_c7cc1758_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_jobtally
    ADD CONSTRAINT hub_jobtally_tenant_id_2392dd25_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_link
    ADD CONSTRAINT hub_link_interface_id_1b874488_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_link
    ADD CONSTRAINT hub_link_tenant_id_a4e9307b_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_mappingdraft
    ADD CONSTRAINT hub_mappingdraft_base_id_09c87e82_fk_hub_interfaceversion_id FOREIGN KEY (base_id) REFERENCES public.hub_interfaceversion(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_mappingdraft
    ADD CONSTRAINT hub_mappingdraft_by_id_db3a1036_fk_frame_user_id FOREIGN KEY (by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_mappingdraft
    ADD CONSTRAINT hub_mappingdraft_interface_id_2bb1ddfe_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_mappingdraft
    ADD CONSTRAINT hub_mappingdraft_tenant_id_9c5906bf_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_offered
    ADD CONSTRAINT hub_offered_system_id_69926333_fk_hub_system_id FOREIGN KEY (system_id) REFERENCES public.hub_system(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_offered
    ADD CONSTRAINT hub_offered_tenant_id_b612d19b_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_outboxentry
    ADD CONSTRAINT hub_outboxentry_delivery_id_fd1cf0bb_fk_hub_delivery_id FOREIGN KEY (delivery_id) REFERENCES public.hub_delivery(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_outboxentry
    ADD CONSTRAINT hub_outboxentry_interface_id_067b29fc_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_outboxentry
    ADD CONSTRAINT hub_outboxentry_link_id_04edd6e6_fk_hub_link_id FOREIGN KEY (link_id) REFERENCES public.hub_link(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_outboxentry
    ADD CONSTRAINT hub_outboxentry_run_id_1f546ff0_fk_hub_run_id FOREIGN KEY (run_id) REFERENCES public.hub_run(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_outboxentry
    ADD CONSTRAINT hub_outboxentry_tenant_id_571d9fe4_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_quarantine
    ADD CONSTRAINT hub_quarantine_delivery_id_e1b951ca_fk_hub_delivery_id FOREIGN KEY (delivery_id) REFERENCES public.hub_delivery(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_quarantine
    ADD CONSTRAINT hub_quarantine_interface_id_0a8d3d2b_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_quarantine
    ADD CONSTRAINT hub_quarantine_link_id_bd734fe6_fk_hub_link_id FOREIGN KEY (link_id) REFERENCES public.hub_link(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_quarantine
    ADD CONSTRAINT hub_quarantine_released_by_id_3ce67999_fk_frame_user_id FOREIGN KEY (released_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_quarantine
    ADD CONSTRAINT hub_quarantine_tenant_id_25e9690e_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_run
    ADD CONSTRAINT hub_run_interface_id_77c73aad_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_run
    ADD CONSTRAINT hub_run_tenant_id_5dfab6c2_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_run
    ADD CONSTRAINT hub_run_used_id_a892cd16_fk_hub_interfaceversion_id FOREIGN KEY (used_id) REFERENCES public.hub_interfaceversion(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_system
    ADD CONSTRAINT hub_system_owner_id_55ed404e_fk_frame_user_id FOREIGN KEY (owner_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_system
    ADD CONSTRAINT hub_system_project_id_7cebfa45_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_system
    ADD CONSTRAINT hub_system_tenant_id_e9194184_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_systemuse
    ADD CONSTRAINT hub_systemuse_project_id_36335eea_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_systemuse
    ADD CONSTRAINT hub_systemuse_system_id_9fea21f8_fk_hub_system_id FOREIGN KEY (system_id) REFERENCES public.hub_system(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.hub_systemuse
    ADD CONSTRAINT hub_systemuse_tenant_id_925c614e_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheet
    ADD CONSTRAINT labour_sheet_confirmed_by_id_7c8ac592_fk_frame_user_id FOREIGN KEY (confirmed_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheet
    ADD CONSTRAINT labour_sheet_project_id_866c32e0_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheet
    ADD CONSTRAINT labour_sheet_submitted_by_id_2fd8462e_fk_frame_user_id FOREIGN KEY (submitted_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheet
    ADD CONSTRAINT labour_sheet_task_id_66a5568c_fk_work_task_id FOREIGN KEY (task_id) REFERENCES public.work_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheet
    ADD CONSTRAINT labour_sheet_team_id_e5337525_fk_directory_team_id FOREIGN KEY (team_id) REFERENCES public.directory_team(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheet
    ADD CONSTRAINT labour_sheet_tenant_id_fdd8b4be_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheetline
    ADD CONSTRAINT labour_sheetline_project_id_c9cdf423_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheetline
    ADD CONSTRAINT labour_sheetline_sheet_id_e0de13a0_fk_labour_sheet_id FOREIGN KEY (sheet_id) REFERENCES public.labour_sheet(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.labour_sheetline
    ADD CONSTRAINT labour_sheetline_tenant_id_fcf9fea2_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);
ALTER TABLE ONLY public.risk_risk
    ADD CONSTRAINT risk_risk_owner_id_24bf8ded_fk_directory_person_id FOREIGN KEY (owner_id) REFERENCES public.directory_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.risk_risk
    ADD CONSTRAINT risk_risk_project_id_73f2185c_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.risk_risk
    ADD CONSTRAINT risk_risk_tenant_id_395a2d7b_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.risk_riskimpact
    ADD CONSTRAINT risk_riskimpact_project_id_9f8083d1_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.risk_riskimpact
    ADD CONSTRAINT risk_riskimpact_risk_id_926de591_fk_risk_risk_id FOREIGN KEY (risk_id) REFERENCES public.risk_risk(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.risk_riskimpact
    ADD CONSTRAINT risk_riskimpact_task_id_2fa9efb0_fk_work_task_id FOREIGN KEY (task_id) REFERENCES public.work_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.risk_riskimpact
    ADD CONSTRAINT risk_riskimpact_tenant_id_f32cfa5d_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_baseline
    ADD CONSTRAINT schedule_baseline_project_id_3dde00e4_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_baseline
    ADD CONSTRAINT schedule_baseline_tenant_id_609ed3f9_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_baselinetask
    ADD CONSTRAINT schedule_baselinetas_baseline_id_d96a9660_fk_schedule_ FOREIGN KEY (baseline_id) REFERENCES public.schedule_baseline(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_baselinetask
    ADD CONSTRAINT schedule_baselinetask_project_id_42381544_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_baselinetask
    ADD CONSTRAINT schedule_baselinetask_tenant_id_73e7b001_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_planimport
    ADD CONSTRAINT schedule_planimport_came_by_id_2e9f8416_fk_frame_user_id FOREIGN KEY (came_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_planimport
    ADD CONSTRAINT schedule_planimport_project_id_ceb699cb_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_planimport
    ADD CONSTRAINT schedule_planimport_tenant_id_a569e9a3_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_recalculation
    ADD CONSTRAINT schedule_recalculation_project_id_ae50116b_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_recalculation
    ADD CONSTRAINT schedule_recalculation_tenant_id_07e5d4f8_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_scenario
    ADD CONSTRAINT schedule_scenario_made_by_id_c8fee68e_fk_frame_user_id FOREIGN KEY (made_by_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_scenario
    ADD CONSTRAINT schedule_scenario_project_id_fb5de84b_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.schedule_scenario
    ADD CONSTRAINT schedule_scenario_tenant_id_a1580e94_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.usersessions_usersession
    ADD CONSTRAINT usersessions_usersession_user_id_af5e0a6d_fk_frame_user_id FOREIGN KEY (user_id) REFERENCES public.frame_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_dependency
    ADD CONSTRAINT work_dependency_predecessor_id_6ef5069a_fk_work_task_id FOREIGN KEY (predecessor_id) REFERENCES public.work_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_dependency
    ADD CONSTRAINT work_dependency_project_id_031f3d3b_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_dependency
    ADD CONSTRAINT work_dependency_successor_id_f15a1d3d_fk_work_task_id FOREIGN KEY (successor_id) REFERENCES public.work_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_dependency
    ADD CONSTRAINT work_dependency_tenant_id_a0e7c768_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_task
    ADD CONSTRAINT work_task_assignee_id_6a611329_fk_directory_person_id FOREIGN KEY (assignee_id) REFERENCES public.directory_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_task
    ADD CONSTRAINT work_task_calendar_id_78c82194_fk_worktime_calendar_id FOREIGN KEY (calendar_id) REFERENCES public.worktime_calendar(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_task
    ADD CONSTRAINT work_task_interface_id_fbcdd64b_fk_hub_interface_id FOREIGN KEY (interface_id) REFERENCES public.hub_interface(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_task
    ADD CONSTRAINT work_task_parent_id_817c99e9_fk_work_task_id FOREIGN KEY (parent_id) REFERENCES public.work_task(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_task
    ADD CONSTRAINT work_task_project_id_282a3029_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.work_task
    ADD CONSTRAINT work_task_tenant_id_22cd38bf_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.worktime_calendar
    ADD CONSTRAINT worktime_calendar_person_id_5c8b8410_fk_directory_person_id FOREIGN KEY (person_id) REFERENCES public.directory_person(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.worktime_calendar
    ADD CONSTRAINT worktime_calendar_project_id_396c7d8c_fk_frame_project_id FOREIGN KEY (project_id) REFERENCES public.frame_project(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.worktime_calendar
    ADD CONSTRAINT worktime_calendar_tenant_id_f52e2c70_fk_frame_tenant_id FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.worktime_calendarexception
    ADD CONSTRAINT worktime_calendarexc_calendar_id_251efb4d_fk_worktime_ FOREIGN KEY (calendar_id) REFERENCES public.worktime_calendar(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.worktime_calendarexception
    ADD CONSTRAINT worktime_calendarexc_tenant_id_4c36fb7b_fk_frame_ten FOREIGN KEY (tenant_id) REFERENCES public.frame_tenant(id) DEFERRABLE INITIALLY DEFERRED;
INSERT INTO public.django_migrations (app, name, applied) VALUES
  ('contenttypes', '0001_initial', now()),
  ('contenttypes', '0002_remove_content_type_name', now()),
  ('auth', '0001_initial', now()),
  ('auth', '0002_alter_permission_name_max_length', now()),
  ('auth', '0003_alter_user_email_max_length', now()),
  ('auth', '0004_alter_user_username_opts', now()),
  ('auth', '0005_alter_user_last_login_null', now()),
  ('auth', '0006_require_contenttypes_0002', now()),
  ('auth', '0007_alter_validators_add_error_messages', now()),
  ('auth', '0008_alter_user_username_max_length', now()),
  ('auth', '0009_alter_user_last_name_max_length', now()),
  ('auth', '0010_alter_group_name_max_length', now()),
  ('auth', '0011_update_proxy_permissions', now()),
  ('auth', '0012_alter_user_first_name_max_length', now()),
  ('frame', '0001_initial', now()),
  ('account', '0001_initial', now()),
  ('account', '0002_email_max_length', now()),
  ('account', '0003_alter_emailaddress_create_unique_verified_email', now()),
  ('account', '0004_alter_emailaddress_drop_unique_email', now()),
  ('account', '0005_emailaddress_idx_upper_email', now()),
  ('account', '0006_emailaddress_lower', now()),
  ('account', '0007_emailaddress_idx_email', now()),
  ('account', '0008_emailaddress_unique_primary_email_fixup', now()),
  ('account', '0009_emailaddress_unique_primary_email', now()),
  ('mfa', '0001_initial', now()),
  ('mfa', '0002_authenticator_timestamps', now()),
  ('mfa', '0003_authenticator_type_uniq', now()),
  ('frame', '0002_scheduled_from', now()),
  ('frame', '0003_project_progress_logic', now()),
  ('frame', '0010_notice_of_project', now()),
  ('frame', '0020_coming_in', now()),
  ('frame', '0021_tokens_end', now()),
  ('frame', '0022_second_steps_sealed', now()),
  ('frame', '0023_one_lockout', now()),
  ('frame', '0025_growth', now()),
  ('frame', '0030_zones_that_exist', now()),
  ('frame', '0040_names_once', now()),
  ('frame', '0041_long_work_is_about', now()),
  ('frame', '0042_views_of_a_project', now()),
  ('frame', '0043_last_organisation', now()),
  ('frame', '0044_password_profiles', now()),
  ('frame', '0045_access_of_an_organisation', now()),
  ('frame', '0046_who_sent_the_link', now()),
  ('frame', '0047_counter', now()),
  ('frame', '0048_alarms', now()),
  ('frame', '0049_carried', now()),
  ('frame', '0050_approval', now()),
  ('frame', '0051_arrangement', now()),
  ('frame', '0052_trace', now()),
  ('frame', '0053_documents', now()),
  ('frame', '0054_search', now()),
  ('frame', '0055_imports', now()),
  ('frame', '0060_custom_fields', now()),
  ('change', '0001_initial', now()),
  ('change', '0002_cases', now()),
  ('change', '0003_custom_fields', now()),
  ('change', '0004_new_tasks_and_money', now()),
  ('directory', '0001_initial', now()),
  ('worktime', '0001_initial', now()),
  ('worktime', '0002_exception_until', now()),
  ('worktime', '0003_task_calendars', now()),
  ('hub', '0001_initial', now()),
  ('work', '0001_initial', now()),
  ('work', '0002_three_points', now()),
  ('work', '0003_levelling', now()),
  ('work', '0004_task_calendar', now()),
  ('work', '0005_effort', now()),
  ('work', '0006_task_skill', now()),
  ('hub', '0002_real_life', now()),
  ('hub', '0003_watching', now()),
  ('hub', '0004_places', now()),
  ('hub', '0010_uses_and_stages', now()),
  ('directory', '0002_person_skills', now()),
  ('work', '0007_custom_fields', now()),
  ('work', '0008_work_not_negative', now()),
  ('labour', '0001_initial', now()),
  ('labour', '0002_initial', now()),
  ('labour', '0003_phone', now()),
  ('labour', '0004_currency', now()),
  ('frame', '0070_webhooks', now()),
  ('frame', '0071_notices', now()),
  ('frame', '0080_telling_mended', now()),
  ('frame', '0081_spelt_names', now()),
  ('frame', '0082_known_currencies', now()),
  ('cost', '0001_initial', now()),
  ('cost', '0002_initial', now()),
  ('cost', '0003_earned_value', now()),
  ('cost', '0004_rates', now()),
  ('cost', '0005_custom_fields', now()),
  ('cost', '0006_sheets', now()),
  ('cost', '0007_months_and_currencies', now()),
  ('cost', '0008_sums_that_are_frozen', now()),
  ('cost', '0009_lines_in_order', now()),
  ('decision', '0001_initial', now()),
  ('decision', '0002_custom_fields', now()),
  ('directory', '0003_spelt_names', now()),
  ('hub', '0011_mapping_drafts', now()),
  ('hub', '0012_words_of_periods', now()),
  ('hub', '0013_versions_named', now()),
  ('procrastinate', '0001_initial', now()),
  ('procrastinate', '0002_drop_started_at_column', now()),
  ('procrastinate', '0003_drop_started_at_column', now()),
  ('procrastinate', '0004_drop_procrastinate_version_table', now()),
  ('procrastinate', '0005_fix_procrastinate_fetch_job', now()),
  ('procrastinate', '0006_fix_trigger_status_events_insert', now()),
  ('procrastinate', '0007_add_queueing_lock_column', now()),
  ('procrastinate', '0008_close_fetch_job_race_condition', now()),
  ('procrastinate', '0009_add_defer_job_function', now()),
  ('procrastinate', '0010_add_procrastinate_periodic_defers', now()),
  ('procrastinate', '0011_add_foreign_key_index', now()),
  ('procrastinate', '0012_add_locks_to_periodic_defer', now()),
  ('procrastinate', '0013_fix_procrastinate_defer_periodic_job', now()),
  ('procrastinate', '0014_add_finish_job_and_retry_job_functions', now()),
  ('procrastinate', '0015_add_trigger_on_job_deletion', now()),
  ('procrastinate', '0016_delete_finished_jobs', now()),
  ('procrastinate', '0017_add_checks_to_finish_job', now()),
  ('procrastinate', '0018_add_checks_to_retry_job', now()),
  ('procrastinate', '0019_fix_finish_job_compat_issue', now()),
  ('procrastinate', '0020_add_index_on_procrastinate_jobs', now()),
  ('procrastinate', '0021_add_kwargs_to_defer_periodic_job', now()),
  ('procrastinate', '0022_null_locks_excluded', now()),
  ('procrastinate', '0023_remove_old_finish_job_function', now()),
  ('procrastinate', '0024_job_id_bigint', now()),
  ('procrastinate', '0025_add_models', now()),
  ('procrastinate', '0026_add_job_priority', now()),
  ('procrastinate', '0027_add_periodic_job_priority', now()),
  ('procrastinate', '0028_add_cancel_states', now()),
  ('procrastinate', '0029_add_additional_params_to_retry_job', now()),
  ('procrastinate', '0030_alter_procrastinateevent_options', now()),
  ('procrastinate', '0031_add_indexes_for_fetch_job', now()),
  ('procrastinate', '0032_pre_cancel_notification', now()),
  ('procrastinate', '0033_post_cancel_notification', now()),
  ('procrastinate', '0034_pre_add_heartbeat', now()),
  ('procrastinate', '0035_post_add_heartbeat', now()),
  ('procrastinate', '0036_add_worker_model', now()),
  ('procrastinate', '0037_pre_batch_defer_jobs', now()),
  ('procrastinate', '0038_post_batch_defer_jobs', now()),
  ('procrastinate', '0039_pre_priority_lock_fetch_job', now()),
  ('procrastinate', '0040_pre_retry_failed_job', now()),
  ('procrastinate', '0041_post_retry_failed_job', now()),
  ('risk', '0001_initial', now()),
  ('risk', '0002_code_may_be_empty', now()),
  ('risk', '0003_custom_fields', now()),
  ('schedule', '0001_initial', now()),
  ('schedule', '0002_initial', now()),
  ('schedule', '0003_endangerment', now()),
  ('schedule', '0004_schedule_files', now()),
  ('schedule', '0005_what_if', now()),
  ('schedule', '0006_one_table_of_alarms', now()),
  ('schedule', '0007_what_if_money', now()),
  ('schedule', '0008_baselines_stay', now()),
  ('sessions', '0001_initial', now()),
  ('usersessions', '0001_initial', now());
