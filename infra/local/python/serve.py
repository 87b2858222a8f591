"""Runs ministack for as long as its starter wants it.

The standard input is a leash. Its end of file means that the starter is gone, however it ended, and then this process
group, which includes every function that ministack started, ends too. A byte on it lets go: the stack then runs on.
"""

import os
import signal
import threading

import function_credentials
import partiql_streams
import ses_events
import sqs_traces
from ministack.app import main


def hold():
    if not os.read(0, 1):
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    # Ending the group is only right in a group of our own.
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    function_credentials.install()
    partiql_streams.install()
    ses_events.install()
    sqs_traces.install()
    threading.Thread(target=hold, daemon=True).start()
    main()
