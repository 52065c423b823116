-- Whether a service that dunning stopped, and that goes on, is charged for the time it missed.

ALTER TABLE dunning_settings ADD COLUMN charges_missed boolean NOT NULL DEFAULT false;
