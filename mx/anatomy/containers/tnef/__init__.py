"""TNEF (winmail.dat): what Outlook packs into one part."""
