"""Messages that are sent in a batch keep their system attributes, as they do on AWS and do not in ministack 1.5.33.

SendMessageBatch takes `MessageSystemAttributes` with each entry (SQS API Reference), of which there is one: the tracing
header `AWSTraceHeader`. ministack knows it in SendMessage alone. Carillon sends in batches and follows its work by it.
"""

import threading

from ministack.services import sqs


def install():
    # A release that hands them on itself gives the same result: each entry is sent by one call, in their order.
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
