/** Facts of an event, by name. */
export type LogFacts = Readonly<Record<string, string | number | bigint | boolean | undefined>>

/** Where the broker says what happens: one event, one line. */
export interface BrokerLog {
  info(event: string, facts?: LogFacts): void
  warn(event: string, facts?: LogFacts): void
  error(event: string, facts?: LogFacts): void
}
