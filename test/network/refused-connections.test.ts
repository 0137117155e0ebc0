import { expect, test, vi } from 'vitest'
import type { ByteStream } from '../../src/network/byte-stream.ts'
import { RefusedConnections } from '../../src/network/refused-connections.ts'

/** A connection of which only the end counts. */
function connection(): { readonly stream: ByteStream; readonly isOpen: () => boolean } {
  let isOpen = true
  const nothing = (): void => undefined
  const stream: ByteStream = {
    peer: 'client',
    queuedBytes: 0,
    start: nothing,
    send: nothing,
    pause: nothing,
    resume: nothing,
    drained: () => Promise.resolve(),
    close: () => void (isOpen = false),
  }
  return { stream, isOpen: () => isOpen }
}

test('connections that came too soon are closed when their time is over, and at once beyond a thousand', () => {
  vi.useFakeTimers()
  try {
    const refused = new RefusedConnections()
    const came = Array.from({ length: 1200 }, connection)
    for (const [i, { stream }] of came.entries()) refused.keep(stream, i < 600 ? 100 : 200)
    const open = (): number => came.filter(({ isOpen }) => isOpen()).length
    expect(open()).toBe(1000)
    vi.advanceTimersByTime(100)
    expect([open(), refused.count]).toEqual([400, 400])
    refused.close()
    expect([open(), refused.count, vi.getTimerCount()]).toEqual([0, 0, 0])
  } finally {
    vi.useRealTimers()
  }
})
