import { readBrokerSettings } from '../../../src/broker/broker-settings.ts'
import {
  formatJavaProperty,
  parseJavaProperties,
  parseJavaPropertiesBytes,
} from '../../../src/storage/java-properties.ts'
import { readMetaProperties } from '../../../src/storage/meta-properties.ts'
import { readPartitionMetadata } from '../../../src/storage/partition-metadata.ts'
import { resolveTopicConfig } from '../../../src/storage/topic-configs.ts'
import { fileSystemOf } from '../bytes-file-system.ts'
import { type FuzzTarget, tried } from '../fuzz-target.ts'

const seeds = [
  '#\n#Mon Nov 23 03:09:21 UTC 2026\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\ndirectory.id=AAECAwQFBgcICQoLDA0ODw\nnode.id=1\nversion=1\n',
  'version=0\nbroker.id=3\n',
  'version: 0\ntopic_id: AAECAwQFBgcICQoLDA0ODw',
  '! comment\nlisteners = PLAINTEXT://127.0.0.1:9092,SASL_SSL://:9093\\\n   ,SSL://[::1]:0\nnum.partitions:3\nmax.connections 100\n',
  'flush.policy=os\nlog.retention.ms=604800000\nsasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256\nsuper.users=User:a;User:b\n',
  'cleanup.policy=compact,delete\nsegment.bytes=1073741824\nretention.ms=-1\nmin.cleanable.dirty.ratio=0.5\ncompression.type=zstd\n',
  'a\\u0041\\=\\:\\ b = c\\\n  \\td\\\\',
]

/** Java's properties, and what is made of them: who a directory belongs to, settings of a broker and of a topic. */
export const properties: FuzzTarget = {
  name: 'properties',
  bytesMax: 2048,
  tokens: [
    '\\u',
    '\\u0000',
    '\\\n',
    '__proto__=1',
    'constructor',
    'version=',
    'node.id=',
    '1e400',
    '-1',
    '9223372036854775808',
    'num.partitions=',
  ],
  seeds: () => seeds.map((text) => new TextEncoder().encode(text)),
  run: (bytes) => {
    const read = parseJavaPropertiesBytes(bytes)
    for (const [key, value] of read) {
      const again = parseJavaProperties(`${formatJavaProperty(key, value)}\n`)
      if (key !== '' && again.get(key) !== value) throw new Error(`${JSON.stringify([key, value])} changes`)
    }
    tried(() => readBrokerSettings(read, 'input'))
    tried(() => resolveTopicConfig(read))
    tried(() => readMetaProperties(fileSystemOf(bytes), '/d'))
    readPartitionMetadata(fileSystemOf(bytes), '/d/t-0')
    if (Object.keys(Object.prototype).length > 0) throw new Error('a prototype was changed')
  },
}
