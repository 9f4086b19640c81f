"""The process ``openenv``, which is also ``python -m openenv_cli``: quiet about Ctrl-C from first to last."""

import sys  # all else takes a moment, in which somebody may press Ctrl-C


def main() -> int:
    """Import the command line and run it.

    Returns:
        The exit code.
    """
    try:
        import signal

        from openenv_cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    except ImportError as error:
        from openenv_cli import clash

        if not (clash.strangers() or clash.foreign_files()):
            raise
        sys.stderr.write(f"error: files of {clash.DISTRIBUTION} were overwritten, or are gone: {error}\n")
        sys.stderr.write(f"hint: {clash.advice()}\n")
        return 1
    code = run()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the interpreter's own end is no place for a traceback
    return code


if __name__ == "__main__":
    sys.exit(main())
