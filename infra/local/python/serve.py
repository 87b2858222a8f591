"""Runs ministack until its parent ends, unless the parent releases it.

Standard input is a leash. End of file means that the parent is gone, however it ended; this process group, with every
function that ministack started, then ends too. A byte on it releases the process: the stack then keeps running.
"""

import os
import signal
import threading

import function_credentials
import maximum_concurrency
import partiql_streams
import ses_events
import sqs_traces
from ministack.app import main


def hold():
    if not os.read(0, 1):
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    # Never kill a group that is not ours.
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    function_credentials.install()
    maximum_concurrency.install()
    partiql_streams.install()
    ses_events.install()
    sqs_traces.install()
    threading.Thread(target=hold, daemon=True).start()
    main()
