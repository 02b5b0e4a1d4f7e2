"""Coming back: sealed archives of everything an installation keeps, and bringing them back only when all is proven."""
