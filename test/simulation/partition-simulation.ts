import type { Random } from '../../src/base/random.ts'
import { seededRandom } from '../../src/base/random.ts'
import { DiskError, LockedError } from '../../src/base/errors.ts'
import type { CrashOptions } from '../../src/disk/crash-model.ts'
import { Dice } from '../../src/disk/dice.ts'
import type { Operation } from '../../src/disk/memory-disk.ts'
import { GoneError } from '../../src/disk/memory-disk.ts'
import { MemoryFileSystem } from '../../src/disk/memory-file-system.ts'
import { plainBatchWindow } from '../../src/record/batch-window.ts'
import type { Durability } from '../../src/storage/appended.ts'
import { PartitionLog } from '../../src/storage/partition-log.ts'
import { PartitionReader } from '../../src/storage/partition-reader.ts'
import { batch } from '../support/batches.ts'
import { type StrikeKind, Strikes } from './strikes.ts'
import { directory, PartitionScene, readBytes, recordsOf } from '../storage/partition-scene.ts'

/** What happened in a run, so that a sweep can tell that everything did at least once. */
export interface SimulationFacts {
  appends: number
  syncs: number
  kills: number
  faults: number
  powerCuts: number
  rolls: number
  /** Warnings of recovery: torn bytes that were cut, damage that was left. */
  cuts: number
  damages: number
  /** Appends that were refused because another process kept its turn. */
  waits: number
  tailReads: number
}

const steps = 90
const readerProcess = 'reader'

/**
 * One partition, up to four processes that append to it, and one that reads along, all driven by the dice of one seed: processes are killed
 * at any operation, writes fail half-way, the power goes. Throws at the first promise that is broken.
 */
