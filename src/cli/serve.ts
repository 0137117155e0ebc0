import { Broker } from '../broker/broker.ts'
import { BrokerCounters } from '../broker/broker-counters.ts'
import type { BrokerLog } from '../broker/broker-log.ts'
import { brokerConfigOf } from '../broker/broker-settings.ts'
import type { LogDirectoryOptions } from '../storage/log-directory.ts'
import { addressName, type DialAddress } from '../network/dial.ts'
import { HttpEndpoint } from '../network/http-endpoint.ts'
import type { OptionsOf } from './command-spec.ts'
import type { CliContext } from './context.ts'
import { wholeDirectoryOptions } from './open-store.ts'
import { EphemeralDirectory } from './serve/ephemeral-directory.ts'
import { runChild } from './serve/exec-child.ts'
import { KeptReplications } from './serve/kept-replications.ts'
import { LimitedLog } from './serve/limited-log.ts'
import { Maintenance } from './serve/maintenance.ts'
import { maintainedLog } from './serve/maintained-log.ts'
import { ownLogs } from './serve/own-logs.ts'
import { PeerSessions } from './serve/peer-sessions.ts'
import { serveLog } from './serve/serve-log.ts'
import { type Reloading, reload } from './serve/reload.ts'
import { type ServeSettings, serveSettings } from './serve/serve-settings.ts'
import { tellServiceManager } from './serve/service-notice.ts'
import { watchPages } from './serve/watch-pages.ts'
import { exitCodeOfSignal, SignalWatch, type StopSignal } from './signals.ts'
import type { serveSpec } from './specs/serve.ts'
import { writeText } from './standard-streams.ts'

export type ServeOptions = OptionsOf<typeof serveSpec>

/** Serves a log directory until a signal asks it to stop, or the command that it is for has ended. */
export async function serve(options: ServeOptions, context: CliContext): Promise<number> {
  if (!options.ephemeral) return new Serving(options, context).run()
  using directory = new EphemeralDirectory()
  const listen = options.listen.length > 0 ? options.listen : ['127.0.0.1:0']
  return await new Serving({ ...options, listen, dir: directory.path }, context).run()
}

/** What can be watched of a run. */
interface WatchedParts {
  readonly broker: Broker
  readonly replications: KeptReplications
  readonly maintenance: Maintenance
}

/** The broker answers nobody while it waits for another process, which holds a partition for a fraction of a millisecond; it tries again later. */
const lockWaitMs = 20

/** One run of the broker, from its settings to its end. */
class Serving {
  readonly #options: ServeOptions
  readonly #context: CliContext
  readonly #log: BrokerLog
  readonly #counters = new BrokerCounters()

