"""Resource levelling: who must wait so that nobody does two things at once."""
