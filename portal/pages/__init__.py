"""The rooms of the portal: each folder has its views and its templates."""
