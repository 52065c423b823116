-- What the check of a file made of the rows that would be new clients, for the run that follows it.
ALTER TABLE import_parts ADD COLUMN checked bytea;
