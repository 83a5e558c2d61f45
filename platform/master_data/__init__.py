"""What both cores share: parties, products, departments and employees, tax codes, saved views."""
