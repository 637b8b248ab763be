"""Why nothing was built. Owns the two kinds, by which whoever called can tell a mistake in a setting from a failure."""


class BuildError(Exception):
    """The build failed; the text says what, where and what to do."""

    exit_code = 1


class UsageError(BuildError):
    """A setting or an argument is wrong."""

    exit_code = 64
