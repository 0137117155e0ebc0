import { type BrokerSettings, readBrokerSettings } from '../../broker/broker-settings.ts'
import type { ListenerConfig } from '../../broker/broker.ts'
import type { BrokerSecurity } from '../../broker/security/broker-security.ts'
import { UsageError } from '../../base/errors.ts'
import type { DialAddress } from '../../network/dial.ts'
import { parseJavaProperties } from '../../storage/java-properties.ts'
import { quoted } from '../format/visible-text.ts'
import { isSecretKey } from '../location.ts'
import { readSmall } from '../small-file.ts'
import { type ListenerNames, parseListenAddresses } from '../values/listen-address.ts'
import { type ReplicateEntry, takeReplicateEntries } from './replicate-settings.ts'
import { securityOf } from './security-settings.ts'

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
  readonly security: BrokerSecurity
  /** Where `/metrics` and `/healthz` are told, if anywhere. */
  readonly metricsAddress: DialAddress | undefined
  /** The log directory that the file names. */
  readonly directory: string | undefined
  /** What is copied while it runs. */
  readonly replications: readonly ReplicateEntry[]
  /** Settings of Kafka that have no meaning here. */
  readonly ignored: readonly string[]
  /** Settings of Kafka that topics have for themselves here. */
  readonly ofTopics: readonly string[]
}

const defaultAddress = '127.0.0.1:9092'

/**
 * Flag beats `--override` beats file beats default. Throws `UsageError` naming the flag, or the file and its setting; `NotFoundError` when the file
 * is not there.
 */
export function serveSettings(options: SettingsOptions): ServeSettings {
  const texts = new Map([...fileTexts(options.configFile), ...overrides(options.override)])
  const take = (key: string): string | undefined => {
    const text = texts.get(key)
    texts.delete(key)
    return text === '' ? undefined : text
  }
  const [listeners, advertised, metrics] = ['listeners', 'advertised.listeners', 'metrics.listener'].map(take)
  const names = listenerNames(take('listener.security.protocol.map'), take('controller.listener.names'))
  const [directories, directory] = ['log.dirs', 'log.dir'].map(take)
  for (const [key, text] of flagTexts(options)) texts.set(key, text)
  const metricsText = options.metricsListen ?? metrics
  const where = options.configFile ?? '--override'
  const replications = takeReplicateEntries(texts, where)
  const read = readBrokerSettings(texts, where)
  const listening = listenersOf(
    options.listen.length > 0 ? options.listen.join(',') : (listeners ?? defaultAddress),
    options.advertisedListener ?? advertised,
    names,
  )
  if (listening.length === 0) {
    throw new UsageError(`${where}: listeners has none for clients`, { hint: 'such as listeners=PLAINTEXT://:9092' })
  }
  return {
    ...read,
    replications,
    directory: directories ?? directory,
    listeners: listening,
    security: securityOf(read.settings, listening),
    metricsAddress: metricsText === undefined ? undefined : oneAddress(metricsText, '--metrics-listen'),
  }
}

function fileTexts(path: string | undefined): ReadonlyMap<string, string> {
  return path === undefined ? new Map() : parseJavaProperties(readSmall(path, '--config-file'))
}

function overrides(words: readonly string[]): [string, string][] {
  return words.map((word) => {
    const split = word.indexOf('=')
    const key = word.slice(0, Math.max(split, 0)).trim()
    if (isSecretKey(key)) {
      throw new UsageError(`--override: ${key} is a secret, and everybody sees a command line`, {
        hint: 'put it into a file that is yours alone, and name that with --config-file',
      })
    }
    if (split > 0) return [key, word.slice(split + 1).trim()]
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

function listenerNames(protocols = '', controllers = ''): ListenerNames {
  const pairs = protocols.split(',').map((pair) => pair.split(':').map((word) => word.trim().toUpperCase()))
  return {
    protocols: new Map(pairs.map(([name = '', protocol = '']) => [name, protocol])),
    controllers: new Set(controllers.split(',').map((name) => name.trim().toUpperCase())),
  }
}

/** Each is advertised by its name; one address alone, with a name that none has, is for all. */
function listenersOf(text: string, advertisedText: string | undefined, names: ListenerNames): ListenerConfig[] {
  const advertised =
    advertisedText === undefined ? [] : parseListenAddresses(advertisedText, '--advertised-listener', names)
  const listening = parseListenAddresses(text, '--listen', names)
  const isNamed = listening.some(({ name }) => name === advertised[0]?.name)
  return listening.map(({ name, protocol, host, port }) => {
    const own = isNamed || advertised.length > 1 ? advertised.find((one) => one.name === name) : advertised[0]
    const address: DialAddress = { kind: 'tcp', host, port }
    return own === undefined
      ? { address, protocol }
      : { address, protocol, advertised: { host: own.host, port: own.port } }
  })
}

function oneAddress(text: string, flag: string): DialAddress {
  const [address, ...others] = parseListenAddresses(text, flag)
  if (address !== undefined && others.length === 0) return { kind: 'tcp', host: address.host, port: address.port }
  throw new UsageError(`${flag}: ${quoted(text)} is not one address`, { hint: `such as ${flag} 127.0.0.1:9092` })
}
