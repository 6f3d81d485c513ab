"""The domains of a tenant: where their mail goes, who belongs to which group, what they publish."""
