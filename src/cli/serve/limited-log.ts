import type { BrokerLog, LogFacts } from '../../broker/broker-log.ts'

/** So many warnings and errors of one event are told one by one in a window. */
const linesMax = 10

/** In ms. */
const windowMs = 10_000

interface Window {
  told: number
  leftOut: number
}

/**
 * Tells the first few warnings and errors of each event in ten seconds, and at the end of these how many more there were: a client that comes again and
 * again, or a disk that fails, fills no other disk with lines.
 */
export function limitedLog(log: BrokerLog): BrokerLog {
  const windows = new Map<string, Window>()
  const limited =
    (tell: BrokerLog['warn']): BrokerLog['warn'] =>
    (event, facts) => {
      const window = windows.get(event) ?? begin(event, tell)
      if (window.told < linesMax) {
        window.told++
        tell(event, facts)
      } else window.leftOut++
    }
  const begin = (event: string, tell: (event: string, facts: LogFacts) => void): Window => {
    const window = { told: 0, leftOut: 0 }
    windows.set(event, window)
    const end = (): void => {
      windows.delete(event)
      if (window.leftOut > 0) tell(event, { more: window.leftOut, seconds: windowMs / 1_000 })
    }
    setTimeout(end, windowMs).unref()
    return window
  }
  return { info: log.info, warn: limited(log.warn), error: limited(log.error) }
}
