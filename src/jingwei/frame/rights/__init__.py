"""Rights: who may do what where, who has come in, who is locked out."""
