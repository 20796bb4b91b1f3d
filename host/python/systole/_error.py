# SPDX-License-Identifier: Apache-2.0
"""The one exception of the package."""


class Error(Exception):
    """What a call of the library came to when it failed.

    status: the library's name of it, "BAD_ARGUMENT", "NOT_FOUND", ... (driver/status.def has them all).
    detail: one line with the numbers, the library's own where it has said one.
    operator: the operator ("domain:Name", no prefix for ONNX's own) that it was about; "" when it was about none.
    """

    def __init__(self, status: str, detail: str, operator: str = "") -> None:
        """Keep the three; the text is "STATUS: detail"."""
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.operator = operator

    def __reduce__(self) -> "tuple[type[Error], tuple[str, str, str]]":
        """Let the exception pass from a process to another."""
        return Error, (self.status, self.detail, self.operator)
