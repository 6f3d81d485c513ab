"""Office documents and what else is kept in compound files: macros, objects, mail, encryption."""
