"""From a domain's directory to its recipients: it is asked over LDAP, its entries are read, the answer is applied."""
