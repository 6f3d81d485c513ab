"""Everything a message meets, from the first octet of SMTP to its delivery, refusal or quarantine."""
