"""The provider simulator may speak as SES on the event bus.

PutEvents takes no event whose source is an AWS service, on AWS as in ministack: only the service itself can send one.
Here the simulator is the service, so its events go the way of real ones, over the rule in the template to the queue.
"""

from ministack.services import eventbridge


def install():
    put_events = eventbridge._put_events

    def put_also_for_ses(data, allow_aws_source=False):
        sources = {entry.get("Source") for entry in data.get("Entries", [])}
        return put_events(data, allow_aws_source or sources == {"aws.ses"})

    eventbridge._put_events = put_also_for_ses
