"""python3-confluent-kafka, which is librdkafka. Arguments: host:port, and settings for all clients as JSON."""
import json
import sys
import time

from confluent_kafka import OFFSET_END, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

import steps

servers = {"bootstrap.servers": sys.argv[1], **(json.loads(sys.argv[2]) if len(sys.argv) > 2 else {})}
admin = AdminClient(servers)


def done(futures):
    for future in futures.values():
        result = future.result(20)
    return result


def consumer(**options):
    settings = {"group.id": "none", "enable.auto.commit": False, "fetch.wait.max.ms": 100}
    return Consumer({**servers, **settings, **{key.replace("_", "."): value for key, value in options.items()}})


def configs(topic, keys):
    told = done(admin.describe_configs([ConfigResource("topic", topic)]))
    return {key: told[key].value for key in keys}


def bounds(topic):
    one = consumer()
    count = len(one.list_topics(topic).topics[topic].partitions)
    found = [list(one.get_watermark_offsets(TopicPartition(topic, p), 10)) for p in range(count)]
    one.close()
    return found


def at(topic, time):
    one = consumer()
    [found] = one.offsets_for_times([TopicPartition(topic, 0, time)], 10)
    one.close()
    return None if found.offset == OFFSET_END else found.offset


def sent(topic, messages, options, pause_seconds=0):
    """Produces (value, key, headers, timestamp) each, and the offsets that were told."""
    offsets, errors = [], []

    def told(error, message):
        (errors if error else offsets).append(error.name() if error else message.offset())

    producer = Producer({**servers, **options})
    for value, key, headers, timestamp in messages:
        producer.produce(topic, value, key, partition=0, on_delivery=told, timestamp=timestamp, headers=headers)
        producer.poll(pause_seconds)
    producer.flush(60)
    if errors:
        raise KafkaException(errors[0])
    return offsets


def produce(topic, values, codec="none", idempotent=False, time=1700000000000):
    options = {"compression.type": codec, "enable.idempotence": idempotent, "linger.ms": 20, "acks": "all"}
    messages = [(value, f"k{i}", [("h", str(i))], time + i) for i, value in enumerate(values)]
    return sent(topic, messages, options)


def consume(topic, count, start=0):
    one = consumer()
    one.assign([TopicPartition(topic, 0, start)])
    records = []
    while len(records) < count:
        record = one.poll(5)
        if record is None or record.error():
            raise KafkaException(record and record.error() or "nothing came")
        records.append(
            [record.offset(), record.timestamp()[1], record.key().decode(), record.value().decode(), record.headers()[0][1].decode()]
        )
    one.close()
    return records


def wake(topic):
    one = consumer(fetch_wait_max_ms=10000, socket_timeout_ms=20000)
    one.assign([TopicPartition(topic, 0, OFFSET_END)])
    one.poll(1)
    begin = time.monotonic()
    sent(topic, [("wake", None, [], 0)], {})
    record = one.poll(9)
    is_early = time.monotonic() - begin < 5
    one.close()
    return {"values": [record and record.value().decode()], "isEarly": is_early}


def member_of(topic, group):
    def member(instance):
        options = {} if instance is None else {"group_instance_id": instance}
        one = consumer(
            group_id=group, auto_offset_reset="earliest", enable_auto_commit=True, auto_commit_interval_ms=100,
            session_timeout_ms=10000, heartbeat_interval_ms=200, **options,
        )
        one.subscribe([topic])

        def poll():
            record = one.poll(0.1)
            return [] if record is None or record.error() else [record.value().decode()]

        return steps.Member(poll, lambda: [p.partition for p in one.assignment()], one.close)

    return member


def committed(topic, group, count):
    one = consumer(group_id=group)
    found = [p.offset for p in one.committed([TopicPartition(topic, p) for p in range(count)], 10)]
    one.close()
    return found


def group(group):
    [told] = admin.list_groups(group, 10)
    return {"listed": told.id == group, "state": told.state, "members": len(told.members)}


def stream(topic, values, pauseMs):
    """An idempotent producer that goes on whatever happens to the broker."""
    options = {"enable.idempotence": True, "linger.ms": 5, "reconnect.backoff.max.ms": 500, "retry.backoff.ms": 50}
    return len(sent(topic, [(value, None, [], 0) for value in values], options, pauseMs / 1000))


def name_of(error):
    cause = error.args[0] if error.args else error
    return cause.name() if hasattr(cause, "name") else str(error) or type(error).__name__


if __name__ == "__main__":
    steps.serve(
        {
            "create": lambda topic, partitions=1, configs={}: done(
                admin.create_topics([NewTopic(topic, partitions, 1, config=configs)])
            ),
            "delete": lambda topic: done(admin.delete_topics([topic])),
            "addPartitions": lambda topic, count: done(admin.create_partitions([NewPartitions(topic, count)])),
            "partitions": lambda topic: len(admin.list_topics(topic).topics[topic].partitions),
            "configs": configs,
            "alter": lambda topic, configs: done(admin.alter_configs([ConfigResource("topic", topic, configs)])),
            "bounds": bounds,
            "at": at,
            "produce": produce,
            "consume": consume,
            "wake": wake,
            "share": lambda topic, group, count: steps.share(member_of(topic, group), count),
            "static": lambda topic, group, count: steps.static(member_of(topic, group), count),
            "committed": committed,
            "group": group,
            "stream": stream,
        },
        name_of,
    )
