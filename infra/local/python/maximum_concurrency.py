"""Makes an event source's maximum concurrency a number, as on AWS, also if it comes from a parameter of the template.

CloudFormation converts a parameter to the type of the property that refers to it; ministack 1.5.33 passes it on as text. Its poller
stops at the first comparison, and the SDK cannot read the answer of ListEventSourceMappings.
"""

from ministack.services.cloudformation import provisioners


def _with_number(props):
    scaling = props.get("ScalingConfig")
    if not scaling or "MaximumConcurrency" not in scaling:
        return props
    return {**props, "ScalingConfig": {**scaling, "MaximumConcurrency": int(scaling["MaximumConcurrency"])}}


def install():
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    create, update = handlers["create"], handlers["update"]

    def create_with_number(logical_id, props, stack_name):
        return create(logical_id, _with_number(props), stack_name)

    def update_with_number(physical_id, old_props, new_props, stack_name):
        return update(physical_id, old_props, _with_number(new_props), stack_name)

    handlers["create"], handlers["update"] = create_with_number, update_with_number
