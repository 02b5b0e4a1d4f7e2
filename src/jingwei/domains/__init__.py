"""What the business is: one folder per subject, standing in one order."""
