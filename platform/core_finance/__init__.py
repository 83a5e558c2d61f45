"""Finance core: the chart of accounts, periods, vouchers, the posting engine, the books and the statements of a company."""
