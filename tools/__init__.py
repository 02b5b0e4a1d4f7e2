"""Tools of the house: translations, import contracts, peers."""
