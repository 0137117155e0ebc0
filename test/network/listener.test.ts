import { expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { cannotListen } from '../../src/network/listener.ts'

test.each(['ENOTFOUND', 'ENOENT', 'EADDRNOTAVAIL'])(
  'an address of no machine, or of another one, is told as such (%s)',
  (code) => {
    const error = cannotListen(
      { kind: 'tcp', host: 'x', port: 9308 },
      Object.assign(new Error(code), { code }),
      '--metrics-listen',
    )
    expect(error).toBeInstanceOf(UsageError)
    expect(error.message).toBe('x:9308 is no address of this machine')
  },
)
