"""`python -m jingwei.assembly` is the `jingwei` command."""

from jingwei.assembly.cli import main

main()
