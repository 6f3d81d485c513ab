"""Keys, who keeps them, and what is sealed with them."""
