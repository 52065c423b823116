"""The command `python -m benchmarks`."""

from benchmarks import list_commands

if __name__ == "__main__":
    list_commands.benchmarks(prog_name="python -m benchmarks")
