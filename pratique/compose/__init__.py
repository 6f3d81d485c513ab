"""One file for each kind of process: its parts, in start order, and what each part is given."""
