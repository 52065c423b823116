-- Who is not in the project of a message's category does not get it.
ALTER TABLE mass_message_recipients DROP CONSTRAINT mass_message_recipients_reason_check,
    ADD CONSTRAINT mass_message_recipients_reason_check
        CHECK (reason IN ('', 'gone', 'closed', 'project', 'no_address', 'language', 'news', 'text'));
