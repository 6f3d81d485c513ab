"""A Transfer -> octets, replies -> results: the ESMTP client as a machine. Pure."""
