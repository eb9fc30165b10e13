"""`python -m registrations.sandbox`: the same as `manage.py sandbox`, without Django's settings."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from registrations.sandbox.options import add_arguments, read_options
from registrations.sandbox.server import run

if __name__ == "__main__":
    parser = ArgumentParser(prog="sandbox", description="Stand-ins for the webinar platform and a mailbox.")
    add_arguments(parser)
    sys.exit(run(read_options(vars(parser.parse_args()))))
