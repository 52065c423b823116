-- Days of a trial that a service was ordered with, its last one once it began, and a set-up fee that waits for its end.
ALTER TABLE services ADD COLUMN trial_days int NOT NULL DEFAULT 0 CHECK (trial_days BETWEEN 0 AND 366);
ALTER TABLE services ADD COLUMN trial_until date;
ALTER TABLE services ADD COLUMN owes_set_up boolean NOT NULL DEFAULT false;
