import type { Clock } from '../../base/clock.ts'
import type { BrokerLog, LogFacts } from '../../broker/broker-log.ts'
import { visibleText } from '../format/visible-text.ts'
import { writeMessage } from '../standard-streams.ts'

export interface ServeLogOptions {
  readonly clock: Clock
  /** The file descriptor to write to. */
  readonly fd: number
  /** One JSON object a line, for machines. */
  readonly json: boolean
  /** Nothing but warnings and errors. */
  readonly quiet: boolean
}

/** One line an event: `2026-11-27T12:00:00.000Z INFO listening address=127.0.0.1:9092`. No fact can begin a line of its own. */
export function serveLog(options: ServeLogOptions): BrokerLog {
  const say = (level: string, event: string, facts: LogFacts = {}): void => {
    const time = new Date(options.clock.now()).toISOString()
    const line = options.json ? jsonLine({ time, level, event }, facts) : plainLine(`${time} ${level} ${event}`, facts)
    writeMessage(options.fd, `${line}\n`)
  }
  return {
    info: (event, facts) => {
      if (!options.quiet) say('INFO', event, facts)
    },
    warn: (event, facts) => say('WARN', event, facts),
    error: (event, facts) => say('ERROR', event, facts),
  }
}

function plainLine(head: string, facts: LogFacts): string {
  const told = Object.entries(facts).filter(([, value]) => value !== undefined)
  return [head, ...told.map(([name, value]) => `${name}=${plainValue(String(value))}`)].join(' ')
}

function plainValue(text: string): string {
  return /^[^\s"=\\\p{C}]+$/u.test(text) ? text : JSON.stringify(visibleText(text))
}

function jsonLine(head: LogFacts, facts: LogFacts): string {
  return JSON.stringify({ ...head, ...facts }, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}
