-- Notifications go with a file, such as the PDF of an invoice, unless the provider does without for a kind.
ALTER TABLE notification_switches ADD COLUMN has_file boolean NOT NULL DEFAULT true;

-- `attached`: the names of the files that it was sent with; the files themselves are made when it is sent.
ALTER TABLE deliveries ADD COLUMN attached text NOT NULL DEFAULT '';