  constructor(options: ServeOptions, context: CliContext) {
    this.#options = options
    this.#context = context
    const { json, quiet, exec } = options
    // Beside a command only what is wrong is said.
    this.#log = new LimitedLog(
      serveLog({ clock: context.clock, fd: context.stderr, json, quiet: quiet || exec !== undefined }),
    )
  }

  async run(): Promise<number> {
    const settings = this.#settings()
    using signals = new SignalWatch({ ignored: new Set(['SIGHUP']) })
    const directory = await this.#directory(settings)
    const replicating = {
      context: this.#context,
      log: this.#log,
      directory,
      followersDirectory: () => broker.followersDirectory(),
    }
    const peers = new PeerSessions(replicating)
    const replications = new KeptReplications({ ...replicating, ownLog: (partition) => ownLogs(broker)(partition) })
    const broker: Broker = this.#open(settings, directory, peers)
    const maintenance = new Maintenance(maintainedLog(broker), settings.settings, {
      report: this.#log,
      elapsedMs: () => performance.now(),
    })
    const readAgain = (): void => void this.#reload({ broker, replications, atStart: settings })
    const tellStatus = (): void => this.#tellStatus()
    process.on('SIGHUP', readAgain)
    process.on('SIGUSR1', tellStatus)
    let watching: HttpEndpoint | undefined
    try {
      const bound = await broker.listen(settings.listeners)
      watching = await this.#watch({ broker, replications, maintenance }, settings.metricsAddress)
      maintenance.start()
      await replications.apply(settings.replications)
      tellServiceManager('READY=1', this.#context.environment)
      return await this.#untilEnd(bound, signals)
    } finally {
      tellServiceManager('STOPPING=1', this.#context.environment)
      process.off('SIGHUP', readAgain)
      process.off('SIGUSR1', tellStatus)
      await maintenance.stop()
      watching?.close()
      await Promise.all([peers.stop(), replications.stop()])
      await broker.stop()
    }
  }

  #settings(): ServeSettings {
    const settings = serveSettings(this.#options)
    const { ignored, ofTopics } = settings
    if (ignored.length > 0) this.#log.warn('settings without meaning here', { names: ignored.join(',') })
    if (ofTopics.length > 0) {
      const hint = 'tslog topics alter TOPIC --config'
      this.#log.warn('settings not taken: each topic has its own', { names: ofTopics.join(','), hint })
    }
    return settings
  }

  async #directory({ directory }: ServeSettings): Promise<LogDirectoryOptions> {
    const dir = this.#options.dir ?? directory
    return {
      ...(await wholeDirectoryOptions({ ...this.#options, dir }, this.#context)),
      lockWaitMs,
      onWarning: (reason: string) => this.#log.warn('recovery', { reason }),
    }
  }

  #open({ settings, security }: ServeSettings, directory: LogDirectoryOptions, peers: PeerSessions): Broker {
    const { clock, random } = this.#context
    return Broker.open({
      directory,
      config: brokerConfigOf(settings),
      clock,
      random,
      elapsedMs: () => performance.now(),
      log: this.#log,
      security,
      metrics: this.#counters,
      peers,
    })
  }

  async #watch(
    { broker, replications, maintenance }: WatchedParts,
    address: DialAddress | undefined,
  ): Promise<HttpEndpoint | undefined> {
    if (address?.kind !== 'tcp') return undefined
    const endpoint = await HttpEndpoint.open(
      address,
      watchPages({
        broker,
        counters: this.#counters,
        replications: () => replications.all,
        maintenanceJobs: maintenance.jobs,
      }),
    )
    this.#log.info('metrics', { address: addressName({ ...address, port: endpoint.port }) })
    return endpoint
  }

  /** One line for SIGUSR1: what clients have moved since the start. */
  #tellStatus(): void {
    const { openConnections: connections, topics } = this.#counters
    const moved = { recordsIn: 0, bytesIn: 0, bytesOut: 0 }
    for (const { recordsIn, bytesIn, bytesOut } of topics.values()) {
      moved.recordsIn += recordsIn
      moved.bytesIn += bytesIn
      moved.bytesOut += bytesOut
    }
    this.#log.info('status', { connections, ...moved })
  }

  async #reload(served: Pick<Reloading, 'broker' | 'replications' | 'atStart'>): Promise<void> {
    tellServiceManager('RELOADING=1', this.#context.environment)
    await reload({ ...served, read: () => this.#settings(), log: this.#log })
    tellServiceManager('READY=1', this.#context.environment)
  }

  async #untilEnd(bound: readonly DialAddress[], signals: SignalWatch): Promise<number> {
    const { exec } = this.#options
    const { environment, stdout } = this.#context
    const addresses = bound.map(addressName)
    if (exec !== undefined) {
      const child = { ...environment, TSLOG_BROKERS: addresses.join(','), TSLOG_DIR: undefined }
      return runChild(exec, { environment: child, stop: signals.stop })
    }
    for (const address of addresses) writeText(stdout, `${address}\n`)
    return exitCodeOfSignal[await stopSignal(signals)]
  }
}

function stopSignal(signals: SignalWatch): Promise<StopSignal> {
  return new Promise((resolve) => {
    const stopped = (): void => resolve(signals.pending() ?? 'SIGTERM')
    if (signals.pending() === undefined) signals.stop.addEventListener('abort', stopped)
    else stopped()
  })
}
