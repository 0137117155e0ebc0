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
