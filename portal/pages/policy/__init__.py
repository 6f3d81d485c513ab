"""The policy in the portal: what becomes of a message for each verdict, for the tenant and for each of its domains."""
