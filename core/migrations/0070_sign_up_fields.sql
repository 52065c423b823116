-- What somebody who signs up enters in the fields of the provider that clients see: key to value as text.
ALTER TABLE sign_ups ADD COLUMN fields jsonb NOT NULL DEFAULT '{}';
