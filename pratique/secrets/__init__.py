"""Keys and certificates of the operator: where each is found, or made on first use."""
