-- Filters are saved for the list of quotes too.
ALTER TABLE list_filters DROP CONSTRAINT list_filters_list_check,
    ADD CONSTRAINT list_filters_list_check CHECK (list IN ('accounts', 'activity', 'contracts', 'expenses', 'invoices',
                                                           'offers', 'payers', 'payments', 'services', 'users'));
