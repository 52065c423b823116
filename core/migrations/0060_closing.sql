-- A closed client: since when, and why.

ALTER TABLE clients
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN closed_reason text NOT NULL DEFAULT '';
