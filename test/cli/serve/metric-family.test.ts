import fc from 'fast-check'
import { expect, test } from 'vitest'
import { metricText } from '../../../src/cli/serve/metric-family.ts'
import { faultsOfMetrics, parseMetrics } from '../../support/prometheus-text.ts'

const ignore = (): void => undefined

test('label values of whatever clients call their topics come out as they are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary', size: 'max', maxLength: 40 }), { maxLength: 4 }),
      async (names) => {
        const samples = names.map((topic, at) => [{ topic, at }, at] as const)
        const text = await metricText(
          [{ kind: 'gauge', name: 'n', help: 'What it is.', samples: () => samples }],
          ignore,
        )
        expect(parseMetrics(text).samples).toEqual(
          names.map((topic, at) => ({ name: 'n', labels: { topic, at: String(at) }, value: String(at) })),
        )
      },
    ),
    { numRuns: 100 },
  )
})

test('a family is its help, its type and its values', async () => {
  const text = await metricText(
    [
      { kind: 'counter', name: 'a_total', help: 'Of two\nlines and a \\.', samples: () => [[{}, 3]] },
      { kind: 'gauge', name: 'b', help: 'None.', samples: () => [] },
      {
        kind: 'histogram',
        name: 'c',
        help: 'Times.',
        samples: () => [
          [{ le: '+Inf' }, 1, '_bucket'],
          [{}, Infinity, '_sum'],
          [{}, 1, '_count'],
        ],
      },
    ],
    ignore,
  )
  expect(text).toBe(`# HELP a_total Of two\\nlines and a \\\\.
# TYPE a_total counter
a_total 3
# HELP b None.
# TYPE b gauge
# HELP c Times.
# TYPE c histogram
c_bucket{le="+Inf"} 1
c_sum +Inf
c_count 1
`)
  expect(faultsOfMetrics(text)).toEqual([])
})

test('a family that cannot be read takes nothing from the others', async () => {
  const failed: string[] = []
  const broken = (): never => {
    throw new Error('no')
  }
  const families = [
    { kind: 'gauge', name: 'a', help: 'A.', samples: broken },
    { kind: 'gauge', name: 'b', help: 'B.', samples: () => Promise.resolve([[{}, 1]] as const) },
  ] as const
  expect(parseMetrics(await metricText(families, (name) => failed.push(name))).samples).toHaveLength(1)
  expect(failed).toEqual(['a'])
})
