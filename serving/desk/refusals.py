"""What is not done at the Desk, and the text that says why."""


class LoginNeeded(Exception):
    """Nobody is logged in, or not any more."""


class Refused(Exception):
    """`key` is the text of the catalogue."""

    def __init__(self, status: int, key: str, **put_in: object) -> None:
        super().__init__(key)
        self.status, self.key, self.put_in = status, key, put_in
