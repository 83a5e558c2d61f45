"""How tickets come in without anybody of us: by mail, by a form on the web, and by the customer's own page of a ticket."""
