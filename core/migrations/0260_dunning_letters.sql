-- Whom a reminder about an invoice goes to: its payer, the client, or both, each about what is his.

ALTER TABLE dunning_settings ADD COLUMN letters_to text NOT NULL DEFAULT 'both'
    CHECK (letters_to IN ('both', 'payer', 'client'));
