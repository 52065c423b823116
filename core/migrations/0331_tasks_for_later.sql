-- When a task that is for later may begin. It stays that moment while the task is stopped and goes on.
ALTER TABLE tasks ADD COLUMN due_at timestamptz;

UPDATE tasks t SET due_at = m.send_at FROM mass_messages m
 WHERE m.tenant_id = t.tenant_id AND m.task_id = t.id AND m.send_at IS NOT NULL AND t.started_at IS NULL;
