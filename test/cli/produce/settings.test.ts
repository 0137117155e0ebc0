import { expect, test } from 'vitest'
import { optionsOf } from '../../../src/cli/options-of.ts'
import { produceSettings } from '../../../src/cli/produce/settings.ts'
import { produceSpec } from '../../../src/cli/specs/produce.ts'

test.each(['__consumer_offsets', '__transaction_state', '__share_group_state'])(
  'nothing is produced to %s, at rest as little as to a broker',
  (topic) => {
    const options = optionsOf(produceSpec, { operands: [topic], flags: {} })
    expect(() => produceSettings(options, 0)).toThrow(`${topic} is the log's own`)
  },
)

test.each([
  { flag: '-k', flags: { key: 'a\ufffd' } },
  { flag: '-H', flags: { header: ['a=\ufffd'] } },
])('$flag with bytes that did not reach us as they were typed is refused', ({ flag, flags }) => {
  const options = optionsOf(produceSpec, { operands: ['t'], flags })
  expect(() => produceSettings(options, 0)).toThrow(`${flag} has bytes that are not UTF-8`)
})
