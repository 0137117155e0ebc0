import { Broker, type ListenerConfig } from '../broker/broker.ts'
import { type BrokerConfig, defaultBrokerConfig } from '../broker/broker-config.ts'
import { addressName, type DialAddress } from '../network/dial.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { wholeDirectoryOptions } from './open-store.ts'
import { serveLog } from './serve/serve-log.ts'
import { exitCodeOfSignal, SignalWatch, type StopSignal } from './signals.ts'
import type { serveSpec } from './specs/serve.ts'
import { writeText } from './standard-streams.ts'
import { parseListenAddresses } from './values/listen-address.ts'

export type ServeOptions = OptionsOf<typeof serveSpec>

/** Serves a log directory until a signal asks it to stop. */
export async function serve(options: ServeOptions, context: CliContext): Promise<number> {
  const listeners = listenersOf(options)
  const log = serveLog({ clock: context.clock, fd: context.stderr, json: options.json, quiet: options.quiet })
  const directory = {
    ...(await wholeDirectoryOptions(options, context)),
    lockWaitMs,
    onWarning: (reason: string) => log.warn('recovery', { reason }),
  }
  using signals = new SignalWatch({ ignored: new Set(['SIGHUP']) })
  const broker = Broker.open({
    directory,
    config: configOf(options),
    clock: context.clock,
    random: context.random,
    elapsedMs: () => performance.now(),
    log,
  })
  try {
    const bound = await broker.listen(listeners)
    for (const address of bound) writeText(context.stdout, `${addressName(address)}\n`)
    return exitCodeOfSignal[await stopSignal(signals)]
  } finally {
    await broker.stop()
  }
}

/** The broker answers nobody while it waits for another process, which holds a partition for a fraction of a millisecond; it tries again later. */
const lockWaitMs = 20

const defaultAddress = '127.0.0.1:9092'

function listenersOf({ listen, advertisedListener }: ServeOptions): ListenerConfig[] {
  const [advertised] =
    advertisedListener === undefined ? [] : parseListenAddresses(advertisedListener, '--advertised-listener')
  const texts = listen.length === 0 ? [defaultAddress] : listen
  return texts
    .flatMap((text) => parseListenAddresses(text, '--listen'))
    .map((one) => {
      const address: DialAddress = { kind: 'tcp', ...one }
      return advertised === undefined ? { address } : { address, advertised }
    })
}

function configOf(options: ServeOptions): BrokerConfig {
  const { flushPolicy, partitions, autoCreate, groupInitialRebalanceDelayMs: initialRebalanceDelayMs } = options
  return {
    ...defaultBrokerConfig,
    flushPolicy,
    numPartitions: partitions,
    autoCreateTopics: autoCreate,
    groups: { ...defaultBrokerConfig.groups, initialRebalanceDelayMs },
  }
}

function stopSignal(signals: SignalWatch): Promise<StopSignal> {
  return new Promise((resolve) => {
    const stopped = (): void => resolve(signals.pending() ?? 'SIGTERM')
    if (signals.pending() === undefined) signals.stop.addEventListener('abort', stopped)
    else stopped()
  })
}
