"""The shell without a database: a page with every macro on it, served for looks, keys and accessibility."""
