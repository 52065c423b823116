-- Staff may answer tickets by mail where the provider says so.
ALTER TABLE incoming_mail_settings ADD COLUMN staff_answers boolean NOT NULL DEFAULT false;
