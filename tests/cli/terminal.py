#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""terminal.py COMMAND ... : runs a command on a terminal of its own; says whether it drew in colours, drew a bar, and what the last line was."""
import os
import pty
import re
import sys

os.environ["TERM"] = "xterm"
said = bytearray()


def spawn():
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    while True:
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        said.extend(data)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


code = spawn()
text = said.decode()
lines = [re.sub(r"\x1b\[[0-9;]*[mK]", "", line).split("\r")[-1] for line in text.rstrip().replace("\r\n", "\n").split("\n")]
print("colours:", "yes" if re.search(r"\x1b\[[0-9;]*m", text) else "no")
print("bar:", "yes" if "[###" in text or "[..." in text else "no")
print("bar left behind:", "yes" if re.search(r"\[[#.]{24}\][^\x1b]*$", text) else "no")
print("last:", lines[-1])
sys.exit(code)
