import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CorruptSegmentError, RefusedError, TemporaryError } from '../../src/base/errors.ts'
import { TOPICS_FILE, TOPICS_LOCK } from '../../src/storage/file-names.ts'
import { type CatalogTopic, TopicCatalog } from '../../src/storage/topic-catalog.ts'
import { anyCharacter, Scratch } from './scratch.ts'

const id = 'q1Sh-9_ISia_zwGINzRvyQ'
const topic: CatalogTopic = {
  id,
  partitionCount: 3,
  configs: new Map([['retention.ms', '-1']]),
  createdMs: 1_700_000_000_000,
}

function catalogOf(scratch: Scratch): TopicCatalog {
  return new TopicCatalog(scratch.fileSystem, scratch.directory)
}

function catalogWith(text: string | Uint8Array): TopicCatalog {
  const scratch = new Scratch()
  scratch.write(TOPICS_FILE, text)
  return catalogOf(scratch)
}

describe('TopicCatalog', () => {
  test('keeps what was put into it', () => {
    const scratch = new Scratch()
    expect(catalogOf(scratch).read()).toBeUndefined()
    const given = catalogOf(scratch).update((topics) => {
      topics.set('app-logs', topic)
      return 'done'
    }, 0)
    expect(given).toBe('done')
    expect(catalogOf(scratch).read()).toEqual(new Map([['app-logs', topic]]))
    expect(JSON.parse(scratch.text(TOPICS_FILE))).toEqual({
      version: 1,
      topics: {
        'app-logs': { id, partitions: 3, configs: { 'retention.ms': '-1' }, createdMs: 1_700_000_000_000 },
      },
    })
    expect(scratch.names()).toEqual([TOPICS_FILE, TOPICS_LOCK])
  })

  test('is made by an update that changes nothing, and then not written again', () => {
    const scratch = new Scratch()
    catalogOf(scratch).update(() => undefined, 0)
    expect(catalogOf(scratch).read()).toEqual(new Map())
    const { identity } = scratch.file(TOPICS_FILE)
    catalogOf(scratch).update(() => undefined, 0)
    expect(scratch.file(TOPICS_FILE).identity).toBe(identity)
  })

  test('stays as it was when a change fails', () => {
    const scratch = new Scratch()
    catalogOf(scratch).update((topics) => topics.set('a', topic), 0)
    const failing = (): void =>
      catalogOf(scratch).update((topics) => {
        topics.delete('a')
        throw new Error('no')
      }, 0)
    expect(failing).toThrow('no')
    expect([...(catalogOf(scratch).read() ?? [])]).toHaveLength(1)
    catalogOf(scratch).update((topics) => topics.delete('a'), 0)
    expect(catalogOf(scratch).read()).toEqual(new Map())
  })

  test('waits for its turn', () => {
    const scratch = new Scratch()
    const holder = scratch.file(TOPICS_LOCK)
    expect(holder.lock('exclusive', 0)).toBe(true)
    expect(() => catalogOf(scratch).update(() => undefined, 0)).toThrow(TemporaryError)
    holder.unlock()
    catalogOf(scratch).update(() => undefined, 0)
  })

  test('takes any topic name and any configuration, also those of a prototype', () => {
    const text = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'toString'),
      fc.string({ unit: anyCharacter, maxLength: 20 }),
    )
    const scratch = new Scratch()
    const name = fc.oneof(fc.constantFrom('__proto__', 'constructor'), fc.stringMatching(/^[a-zA-Z0-9_-]{1,249}$/))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text, text), { maxLength: 8 }), (list) => {
        const topics = new Map(list.map(([one, key, value]) => [one, { ...topic, configs: new Map([[key, value]]) }]))
        const refill = (all: Map<string, CatalogTopic>): void => {
          all.clear()
          topics.forEach((value, key) => all.set(key, value))
        }
        catalogOf(scratch).update(refill, 0)
        expect(catalogOf(scratch).read()).toEqual(topics)
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })

  test('of a newer version is refused, and not touched by an update', () => {
    const scratch = new Scratch()
    scratch.write(TOPICS_FILE, '{"version":2,"topics":[]}')
    expect(() => catalogOf(scratch).read()).toThrow(RefusedError)
    expect(() => catalogOf(scratch).update((topics) => topics.clear(), 0)).toThrow(RefusedError)
    expect(scratch.text(TOPICS_FILE)).toBe('{"version":2,"topics":[]}')
  })

  test.each([
    '',
    'null',
    '[]',
    '{}',
    '{"version":1}',
    '{"version":"1","topics":{}}',
    '{"version":1,"topics":[]}',
    '{"version":1,"topics":{"a":null}}',
    '{"version":1,"topics":{"../a":{"id":"q1Sh-9_ISia_zwGINzRvyQ","partitions":1,"configs":{},"createdMs":0}}}',
    '{"version":1,"topics":{"a":{"id":"short","partitions":1,"configs":{},"createdMs":0}}}',
    '{"version":1,"topics":{"a":{"id":"q1Sh-9_ISia_zwGINzRvyQ","partitions":0,"configs":{},"createdMs":0}}}',
    '{"version":1,"topics":{"a":{"id":"q1Sh-9_ISia_zwGINzRvyQ","partitions":1.5,"configs":{},"createdMs":0}}}',
    '{"version":1,"topics":{"a":{"id":"q1Sh-9_ISia_zwGINzRvyQ","partitions":1,"configs":{"x":1},"createdMs":0}}}',
    '{"version":1,"topics":{"a":{"id":"q1Sh-9_ISia_zwGINzRvyQ","partitions":1,"configs":{}}}}',
    '['.repeat(200_000),
  ])('is damaged as %.60j', (text) => {
    expect(() => catalogWith(text).read()).toThrow(CorruptSegmentError)
  })

  test('is damaged by bytes that are no UTF-8', () => {
    expect(() => catalogWith(Uint8Array.of(0x22, 0xff, 0x22)).read()).toThrow(CorruptSegmentError)
  })
})
