"""What people see: the web portal."""
