"""``python -m sallyport_org`` is the command ``sallyport-org``."""

from sallyport_org.cli import main

main()
