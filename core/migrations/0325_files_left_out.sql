-- `left_out`: the names of the files that a mail went without, because it would have been too large with them.
ALTER TABLE deliveries ADD COLUMN left_out text NOT NULL DEFAULT '';
