"""REST and GraphQL made from declarations."""
