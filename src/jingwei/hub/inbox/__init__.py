"""What comes in: webhooks stored before they are answered, deliveries kept raw until they are planned."""
