"""What every row of a resource may carry: files, talk, tags and followers, with the rights of the row as it is now."""
