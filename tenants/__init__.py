"""Who the customers are, what they asked for, and what is kept for them."""
