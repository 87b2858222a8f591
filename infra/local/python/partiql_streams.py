"""Makes PartiQL writes reach the table's stream, as on AWS; ministack 1.5.33 omits them.

"DynamoDB Streams captures a time-ordered sequence of item-level modifications in any DynamoDB table" (DynamoDB Developer
Guide), however the item was written; ministack omits the records of ExecuteStatement and BatchExecuteStatement. The
totals of a campaign are counted from them, so the local stack adds them. See docs/decisions/0002.
"""

import copy

from ministack.services import dynamodb


def _item(table, parsed):
    partition, sort, _, error = dynamodb._partiql_key_target(table, parsed)
    if error:
        return None
    return copy.deepcopy(table["items"].get(partition, {}).get(sort))


def _inserted(table, parsed):
    item = parsed.get("item", {})
    return item["M"] if isinstance(item, dict) and set(item) == {"M"} else item


def install():
    # A release that writes the records itself must not write them twice; the pinned release has these three functions.
    insert, update, delete = dynamodb._partiql_insert, dynamodb._partiql_update, dynamodb._partiql_delete

    def insert_and_tell(table, parsed):
        result = insert(table, parsed)
        if result[0] == 200:
            dynamodb._emit_stream_event(table["TableName"], "INSERT", None, copy.deepcopy(_inserted(table, parsed)))
        return result

    def update_and_tell(table, parsed, data=None):
        before = _item(table, parsed)
        result = update(table, parsed, data)
        if result[0] == 200:
            dynamodb._emit_stream_event(table["TableName"], "MODIFY", before, _item(table, parsed))
        return result

    def delete_and_tell(table, parsed, data=None):
        before = _item(table, parsed)
        result = delete(table, parsed, data)
        if result[0] == 200 and before is not None:
            dynamodb._emit_stream_event(table["TableName"], "REMOVE", before, None)
        return result

    dynamodb._partiql_insert = insert_and_tell
    dynamodb._partiql_update = update_and_tell
    dynamodb._partiql_delete = delete_and_tell
