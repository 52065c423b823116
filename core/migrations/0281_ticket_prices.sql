-- What a message of a client cost: the expense that was charged with it.
ALTER TABLE ticket_messages ADD COLUMN expense_id bigint,
    ADD FOREIGN KEY (tenant_id, expense_id) REFERENCES expenses (tenant_id, id);
CREATE INDEX ticket_messages_by_expense ON ticket_messages (tenant_id, expense_id) WHERE expense_id IS NOT NULL;
