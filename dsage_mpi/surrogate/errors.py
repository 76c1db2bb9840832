"""The one error that the surrogate raises for a cause that a user can do something about."""


class SurrogateError(RuntimeError):
    """Training or prediction cannot go on; the message says why and which setting to change."""
