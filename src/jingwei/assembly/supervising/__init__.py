"""What the supervisor is made of: children with a pulse, probes that ask truly, a keeper of the database, a reserve on the disk, ports."""
