-- Whether the billing run leaves a company's invoices to people.
ALTER TABLE invoice_terms ADD COLUMN is_manual boolean NOT NULL DEFAULT false;
