"""What is known of the engines between processes: how each stands, and which findings do not count."""
