"""Write an empty migration of a service, numbered after its last."""

import argparse

from rendering.services import NAMES

from common.database.migrating import new_migration


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", choices=NAMES)
    parser.add_argument("name", help="what it does, in words joined by _")
    arguments = parser.parse_args()
    new_migration(arguments.service, arguments.name)


if __name__ == "__main__":
    main()
