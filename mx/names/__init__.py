"""A name -> its records: the DNS, for authentication and for delivery."""