export class PartitionSimulation {
  readonly facts: SimulationFacts = {
    appends: 0,
    syncs: 0,
    kills: 0,
    faults: 0,
    powerCuts: 0,
    rolls: 0,
    cuts: 0,
    damages: 0,
    waits: 0,
    tailReads: 0,
  }
  readonly #random: Random
  readonly #dice: Dice
  readonly #scene: PartitionScene
  readonly #logs = new Map<string, PartitionLog>()
  readonly #processes: readonly string[]
  readonly #durabilities: readonly Durability[]
  readonly #personality: CrashOptions['personality'] | undefined
  /** Offset of each value that an append returned for; after a power cut of those that are left. */
  readonly #published = new Map<string, bigint>()
  readonly #durable = new Map<string, bigint>()
  /** What a sync of this process will make durable. */
  readonly #waiting = new Map<string, Map<string, bigint>>()
  readonly #refused = new Set<string>()
  readonly #seenByTail: string[] = []
  readonly #strikes: Strikes
  #isPowerGone = false
  #tail: PartitionReader | undefined
  #serial = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#random.fill(new Uint8Array(64))
    const dice = new Dice(this.#random)
    this.#dice = dice
    this.#scene = new PartitionScene({
      segmentBytes: [160, 400, 2000][dice.below(3)] ?? 0,
      indexIntervalBytes: [0, 100, 300][dice.below(3)] ?? 0,
    })
    this.#processes = Array.from({ length: 1 + dice.below(4) }, (_, i) => `p${i}`)
    const all: readonly Durability[] = ['now', 'later', 'never']
    this.#durabilities = dice.oneIn(2) ? all : [all[dice.below(3)] ?? 'now']
    const personalities = [undefined, 'lose-unsynced', 'ext4-ordered', 'posix-adversary'] as const
    this.#personality = personalities[dice.below(4)]
    this.#fileSystem.beforeOperation((operation) => this.#beforeOperation(operation))
    this.#strikes = new Strikes(this.#fileSystem, {
      dice,
      kinds: this.#personality === undefined ? ['kill', 'fault'] : ['kill', 'fault', 'power'],
      onStrike: (kind, process) => this.#onStrike(kind, process),
    })
  }

  get #fileSystem(): MemoryFileSystem {
    return this.#scene.fileSystem
  }

  async run(): Promise<SimulationFacts> {
    for (let i = 0; i < steps; i++) {
      await this.#guarded(() => this.#step())
      if (this.#isPowerGone) this.#startAgain()
    }
    this.#strikes.disarm()
    this.#finish()
    return this.facts
  }

  async #step(): Promise<void> {
    const process = this.#processes[this.#dice.below(this.#processes.length)] ?? 'p0'
    const chance = this.#dice.below(100)
    if (chance < 62) this.#append(process)
    else if (chance < 72) await this.#sync(process)
    else if (chance < 77) this.#close(process)
    else if (chance < 82) this.#logs.get(process)?.endTurn()
    else if (chance < 92) this.#strikes.arm(process, 60)
    else this.#readTail()
  }

  /** Runs `act`; what the struck process meets is no failure of ours. */
  async #guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (error instanceof LockedError) this.facts.waits++
      else if (!(error instanceof GoneError) && !(error instanceof DiskError)) throw error
    }
  }

  #onStrike(kind: StrikeKind, process: string): void {
    if (kind === 'fault') this.facts.faults++
    if (kind === 'power') this.#isPowerGone = true
    if (kind !== 'kill') return
    this.facts.kills++
    this.#forget(process)
  }

  #beforeOperation({ process, isChange }: Operation): void {
    if (this.#strikes.isPaused || process === 'checker' || !isChange || process === readerProcess) return
    if (this.#personality === undefined && this.#dice.oneIn(6)) this.#readTail()
  }

  #log(process: string): PartitionLog {
    const known = this.#logs.get(process)
    if (known !== undefined) return known
    const log = this.#open(process)
    this.#logs.set(process, log)
    return log
  }

  /** Time stands still, so that a turn lasts until it is given up: the dice alone decide. */
  #open(process: string): PartitionLog {
    return new PartitionLog({ ...this.#scene.options(this.#fileSystem.asProcess(process)), elapsedMs: () => 0 })
  }

  #append(process: string): void {
    const log = this.#log(process)
    const durability = this.#durabilities[this.#dice.below(this.#durabilities.length)] ?? 'now'
    const values = Array.from({ length: 1 + this.#dice.below(3) }, () => {
      return `${process}-${this.#serial++}-${'x'.repeat(this.#dice.below(100))}`
    })
    const bytes = Uint8Array.from(values.flatMap((value) => [...batch({ values: [value] })]))
    try {
      const { baseOffset } = log.append(bytes, durability, this.#dice.oneIn(4))
      for (const [i, value] of values.entries()) this.#note(process, value, baseOffset + BigInt(i), durability)
      this.facts.appends++
    } catch (error) {
      if (error instanceof LockedError) for (const value of values) this.#refused.add(value)
      if (error instanceof DiskError) this.#exit(process)
      throw error
    }
  }

  #note(process: string, value: string, at: bigint, durability: Durability): void {
    this.#published.set(value, at)
    if (durability === 'now') this.#durable.set(value, at)
    if (durability !== 'later') return
    const waiting = this.#waiting.get(process) ?? new Map<string, bigint>()
    this.#waiting.set(process, waiting.set(value, at))
  }

  async #sync(process: string): Promise<void> {
    try {
      await this.#logs.get(process)?.sync()
    } catch (error) {
      if (error instanceof DiskError) this.#exit(process)
      throw error
    }
    if (!this.#logs.has(process)) return
    this.facts.syncs++
    for (const [value, at] of this.#waiting.get(process) ?? []) this.#durable.set(value, at)
    this.#waiting.delete(process)
  }

  #close(process: string): void {
    this.#logs.get(process)?.close()
    this.#forget(process)
  }

  /** What every command does at a failure of the disk. */
  #exit(process: string): void {
    this.#fileSystem.kill(process)
    this.#forget(process)
  }

  #forget(process: string): void {
    this.#logs.delete(process)
    this.#waiting.delete(process)
  }

  /** Without power cuts whatever the reader was ever shown must stay. */
  #readTail(): void {
    if (this.#personality !== undefined) return
    this.#strikes.isPaused = true
    this.facts.tailReads++
    try {
      this.#tail ??= new PartitionReader({ fileSystem: this.#fileSystem.asProcess(readerProcess), directory })
      this.#seenByTail.push(...this.#readOn(this.#tail))
    } finally {
      this.#strikes.isPaused = false
    }
  }

  #readOn(reader: PartitionReader): string[] {
    const seen: string[] = []
    const window = plainBatchWindow(4096)
    for (;;) {
      const read = reader.read(window)
      if (read.kind === 'end') return seen
      if (read.kind === 'damage' && this.#personality === undefined) {
        throw new Error(`the reader met damage: ${read.damage.reason} at byte ${read.damage.position}`)
      }
      if (read.kind !== 'batches') continue
      for (const { at, text } of recordsOf(window.bytes.subarray(0, read.end))) seen.push(`${at} ${text}`)
    }
  }

  #startAgain(): void {
    this.facts.powerCuts++
    this.#isPowerGone = false
    this.#strikes.disarm()
    for (const process of this.#processes) this.#forget(process)
    const personality = this.#personality ?? 'lose-unsynced'
    this.#fileSystem.crash(personality === 'lose-unsynced' ? { personality } : { personality, random: this.#random })
    const left = this.#check()
    // What was not durable may be gone; what is left stays from now on only if the disk had it.
    this.#published.clear()
    for (const [at, value] of left) {
      this.#published.set(value, at)
      this.#durable.set(value, at)
    }
  }

  /** Opens the partition as the next writer would, reads all of it and holds it against what was promised. */
  #check(): Map<bigint, string> {
    const log = this.#open('checker')
    const { logEndOffset } = log.offsets()
    log.close()
    const reader = new PartitionReader({ fileSystem: this.#fileSystem.asProcess('checker'), directory })
    const seen = this.#readOn(reader)
    reader.close()
    const found = new Map(seen.map((line) => [BigInt(line.split(' ')[0] ?? ''), line.split(' ')[1] ?? '']))
    this.#checkOrder(seen, logEndOffset)
    const promised = this.#isPromiseKeptByCache ? this.#published : this.#durable
    for (const [value, at] of promised) {
      if (found.get(at) !== value) throw new Error(`acknowledged ${value} at ${at}, where there is ${found.get(at)}`)
    }
    for (const value of found.values())
      if (this.#refused.has(value)) throw new Error(`${value} was refused, yet is there`)
    return found
  }

  get #isPromiseKeptByCache(): boolean {
    return this.#personality === undefined
  }

  #checkOrder(seen: readonly string[], logEndOffset: bigint): void {
    let last = -1n
    const values = new Set<string>()
    const serials = new Map<string, number>()
    for (const line of seen) {
      const [at = '', value = ''] = line.split(' ')
      const [process = '', serial = ''] = value.split('-')
      if (BigInt(at) <= last) throw new Error(`offset ${at} after ${last}`)
      if (this.#personality === undefined && BigInt(at) !== last + 1n) throw new Error(`a gap from ${last} to ${at}`)
      if (values.has(value)) throw new Error(`${value} is there twice`)
      if (Number(serial) <= (serials.get(process) ?? -1))
        throw new Error(`${value} after number ${serials.get(process)}`)
      last = BigInt(at)
      values.add(value)
      serials.set(process, Number(serial))
    }
    if (last >= logEndOffset) throw new Error(`the log ends at ${logEndOffset}, but ${last} is in it`)
  }

  #finish(): void {
    for (const process of this.#processes) this.#close(process)
    const found = this.#check()
    this.#readTail()
    this.#tail?.close()
    if (this.#personality === undefined) {
      const all = [...found].map(([at, value]) => `${at} ${value}`)
      const at = all.findIndex((line, i) => line !== this.#seenByTail[i])
      if (at >= 0 || all.length !== this.#seenByTail.length) {
        throw new Error(
          `the reader that followed saw ${this.#seenByTail[at]} as number ${at} where the log has ${all[at]}`,
        )
      }
      this.#checkFiles()
    }
    this.facts.rolls = this.#scene.names().filter((name) => name.endsWith('.log')).length - 1
    this.facts.cuts = this.#scene.warnings.filter((warning) => warning.includes('torn')).length
    this.facts.damages = this.#scene.warnings.filter((warning) => warning.includes('damaged')).length
    if (this.#fileSystem.openFileCount !== 0) throw new Error(`${this.#fileSystem.openFileCount} files are still open`)
  }

  /** Logs hold nothing but whole batches, and indexes what a rebuild from the logs alone gives. */
  #checkFiles(): void {
    const rebuilt = new PartitionScene({ indexIntervalBytes: this.#scene.config.indexIntervalBytes })
    const names = this.#scene.names().filter((name) => /^\d+\.(log|index|timeindex)$/.test(name))
    for (const name of names) {
      const path = `${directory}/${name}`
      if (!name.endsWith('.log')) continue
      const bytes = readBytes(this.#fileSystem, path)
      recordsOf(bytes)
      rebuilt.overwrite(path, bytes)
    }
    rebuilt.logEndOffset()
    if (rebuilt.warnings.length > 0) throw new Error(`the logs alone: ${rebuilt.warnings.join(', ')}`)
    for (const name of names) {
      const [ours, theirs] = [this.#scene, rebuilt].map((scene) =>
        Buffer.from(scene.bytes(`${directory}/${name}`)).toString('hex'),
      )
      if (ours !== theirs) throw new Error(`${name} is ${ours}, made anew it is ${theirs}`)
    }
  }
}
