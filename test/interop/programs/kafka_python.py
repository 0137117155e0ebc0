"""python3-kafka. Arguments: host:port, and settings for all clients as JSON."""
import json
import sys
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

import steps

servers = sys.argv[1]
settings = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
admin = KafkaAdminClient(bootstrap_servers=servers, **settings)


def consumer(**options):
    return KafkaConsumer(bootstrap_servers=servers, **settings, **options)


def create(topic, partitions=1, configs={}):
    admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)])


def partitions(topic):
    return len(admin.describe_topics([topic])[0]["partitions"])


def configs(topic, keys):
    answer = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(keys))])[0]
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}


def bounds(topic):
    with_topic = consumer()
    parts = [TopicPartition(topic, p) for p in sorted(with_topic.partitions_for_topic(topic))]
    starts, ends = with_topic.beginning_offsets(parts), with_topic.end_offsets(parts)
    with_topic.close()
    return [[starts[p], ends[p]] for p in parts]


def at(topic, time):
    one, part = consumer(), TopicPartition(topic, 0)
    found = one.offsets_for_times({part: time})[part]
    one.close()
    return found and [found.offset, found.timestamp]


def produce(topic, values, codec="none", time=1700000000000):
    producer = KafkaProducer(
        bootstrap_servers=servers, acks="all", linger_ms=20, compression_type=None if codec == "none" else codec, **settings
    )
    sent = [
        producer.send(topic, value.encode(), b"k%d" % i, [("h", b"%d" % i)], partition=0, timestamp_ms=time + i)
        for i, value in enumerate(values)
    ]
    producer.flush()
    offsets = [one.get(10).offset for one in sent]
    producer.close()
    return offsets


def consume(topic, count, start=0):
    one, part = consumer(fetch_max_wait_ms=200), TopicPartition(topic, 0)
    one.assign([part])
    one.seek(part, start)
    records = []
    while len(records) < count:
        for batch in one.poll(5000).values():
            records += [[r.offset, r.timestamp, r.key.decode(), r.value.decode(), r.headers[0][1].decode()] for r in batch]
    one.close()
    return records


def wake(topic):
    one, part = consumer(fetch_max_wait_ms=10000), TopicPartition(topic, 0)
    one.assign([part])
    one.seek_to_end(part)
    one.poll(300)
    producer = KafkaProducer(bootstrap_servers=servers, **settings)
    begin = time.monotonic()
    producer.send(topic, b"wake", partition=0).get(10)
    values = [r.value.decode() for batch in one.poll(9000).values() for r in batch]
    is_early = time.monotonic() - begin < 5
    producer.close()
    one.close()
    return {"values": values, "isEarly": is_early}


def share(topic, group, count):
    def member(_):
        one = consumer(
            group_id=group, auto_offset_reset="earliest", session_timeout_ms=6000, heartbeat_interval_ms=200,
            auto_commit_interval_ms=100, fetch_max_wait_ms=100, max_poll_interval_ms=20000,
        )
        one.subscribe([topic])

        def poll():
            return [r.value.decode() for batch in one.poll(100).values() for r in batch]

        return steps.Member(poll, lambda: [p.partition for p in one.assignment()], one.close)

    return steps.share(member, count)


def committed(topic, group, count):
    offsets = admin.list_consumer_group_offsets(group)
    return [offsets[TopicPartition(topic, p)].offset for p in range(count)]


def group(group):
    [told] = admin.describe_consumer_groups([group])
    return {"listed": (group, "consumer") in admin.list_consumer_groups(), "state": told.state, "members": len(told.members)}


def drop_group(group):
    [(_, error)] = admin.delete_consumer_groups([group])
    if error.errno != 0:
        raise error


def name_of(error):
    return type(error).__name__


if __name__ == "__main__":
    steps.serve(
        {
            "create": create,
            "delete": lambda topic: admin.delete_topics([topic]) and None,
            "addPartitions": lambda topic, count: admin.create_partitions({topic: NewPartitions(count)}) and None,
            "partitions": partitions,
            "configs": configs,
            "alter": lambda topic, configs: admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic, configs)]
            )
            and None,
            "bounds": bounds,
            "at": at,
            "produce": produce,
            "consume": consume,
            "wake": wake,
            "share": share,
            "committed": committed,
            "group": group,
            "dropGroup": drop_group,
        },
        name_of,
    )
