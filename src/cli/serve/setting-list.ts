import { brokerSettings } from '../../broker/broker-settings.ts'
import { replicateSettings } from './replicate-settings.ts'

/** What documentation says of a setting of `tslog serve`. */
export interface ListedSetting {
  readonly name: string
  /** Empty where it has none. */
  readonly defaultText: string
  readonly example: string
  readonly doc: string
  /** What is allowed, in words. */
  readonly range: () => string
}

const addresses = 'addresses with commas between'

/** Where it listens, and on what it works: read apart from the settings of the broker. */
const ownSettings: readonly ListedSetting[] = [
  {
    name: 'listeners',
    defaultText: '127.0.0.1:9092',
    example: 'PLAINTEXT://127.0.0.1:9092,SASL_SSL://0.0.0.0:9093',
    doc: 'Where it listens; a protocol may stand before each address, or a name that listener.security.protocol.map gives one.',
    range: () => addresses,
  },
  {
    name: 'listener.security.protocol.map',
    defaultText: '',
    example: 'INTERNAL:PLAINTEXT,EXTERNAL:SASL_SSL',
    doc: 'Protocols of listeners that have names.',
    range: () => 'pairs with commas between',
  },
  {
    name: 'controller.listener.names',
    defaultText: '',
    example: 'CONTROLLER',
    doc: 'Listeners that are left out: those of controllers of Kafka, whose file this may have been.',
    range: () => 'names with commas between',
  },
  {
    name: 'advertised.listeners',
    defaultText: '',
    example: 'broker.example.org:9092',
    doc: 'What clients are told to connect to; where they came in when there is none.',
    range: () => addresses,
  },
  {
    name: 'metrics.listener',
    defaultText: '',
    example: '127.0.0.1:9308',
    doc: 'Where /metrics (Prometheus), /healthz and /readyz are told over HTTP.',
    range: () => 'an address',
  },
  {
    name: 'log.dirs',
    defaultText: '',
    example: '/var/lib/tslog',
    doc: 'The log directory, when -d does not name it.',
    range: () => 'one directory',
  },
]

/** Every setting that the configuration file of a server may have; those of `replicate.` with NAME for any word. */
export function serveSettingList(): readonly ListedSetting[] {
  const replications = Object.values(replicateSettings).map((one) => ({ ...one, name: `replicate.NAME.${one.name}` }))
  return [...ownSettings, ...Object.values(brokerSettings), ...replications]
}
