"""`python -m web.cli`: the same as `comptoir`."""

from web.cli import main

if __name__ == "__main__":
    main()
