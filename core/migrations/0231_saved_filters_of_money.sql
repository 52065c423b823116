-- Filters are saved for the lists of accounts, expenses, invoices, payments and services too.
ALTER TABLE list_filters DROP CONSTRAINT list_filters_list_check,
    ADD CONSTRAINT list_filters_list_check CHECK (list IN ('accounts', 'activity', 'contracts', 'expenses', 'invoices',
                                                           'payers', 'payments', 'services', 'users'));
