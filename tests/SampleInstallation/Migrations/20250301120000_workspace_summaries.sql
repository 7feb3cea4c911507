CREATE MATERIALIZED VIEW workspace_summaries AS
SELECT w.id, w.name, w.state_version_count, s.serial, s.size_kib, count(v.id) AS variables, count(v.id) FILTER (WHERE v.sensitive) AS secrets
FROM workspaces w
LEFT JOIN state_versions s ON s.id = w.current_state_version_id
LEFT JOIN variables v ON v.workspace_id = w.id
GROUP BY w.id, w.name, w.state_version_count, s.serial, s.size_kib;
CREATE UNIQUE INDEX workspace_summaries_id ON workspace_summaries (id);

CREATE VIEW held_locks AS
SELECT w.name AS workspace, l.lock_id, u.name AS held_by, l.created_at
FROM locks l JOIN workspaces w ON w.id = l.workspace_id LEFT JOIN users u ON u.id = l.held_by;
