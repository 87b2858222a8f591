"""Keeps the system attributes of messages sent in a batch, as on AWS; ministack 1.5.33 drops them.

SendMessageBatch accepts `MessageSystemAttributes` with each entry (SQS API Reference). There is only one: the tracing
header `AWSTraceHeader`, which ministack supports only in SendMessage. Carillon sends in batches and traces its work by it.
"""

import threading

from ministack.services import sqs


def install():
    # A release that passes them on itself gives the same result: each entry is sent by one call, in order.
    send, send_batch = sqs._act_send_message, sqs._act_send_message_batch
    batch = threading.local()

    def send_with_attributes(data, url):
        attributes = next(getattr(batch, "attributes", iter(())), None)
        return send({**data, "MessageSystemAttributes": attributes} if attributes else data, url)

    def send_batch_with_attributes(data, url):
        batch.attributes = iter([entry.get("MessageSystemAttributes") for entry in data.get("Entries", [])])
        try:
            return send_batch(data, url)
        finally:
            batch.attributes = iter(())

    sqs._act_send_message = send_with_attributes
    sqs._HANDLERS["SendMessageBatch"] = send_batch_with_attributes
