import { pino } from 'pino'
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

/** One line an event: `2026-11-27T12:00:00.000Z INFO listening address=127.0.0.1:9092`, or the same as JSON. */
export function serveLog({ clock, fd, json, quiet }: ServeLogOptions): BrokerLog {
  const logger = pino(
    {
      base: null,
      level: quiet ? 'warn' : 'info',
      messageKey: 'event',
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label.toUpperCase() }) },
    },
    { write: (line: string) => writeMessage(fd, json ? line : `${plainLine(line)}\n`) },
  )
  return {
    info: (event, facts) => logger.info(written(facts), event),
    warn: (event, facts) => logger.warn(written(facts), event),
    error: (event, facts) => logger.error(written(facts), event),
  }
}

/** Offsets are beyond what JSON's readers take for a number. */
function written(facts: LogFacts = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )
}

/** The same line for people. No fact can begin a line of its own. */
function plainLine(line: string): string {
  const { time, level, event, ...facts } = JSON.parse(line) as Record<string, unknown>
  const told = Object.entries(facts).map(([name, value]) => `${name}=${plainValue(String(value))}`)
  return [time, level, event, ...told].join(' ')
}

function plainValue(text: string): string {
  return /^[^\s"=\\\p{C}]+$/u.test(text) ? text : JSON.stringify(visibleText(text))
}
