"""Who is signed in where.  A session belongs to one person on one host: a company's, or the platform's own."""
