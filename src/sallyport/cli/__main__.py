"""``python -m sallyport.cli``: the same as the command ``sallyport``."""

from sallyport.cli.app import main

main()
