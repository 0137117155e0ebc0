import { type BrokerSettings, readBrokerSettings } from '../../broker/broker-settings.ts'
import type { ListenerConfig } from '../../broker/broker.ts'
import { NotFoundError, UsageError } from '../../base/errors.ts'
import type { FileSystem } from '../../disk/file-system.ts'
import type { DialAddress } from '../../network/dial.ts'
import { parseJavaProperties } from '../../storage/java-properties.ts'
import { quoted } from '../format/visible-text.ts'
import { locationFiles } from '../location-files.ts'
import { parseListenAddresses } from '../values/listen-address.ts'

/** What the command line says of a broker's settings. */
export interface SettingsOptions {
  readonly configFile: string | undefined
  readonly override: readonly string[]
  readonly listen: readonly string[]
  readonly advertisedListener: string | undefined
  readonly flushPolicy: 'sync' | 'os' | undefined
  readonly partitions: number | undefined
  readonly autoCreate: boolean
  readonly groupInitialRebalanceDelayMs: number | undefined
  readonly metricsListen: string | undefined
}

/** How a server is to run. */
export interface ServeSettings {
  readonly settings: BrokerSettings
  readonly listeners: readonly ListenerConfig[]
  /** Where `/metrics` and `/healthz` are told, if anywhere. */
  readonly metricsAddress: DialAddress | undefined
  /** The log directory that the file names. */
  readonly directory: string | undefined
  /** Settings of Kafka that have no meaning here. */
  readonly ignored: readonly string[]
}

const defaultAddress = '127.0.0.1:9092'

/**
 * Flag beats `--override` beats file beats default. Throws `UsageError` naming the flag, or the file and its setting; `NotFoundError` when the file
 * is not there.
 */
export function serveSettings(options: SettingsOptions, fileSystem: FileSystem): ServeSettings {
  const texts = new Map([...fileTexts(options.configFile, fileSystem), ...overrides(options.override)])
  const take = (key: string): string | undefined => {
    const text = texts.get(key)
    texts.delete(key)
    return text === '' ? undefined : text
  }
  const [listeners, advertised, metrics] = ['listeners', 'advertised.listeners', 'metrics.listener'].map(take)
  const [directories, directory] = ['log.dirs', 'log.dir'].map(take)
  for (const [key, text] of flagTexts(options)) texts.set(key, text)
  const metricsText = options.metricsListen ?? metrics
  return {
    ...readBrokerSettings(texts, options.configFile ?? '--override'),
    directory: directories ?? directory,
    listeners: listenersOf(
      options.listen.length > 0 ? options.listen.join(',') : (listeners ?? defaultAddress),
      options.advertisedListener ?? advertised,
    ),
    metricsAddress: metricsText === undefined ? undefined : oneAddress(metricsText, '--metrics-listen'),
  }
}

function fileTexts(path: string | undefined, fileSystem: FileSystem): ReadonlyMap<string, string> {
  if (path === undefined) return new Map()
  const text = locationFiles(fileSystem).readText(path)
  if (text !== undefined) return parseJavaProperties(text)
  throw new NotFoundError(`--config-file: ${path} cannot be read`, {
    hint: 'it is a text file with lines such as num.partitions=6',
  })
}

function overrides(words: readonly string[]): [string, string][] {
  return words.map((word) => {
    const split = word.indexOf('=')
    if (split > 0) return [word.slice(0, split).trim(), word.slice(split + 1).trim()]
    throw new UsageError(`--override: ${quoted(word)} is not KEY=VALUE`, {
      hint: 'such as --override num.partitions=6',
    })
  })
}

function flagTexts(options: SettingsOptions): [string, string][] {
  const { flushPolicy, partitions, autoCreate, groupInitialRebalanceDelayMs: delayMs } = options
  const texts: [string, string][] = []
  if (flushPolicy !== undefined) texts.push(['flush.policy', flushPolicy])
  if (partitions !== undefined) texts.push(['num.partitions', String(partitions)])
  if (delayMs !== undefined) texts.push(['group.initial.rebalance.delay.ms', String(delayMs)])
  if (!autoCreate) texts.push(['auto.create.topics.enable', 'false'])
  return texts
}

function listenersOf(text: string, advertisedText: string | undefined): ListenerConfig[] {
  const advertised = advertisedText === undefined ? undefined : oneAddress(advertisedText, '--advertised-listener')
  return parseListenAddresses(text, '--listen').map((one) => {
    const address: DialAddress = { kind: 'tcp', ...one }
    return advertised?.kind === 'tcp' ? { address, advertised } : { address }
  })
}

function oneAddress(text: string, flag: string): DialAddress {
  const [address, ...others] = parseListenAddresses(text, flag)
  if (address !== undefined && others.length === 0) return { kind: 'tcp', ...address }
  throw new UsageError(`${flag}: ${quoted(text)} is not one address`, { hint: `such as ${flag} 127.0.0.1:9092` })
}
