"""Lets the provider simulator publish SES events on the event bus.

PutEvents rejects events whose source is an AWS service, on AWS and in ministack: only the service itself can send them.
Here the simulator is the service, so its events take the real path, through the template's rule to the queue.
"""

from ministack.services import eventbridge


def install():
    put_events = eventbridge._put_events

    def put_also_for_ses(data, allow_aws_source=False):
        sources = {entry.get("Source") for entry in data.get("Entries", [])}
        return put_events(data, allow_aws_source or sources == {"aws.ses"})

    eventbridge._put_events = put_also_for_ses
