"""The settings: what each means, where it comes from, and the values that it takes."""
