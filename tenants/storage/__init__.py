"""Where the house keeps things: the database and its tables, and the stores of sealed octets."""
