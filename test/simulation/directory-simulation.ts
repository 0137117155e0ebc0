import { offset } from '../../src/base/brands.ts'
import { CorruptSegmentError, DiskError, LockedError, ServedError, TemporaryError } from '../../src/base/errors.ts'
import type { Random } from '../../src/base/random.ts'
import { seededRandom } from '../../src/base/random.ts'
import type { CrashOptions } from '../../src/disk/crash-model.ts'
import { Dice } from '../../src/disk/dice.ts'
import type { OpenFile } from '../../src/disk/file-system.ts'
import { GoneError } from '../../src/disk/memory-disk.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { plainBatchWindow } from '../../src/record/batch-window.ts'
import type { Durability } from '../../src/storage/appended.ts'
import { createCleanerKernel } from '../../src/storage/kernel/cleaner-kernel.ts'
import { cleanPartition } from '../../src/storage/log-cleaner.ts'
import { LogDirectory, type LogDirectoryOptions } from '../../src/storage/log-directory.ts'
import type { PartitionLog } from '../../src/storage/partition-log.ts'
import type { PartitionReader } from '../../src/storage/partition-reader.ts'
import { loadProducerState } from '../../src/storage/producer-loading.ts'
import { RetentionPlanner } from '../../src/storage/retention.ts'
import { applyRetention } from '../../src/storage/retention-run.ts'
import { takeServeLock } from '../../src/storage/serve-lock.ts'
import { batch, T0 } from '../support/batches.ts'
import { recordsOf } from '../storage/partition-scene.ts'
import { VerifyScene } from '../storage/verify/verify-scene.ts'
import { withProducer } from '../storage/sequenced-batches.ts'
import { type FoundLog, LogPromises, type ToldRecord } from './log-promises.ts'
import { Strikes } from './strikes.ts'

/** What happened in a run, so that a sweep can tell that everything did at least once. */
export interface DirectoryFacts {
  appends: number
  syncs: number
  /** Batches of idempotent producers that a server committed, and those that it had already when they were sent again. */
  commits: number
  retries: number
  /** Appends that were refused because a server had the partition. */
  served: number
  kills: number
  faults: number
  powerCuts: number
  trims: number
  deletedSegments: number
  /** Segments that were sealed because all of the log went. */
  retentionRolls: number
  budgets: number
  compactions: number
  waits: number
  cuts: number
  /** Compactions that ended at damage. */
  damages: number
  tailReads: number
}

const partition = { topic: 't', partition: 0 }
const steps = 80
const all: readonly Durability[] = ['now', 'later', 'never']
const server = 'server'
const keeper = 'keeper'
const segmentMsMax = '9223372036854775807'
const policies = ['delete', 'compact', 'compact,delete'] as const
const kernel = createCleanerKernel({ mapBytes: 16 * 1024, secret: new Uint8Array(16) })

/** A process with the directory open. */
interface Process {
  readonly directory: LogDirectory
  /** Appended, not durable before the next sync. */
  readonly waiting: ToldRecord[]
  lock?: OpenFile
}

/** A client of the server: it sends a batch again until it has an answer. */
interface Client {
  readonly producerId: bigint
  sequence: number
  underWay: string | undefined
  last: { readonly value: string; readonly at: bigint; readonly baseSequence: number } | undefined
}

/**
 * A directory with one partition, in which processes append, a server comes and goes, and another process makes room: retention, a budget, compaction,
 * trims. All is driven by the dice of one seed; processes are killed at any operation, writes fail half-way, the power goes. Throws at
 * the first promise that is broken.
 */
export class DirectorySimulation {
  readonly facts: DirectoryFacts = {
    appends: 0,
    syncs: 0,
    commits: 0,
    retries: 0,
    served: 0,
    kills: 0,
    faults: 0,
    powerCuts: 0,
    trims: 0,
    deletedSegments: 0,
    retentionRolls: 0,
    budgets: 0,
    compactions: 0,
    waits: 0,
    cuts: 0,
    damages: 0,
    tailReads: 0,
  }
  readonly #random: Random
  readonly #dice: Dice
  readonly #fileSystem: MemoryFileSystem
  readonly #strikes: Strikes
  readonly #promises = new LogPromises()
  readonly #processes = new Map<string, Process>()
  /** By name, each with what it asks for: who waits for the disk makes durable what it rolled away from. */
  readonly #writers: ReadonlyMap<string, { readonly durabilities: readonly Durability[] }>
  readonly #clients: readonly Client[]
  readonly #policy: (typeof policies)[number]
  readonly #personality: CrashOptions['personality'] | undefined
  /** Ends the wait for a process that will never answer. */
  #onGone: (error: GoneError, struck: string | undefined) => void = () => undefined
  readonly #keyCount: number
  /** Nobody waits for the disk: only what a power cut left was ever durable. */
  readonly #isLazy: boolean
  #now = T0
  #serial = 0
  /** A power cut left a hole in what nobody had synced: told, and left for a repair. */
  #isDamaged = false
  #isPowerGone = false
  #tail: PartitionReader | undefined
  #tailLast = -1n

