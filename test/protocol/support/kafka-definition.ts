import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { projectRoot } from '../../support/source-files.ts'

/** Kafka's own message definitions: beside the repository, or where TSLOG_KAFKA_MESSAGES says. */
const home = process.env['TSLOG_KAFKA_MESSAGES'] ?? path.join(projectRoot, '..', 'shared', 'kafka-messages')
const folder = path.join(home, 'wire')

/** One field as Kafka's definition says it. */
export interface FieldDefinition {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly tag?: number
  readonly taggedVersions?: string
  readonly default?: string | number
  readonly fields?: readonly FieldDefinition[]
}

/** One message as Kafka's definition says it. */
export interface MessageDefinition {
  readonly apiKey: number
  readonly name: string
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly FieldDefinition[]
  readonly commonStructs?: readonly FieldDefinition[]
}

/** Why there is nothing to compare with, or undefined. Told on stderr. */
export function definitionsMissing(): string | undefined {
  if (existsSync(folder)) return undefined
  process.stderr.write(`SKIPPED: comparison with Kafka's message definitions, which are not at ${folder}\n`)
  return folder
}

/** Reads one, such as `FetchRequest`; its comments take whole lines or the ends of lines. */
export function messageDefinition(name: string): MessageDefinition {
  const text = readFileSync(path.join(folder, `${name}.json`), 'utf8')
  return JSON.parse(text.replaceAll(/^\s*\/\/.*$|\s\/\/[^"\n]*$/gm, '')) as MessageDefinition
}

/** A range of versions, such as `3+`, `0-12`, `4` or `none`, inclusive. */
export function versionsIn(range: string): { first: number; last: number } {
  if (range === 'none') return { first: Infinity, last: -Infinity }
  const [first = '', last = first.endsWith('+') ? 'Infinity' : first] = range.split('-')
  return { first: Number.parseInt(first, 10), last: Number(last) }
}
