"""What is held, and what people will see of it."""
