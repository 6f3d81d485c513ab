"""PDF: its syntax, its filters, its encryption, and what its objects carry."""
