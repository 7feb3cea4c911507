CREATE SEQUENCE audit_event_numbers CACHE 10;

CREATE TABLE audit_events (
    number bigint NOT NULL DEFAULT nextval('audit_event_numbers'),
    occurred_at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (number, occurred_at, action)
) PARTITION BY RANGE (occurred_at);
CREATE TABLE audit_events_before_2026 PARTITION OF audit_events FOR VALUES FROM (MINVALUE) TO ('2026-01-01Z');
CREATE TABLE audit_events_2026 PARTITION OF audit_events FOR VALUES FROM ('2026-01-01Z') TO ('2027-01-01Z') PARTITION BY LIST (action);
CREATE TABLE audit_events_2026_states PARTITION OF audit_events_2026 FOR VALUES IN ('state.created', 'state.deleted');
CREATE TABLE audit_events_2026_other PARTITION OF audit_events_2026 DEFAULT;
CREATE TABLE audit_events_later PARTITION OF audit_events DEFAULT;
CREATE INDEX audit_events_actor ON audit_events (actor, occurred_at);
