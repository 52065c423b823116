-- What stands in the panel is for people as what they are: staff, or users of clients.
ALTER TABLE deliveries ADD COLUMN audience text NOT NULL DEFAULT 'client'
    CHECK (audience IN ('client', 'user', 'staff'));
CREATE INDEX deliveries_in_panel ON deliveries (tenant_id, person_id, created_at, id)
    WHERE medium = 'panel' AND state = 'sent';