  /** `triesInWait`: how often a process looks again for the end of a write that another one may be in the midst of. */
  constructor(seed: number, triesInWait = 20) {
    this.#random = seededRandom(seed)
    this.#random.fill(new Uint8Array(64))
    const dice = new Dice(this.#random)
    this.#dice = dice
    this.#fileSystem = new MemoryFileSystem({ clock: { now: () => this.#now }, triesInWait })
    this.#isLazy = dice.oneIn(3)
    const durabilities = (): readonly Durability[] => {
      if (this.#isLazy) return ['never']
      return dice.oneIn(3) ? all : [all[dice.below(3)] ?? 'now']
    }
    const names = Array.from({ length: 1 + dice.below(3) }, (_, i) => `w${i}`)
    this.#writers = new Map(names.map((name) => [name, { durabilities: durabilities() }]))
    this.#clients = [1n, 2n].map((producerId) => ({ producerId, sequence: 0, underWay: undefined, last: undefined }))
    this.#keyCount = [3, 15, 60][dice.below(3)] ?? 3
    this.#policy = policies[dice.below(3)] ?? 'delete'
    this.#promises.isCompacted = this.#policy !== 'delete'
    this.#personality = ([undefined, 'lose-unsynced', 'ext4-ordered', 'posix-adversary'] as const)[dice.below(4)]
    this.#createTopic()
    this.#strikes = new Strikes(this.#fileSystem, {
      dice,
      kinds: this.#personality === undefined ? ['kill', 'fault'] : ['kill', 'power', 'fault', 'power'],
      onStrike: (kind, process) => {
        if (kind === 'fault') this.facts.faults++
        if (kind === 'power') this.#isPowerGone = true
        if (kind === 'kill') {
          this.facts.kills++
          this.#processes.delete(process)
        }
        const gone = new GoneError(`${process} met a ${kind}`)
        if (kind !== 'fault') this.#onGone(gone, kind === 'kill' ? process : undefined)
      },
    })
  }

