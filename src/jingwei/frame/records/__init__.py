"""Records: one declaration a model, and every way in and out that follows from it."""
