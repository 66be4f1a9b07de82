"""The commands of kgattn: `kgattn --help`, or `python -m kgattn --help`."""

from kgattn.cli.app import main as main
