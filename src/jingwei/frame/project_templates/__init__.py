"""A project as a template: what its resources say goes along is written to a file and brought in again elsewhere, later, with other people."""
