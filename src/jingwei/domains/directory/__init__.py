"""People, teams, projects and their members."""
