"""The service desk: what customers ask, by when it is answered, and what everybody may read for themselves."""
