"""Change requests: a what-if carried out through assessment and a decision by somebody else."""
