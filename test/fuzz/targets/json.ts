import fc from 'fast-check'
import { QuotaTable } from '../../../src/broker/quotas/quota-table.ts'
import { AccessRules } from '../../../src/broker/security/access-rules.ts'
import { Credentials } from '../../../src/broker/security/credentials.ts'
import { parseEnvelope } from '../../../src/cli/format/envelope-parser.ts'
import { PushedOffsetsFile } from '../../../src/cli/replicate/pushed-offsets.ts'
import { TopicCatalog } from '../../../src/storage/topic-catalog.ts'
import { fileSystemOf } from '../bytes-file-system.ts'
import { type FuzzTarget, tried } from '../fuzz-target.ts'

const documents: readonly object[] = [
  {
    topic: 't',
    partition: 0,
    offset: 5,
    ts: 1_700_000_000_000,
    key: 'k',
    payload: 'v',
    headers: ['h', 'v', 'n', null],
  },
  { key_base64: 'AAE=', payload_base64: '/w==', headers: ['h', { base64: 'AA==' }] },
  {
    version: 1,
    topics: {
      t: {
        id: 'AAECAwQFBgcICQoLDA0ODw',
        partitions: 3,
        configs: { 'retention.ms': '5' },
        createdMs: 1,
        elsewhere: [2],
      },
    },
  },
  { version: 1, pushed: { 'AAECAwQFBgcICQoLDA0ODw 0': { source: '1200', target: '4711' } } },
  {
    version: 1,
    entries: [
      { user: 'u', mechanism: 'SCRAM-SHA-256', iterations: 4096, salt: 'AAAA', storedKey: 'AAAA', serverKey: 'AAAA' },
    ],
  },
  {
    version: 1,
    entries: [
      {
        resource: 'TOPIC',
        name: 't',
        pattern: 'LITERAL',
        principal: 'User:u',
        host: '*',
        operation: 'READ',
        permission: 'ALLOW',
      },
    ],
  },
  { version: 1, entries: [{ user: 'u', 'client-id': null, producer_byte_rate: 1024 }] },
]

/** One text, taken for each of the documents that we read: lines of `produce -J`, topics, users, rules, quotas, what was pushed. */
export const json: FuzzTarget = {
  name: 'json',
  bytesMax: 2048,
  tokens: [
    '"__proto__":',
    '{"__proto__":{"polluted":1}}',
    '"constructor":{"prototype":{"polluted":1}}',
    '1e400',
    '-0',
    '9007199254740993',
    '"\\ud800"',
    '\ufeff',
    '[[[[[[[[',
    'null',
    '{"a":{"a":{"a":',
  ],
  seeds: () =>
    [...documents.map((one) => JSON.stringify(one)), ...anyDocuments()].map((text) => new TextEncoder().encode(text)),
  run: (bytes) => {
    const fileSystem = fileSystemOf(bytes)
    tried(() => parseEnvelope(bytes, 'input'))
    tried(() => new TopicCatalog(fileSystem, '/d').read())
    tried(() => new PushedOffsetsFile(fileSystem, '/d'))
    tried(() => new Credentials(fileSystem, '/d'))
    tried(() => new AccessRules({ fileSystem, directory: '/d', superUsers: new Set(), isOpenWithoutRules: false }))
    tried(() => new QuotaTable(fileSystem, '/d'))
    if (Object.keys(Object.prototype).length > 0) throw new Error('a prototype was changed')
  },
}

function anyDocuments(): string[] {
  return fc.sample(fc.json({ maxDepth: 4 }), { numRuns: 20, seed: 1 })
}