  async run(): Promise<DirectoryFacts> {
    for (let i = 0; i < steps; i++) {
      await this.#guarded(() => this.#step())
      if (this.#isPowerGone) this.#startAgain()
    }
    this.#strikes.end()
    await this.#finish()
    return this.facts
  }

  #createTopic(): void {
    const directory = LogDirectory.openToWrite(this.#options('maker'))
    const configs = {
      'cleanup.policy': this.#policy,
      'segment.bytes': String([200, 400, 1000][this.#dice.below(3)]),
      'segment.ms': this.#dice.oneIn(2) ? segmentMsMax : '60000',
      'retention.ms': '100000',
      'file.delete.delay.ms': this.#dice.oneIn(2) ? '0' : '60000',
      'min.cleanable.dirty.ratio': '0',
    }
    directory.createTopic({ name: 't', partitionCount: 1, configs: new Map(Object.entries(configs)) })
    directory.close()
  }

  #options(process: string): LogDirectoryOptions {
    return {
      fileSystem: this.#fileSystem.asProcess(process),
      path: '/log',
      clock: { now: () => this.#now },
      random: seededRandom(1),
      lockWaitMs: 0,
      isServer: process === server || process === keeper,
      onWarning: (warning) => {
        if (warning.includes('torn')) this.facts.cuts++
        if (warning.includes('damaged at')) this.#isDamaged = true
      },
    }
  }

  async #step(): Promise<void> {
    const writer = `w${this.#dice.below(this.#writers.size)}`
    const chance = this.#dice.below(100)
    if (chance < 40) this.#append(writer)
    else if (chance < 55 && !this.#isLazy) await this.#serve()
    else if (chance < 61) await this.#sync(writer)
    else if (chance < 65) this.#close([writer, server, keeper][this.#dice.below(3)] ?? writer)
    else if (chance < 78) this.#strikes.arm([writer, server, keeper, keeper][this.#dice.below(4)] ?? writer, 60)
    else if (chance < 84) this.#now += this.#dice.below(60_000)
    else if (chance < 97) await this.#makeRoom()
    else this.#readTail()
  }

  /** Runs `act`; what the struck process meets is no failure of ours. */
  async #guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (error instanceof ServedError) this.facts.served++
      else if (error instanceof LockedError || error instanceof TemporaryError) this.facts.waits++
      // Nothing of a log is compacted beyond what a power cut left damaged.
      else if (error instanceof CorruptSegmentError) this.facts.damages++
      else if (!(error instanceof GoneError) && !(error instanceof DiskError)) throw error
    }
  }

  #open(name: string): Process {
    const known = this.#processes.get(name)
    if (known !== undefined) return known
    const opened: Process = { directory: LogDirectory.openToWrite(this.#options(name)), waiting: [] }
    this.#processes.set(name, opened)
    return opened
  }

  #append(writer: string): void {
    const { directory, waiting } = this.#open(writer)
    const { durabilities } = this.#writers.get(writer) ?? { durabilities: all }
    const durability = durabilities[this.#dice.below(durabilities.length)] ?? 'now'
    const values = Array.from({ length: 1 + this.#dice.below(3) }, () => this.#value(writer))
    const bytes = Uint8Array.from(values.flatMap((value) => [...this.#batch(value)]))
    try {
      const { baseOffset } = directory.openLog(partition).append(bytes, durability)
      for (const [i, value] of values.entries()) {
        const told = { at: baseOffset + BigInt(i), value }
        this.#promises.publish(told)
        if (durability === 'now') this.#promises.makeDurable(told)
        if (durability === 'later') waiting.push(told)
      }
      this.facts.appends++
    } catch (error) {
      if (error instanceof LockedError) for (const value of values) this.#promises.refuse(value)
      this.#exitAfter(error, writer)
      throw error
    }
  }

  #value(process: string): string {
    return `k${this.#dice.below(this.#keyCount)}|${process}-${this.#serial++}-${'x'.repeat(this.#dice.below(100))}`
  }

  #batch(value: string): Uint8Array {
    return batch({ values: [value], key: value.split('|')[0] ?? '', timestamp: this.#now })
  }

  async #sync(writer: string): Promise<void> {
    const process = this.#processes.get(writer)
    if (process === undefined) return
    await this.#orExit(writer, () => process.directory.openLog(partition).sync(this.#dice.below(2) === 0))
    for (const told of process.waiting.splice(0)) this.#promises.makeDurable(told)
    this.facts.syncs++
  }

  async #orExit<T>(process: string, act: () => Promise<T>): Promise<T> {
    try {
      const gone = new Promise<never>((_, reject) => {
        this.#onGone = (error, struck) => {
          if (struck === undefined || struck === process) reject(error)
        }
      })
      return await Promise.race([act(), gone])
    } catch (error) {
      this.#exitAfter(error, process)
      throw error
    }
  }

  /** The server comes, serves a client, or goes. */
  async #serve(): Promise<void> {
    const known = this.#processes.get(server)
    if (known === undefined && !this.#dice.oneIn(5)) return
    if (known === undefined) {
      await this.#orExit(server, async () => this.#beginServing())
      return
    }
    const log = known.directory.openLog(partition)
    if (!this.#dice.oneIn(8)) {
      await this.#orExit(server, () => this.#serveClient(log))
      return
    }
    await this.#orExit(server, async () => log.markServed(false))
    this.#close(server)
  }

  #beginServing(): void {
    const process = this.#open(server)
    process.lock = takeServeLock(this.#fileSystem.asProcess(server), '/log')
    process.directory.openLog(partition).markServed(true)
  }

  /** What a client sends again is there once: where it lies is said, if it was committed. */
  async #serveClient(log: PartitionLog): Promise<void> {
    const client = this.#clients[this.#dice.below(2)]
    if (client === undefined) return
    const { last } = client
    // Of what a client did not send last a snapshot knows nothing.
    if (last !== undefined && client.underWay === undefined && this.#dice.oneIn(3)) this.#sendAgain(log, client, last)
    const sent = [this.#send(log, client)]
    const committing = log.commit()
    // Who fails before it is waited for is told by what fails then.
    committing.catch(() => undefined)
    // What comes while the sync is under way must wait for the next one, whoever does what beside the server.
    const other = this.#clients.find((one) => one !== client)
    if (other !== undefined && this.#dice.oneIn(3)) sent.push(this.#send(log, other))
    if (this.#dice.oneIn(4)) this.#trimBeside()
    const committedEnd = await committing
    for (const { by, ...told } of sent) if (told.at < committedEnd) this.#committed(by, told)
  }

  #send(log: PartitionLog, client: Client): ToldRecord & { by: Client } {
    client.underWay ??= this.#value(`c${client.producerId}`)
    const { underWay: value, sequence } = client
    const [offered] = log.offer([this.#sequenced(value, client, sequence)], 'commit')
    if (offered?.kind !== 'appended' && offered?.kind !== 'duplicate') {
      throw new Error(`number ${sequence} of producer ${client.producerId} is ${offered?.kind}`)
    }
    if (offered.kind === 'duplicate') this.facts.retries++
    return { value, at: offered.baseOffset, by: client }
  }

  #committed(client: Client, told: ToldRecord): void {
    this.#promises.makeDurable(told)
    client.last = { ...told, baseSequence: client.sequence }
    client.underWay = undefined
    client.sequence++
    this.facts.commits++
  }

  /** What happens to the keeper is nothing to the server, unless the power goes. */
  #trimBeside(): void {
    if (this.#dice.oneIn(2)) this.#strikes.arm(keeper, 40)
    try {
      this.#trim()
    } catch (error) {
      if (this.#isPowerGone || !(error instanceof GoneError || error instanceof DiskError)) throw error
      this.#exitAfter(error, keeper)
    }
  }

  #sendAgain(log: PartitionLog, client: Client, { value, at, baseSequence }: NonNullable<Client['last']>): void {
    const [offered] = log.offer([this.#sequenced(value, client, baseSequence)], 'commit')
    if (offered?.kind !== 'duplicate' || offered.baseOffset !== at) {
      throw new Error(
        `${value} at ${at}, sent again, is ${offered?.kind} ${offered?.kind === 'duplicate' ? offered.baseOffset : ''}`,
      )
    }
    this.facts.retries++
  }

  #sequenced(value: string, { producerId }: Client, baseSequence: number): Uint8Array {
    return withProducer(this.#batch(value), { producerId, producerEpoch: 0, baseSequence })
  }

  async #makeRoom(): Promise<void> {
    if (this.#dice.oneIn(2)) this.#strikes.arm(keeper, 150)
    const chance = this.#dice.below(8)
    if (chance < 2) await this.#orExit(keeper, async () => this.#trim())
    else if (chance < 5 && this.#promises.isCompacted) await this.#orExit(keeper, () => this.#compact())
    else await this.#orExit(keeper, () => this.#retain(chance === 7))
  }

  #trim(): void {
    const { directory } = this.#open(keeper)
    const { logStartOffset, highWatermark } = directory.openLog(partition).offsets()
    const target = offset(logStartOffset + BigInt(this.#dice.below(Number(highWatermark - logStartOffset) + 1)))
    this.#allowStart(target)
    this.#promiseStart(directory.trim(partition, target))
    this.facts.trims++
  }

  async #compact(): Promise<void> {
    const { directory } = this.#open(keeper)
    const cleaned = await cleanPartition(directory, partition, {
      ...this.#options(keeper),
      kernel,
      onBytes: () => undefined,
    })
    if (cleaned !== undefined) this.facts.compactions++
  }

  async #retain(hasBudget: boolean): Promise<void> {
    const { directory } = this.#open(keeper)
    const options = this.#options(keeper)
    const planner = new RetentionPlanner(directory, options)
    const own = planner.plan(directory.topic('t'), 0)
    const planned = hasBudget ? planner.planBudget([own], this.#dice.below(3000), () => 1).planned : [own]
    for (const { plan } of planned) this.#allowStart(plan.logStartOffset)
    for (const { deletedSegments, isRolled, failure } of await applyRetention(directory, planned, options)) {
      if (failure !== undefined) throw failure
      this.facts.deletedSegments += deletedSegments
      if (deletedSegments > 0) this.#promiseStart(directory.openLog(partition).offsets().logStartOffset)
      if (isRolled) this.facts.retentionRolls++
    }
    if (hasBudget) this.facts.budgets++
  }

  #allowStart(at: bigint): void {
    this.#promises.logStartMax = largest(at, this.#promises.logStartMax)
  }

  #promiseStart(at: bigint): void {
    this.#promises.logStartMin = largest(at, this.#promises.logStartMin)
  }

  #close(name: string): void {
    const process = this.#processes.get(name)
    process?.lock?.close()
    process?.directory.close()
    this.#processes.delete(name)
  }

  /** What every command does at a failure of the disk, or when a server comes. */
  #exitAfter(error: unknown, process: string): void {
    const mayGoOn = error instanceof LockedError && !(error instanceof ServedError)
    if (mayGoOn || this.#isPowerGone) return
    this.#fileSystem.kill(process)
    this.#processes.delete(process)
  }

  /** Whoever follows the log goes forward, and sees nothing that is taken back; with power cuts there is no such promise. */
  #readTail(): void {
    if (this.#personality !== undefined) return
    this.#strikes.isPaused = true
    this.facts.tailReads++
    try {
      this.#tail ??= LogDirectory.openToRead(this.#options('reader')).openReader(partition)
      for (const { at } of readOn(this.#tail, true)) {
        if (at <= this.#tailLast) throw new Error(`the reader went from ${this.#tailLast} back to ${at}`)
        this.#tailLast = at
      }
    } finally {
      this.#strikes.isPaused = false
    }
  }

  #startAgain(): void {
    this.facts.powerCuts++
    this.#isPowerGone = false
    this.#strikes.disarm()
    this.#processes.clear()
    const personality = this.#personality ?? 'lose-unsynced'
    this.#fileSystem.crash(personality === 'lose-unsynced' ? { personality } : { personality, random: this.#random })
    this.#promises.restart(this.#check(true))
  }

  /** Opens the directory as the next writer would, reads all of it and holds it against what was promised. */
  #check(isCacheLost: boolean): FoundLog {
    const directory = LogDirectory.openToWrite(this.#options('checker'))
    const { logStartOffset, logEndOffset, highWatermark } = directory.openLog(partition).offsets()
    const reader = directory.openReader(partition)
    const found = { logStartOffset, logEndOffset, records: readOn(reader, this.#personality === undefined) }
    reader.close()
    directory.close()
    this.#promises.check(found, isCacheLost, isCacheLost && this.#personality === 'posix-adversary')
    this.#checkProducers(found, highWatermark)
    this.#verify(logStartOffset)
    return found
  }

  /** Who sends the last batch of a producer again is told where it lies: there it must be. What is not visible yet no reader has seen. */
  #checkProducers({ logStartOffset, logEndOffset, records }: FoundLog, highWatermark: bigint): void {
    if (this.#promises.isCompacted) return
    const there = new Set(records.map(({ at }) => at))
    const state = loadProducerState(this.#fileSystem.asProcess('checker'), '/log/t-0', offset(logEndOffset))
    for (const { producerId, lastOffset } of state.toSnapshot()) {
      if (lastOffset < logStartOffset || lastOffset >= highWatermark || there.has(lastOffset)) continue
      throw new Error(`the last batch of producer ${producerId} is said to lie at ${lastOffset}, where there is none`)
    }
  }

  /** What recovery leaves is in order, but for what a power cut took of records that nobody had synced. */
  #verify(logStartOffset: bigint): void {
    if (this.#isDamaged) return
    const { damages } = new VerifyScene(this.#fileSystem.asProcess('checker')).verify()
    const bases = (this.#fileSystem.list('/log/t-0') ?? [])
      .filter(({ name }) => name.endsWith('.log'))
      .map(({ name }) => name.slice(0, 20))
    const start =
      bases
        .filter((base) => BigInt(base) <= logStartOffset)
        .toSorted()
        .at(-1) ?? ''
    // A deletion that was cut short goes on with the next one.
    const found = damages.filter(({ path }) => (path.split('/').at(-1) ?? '').slice(0, 20) >= start)
    const isHole = found.some(({ kind }) => kind === 'hole')
    if (isHole && this.#personality !== undefined) this.#isDamaged = true
    else if (found[0] !== undefined)
      throw new Error(`verify found ${found[0].path}: ${found[0].kind}, ${found[0].reason}`)
  }

  async #finish(): Promise<void> {
    for (const name of this.#processes.keys()) this.#close(name)
    this.#check(false)
    this.#readTail()
    this.#tail?.close()
    await this.#serveAll()
  }

  /** Every client gets its answer in the end. */
  async #serveAll(): Promise<void> {
    for (let i = 0; i < 8; i++) await this.#serve()
    this.#close(server)
    this.#check(false)
  }
}

function readOn(reader: PartitionReader, isWhole: boolean): ToldRecord[] {
  const seen: ToldRecord[] = []
  const window = plainBatchWindow(4096)
  for (;;) {
    const read = reader.read(window)
    if (read.kind === 'end') return seen
    if (read.kind === 'damage' && isWhole) {
      throw new Error(`the reader met damage: ${read.damage.reason} at byte ${read.damage.position}`)
    }
    if (read.kind !== 'batches') continue
    for (const { at, text } of recordsOf(window.bytes.subarray(0, read.end))) seen.push({ at, value: text })
  }
}

function largest(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}
