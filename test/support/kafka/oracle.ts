import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { AccessRule } from '../../../src/broker/security/access-rule.ts'
import type { LogFacts, OracleFailure, RecordFacts } from './facts.ts'
import type { ClientStep } from './client-steps.ts'
import type { DirectoryToWrite } from './fixtures.ts'
import { fixture } from './fixtures.ts'
import type { FixtureKind } from './fixtures.ts'
import { kafkaMissing, oracleClassPath } from './home.ts'

/** One partition directory for Kafka to load. It is changed in place: recovered, indexes rebuilt and trimmed, snapshot taken. */
export interface PartitionToLoad {
  readonly dir: string
  /** Whether Kafka is told that the last shutdown was clean; unclean means recovery. */
  readonly clean: boolean
  /** What recovery-point-offset-checkpoint would say; 0 by default, so everything is scanned. */
  readonly recoveryPoint?: bigint
  /** What log-start-offset-checkpoint would say; 0 by default. */
  readonly logStartOffset?: bigint
  /** Topic configuration, as Kafka spells it. */
  readonly config?: Readonly<Record<string, string>>
  /** Where Kafka's clock stands (producers expire after a day): the system's time by default. */
  readonly now?: bigint
}

/** Access rules, and what is asked of them; all in Kafka's words. */
export interface AccessToJudge {
  readonly rules: readonly AccessRule[]
  /** With semicolons between. */
  readonly superUsers: string
  readonly isOpenWithoutRules: boolean
  readonly questions: readonly {
    readonly user: string
    readonly host: string
    readonly operation: string
    readonly resource: string
    readonly name: string
  }[]
}

/** A request or response with its header, without its size. */
export interface FrameToRewrite {
  readonly key: number
  readonly version: number
  readonly isRequest: boolean
  readonly bytes: Uint8Array
}

/** The frame as Kafka writes it, in hex, and how many bytes of the given one it did not read. */
export interface RewrittenFrame {
  readonly bytes: string
  readonly left: number
}

/** One of Kafka's error codes. */
export interface ErrorCodeFacts {
  readonly code: number
  readonly name: string
  readonly isRetriable: boolean
}

/** A log directory that Kafka opened as a broker does, and shut down in order. */
export interface DirectoryFacts {
  /** False when Kafka took the directory out of service while it loaded. */
  readonly isOnline: boolean
  readonly logs: readonly LogFacts[]
}

/**
 * The real Apache Kafka as judge of what is on the disk: its storage classes in a JVM of their own, one for all questions.
 * Start-up takes about a second, a question some milliseconds.
 */
export class KafkaOracle implements AsyncDisposable {
  readonly #java: ChildProcess
  readonly #answers: AsyncIterator<string>
  #last: Promise<unknown> = Promise.resolve()
  #said = ''

  constructor(classPath: string) {
    const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto', '-Xmx1g']
    const log = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
    const java = spawn('java', [...quick, ...log, '-cp', classPath, 'Oracle'], { stdio: ['pipe', 'pipe', 'pipe'] })
    java.stderr.on('data', (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-8192)))
    this.#java = java
    this.#answers = createInterface({ input: java.stdout })[Symbol.asyncIterator]()
  }

  /** Loads partition directories with UnifiedLog, outside any log directory. One answer each, in order. */
  async loadLogs(loads: readonly PartitionToLoad[]): Promise<(LogFacts | OracleFailure)[]> {
    const { logs } = await this.#ask<{ logs: (LogFacts | OracleFailure)[] }>({ op: 'load', loads })
    return logs
  }

  /** loadLogs for one directory; throws when Kafka does. */
  async loadLog(dir: string, options: Omit<PartitionToLoad, 'dir'>): Promise<LogFacts> {
    const [facts] = await this.loadLogs([{ dir, ...options }])
    if (facts === undefined || 'error' in facts) throw new OracleError(JSON.stringify(facts?.error))
    return facts
  }

  /**
   * Opens a whole log directory with LogManager: lock, clean marker, checkpoints, all partitions; then shuts it down, which writes
   * the checkpoints and the clean marker. Throws OracleError where a broker would not start (a directory name it cannot parse).
   */
  async openDirectory(dir: string, options: Pick<PartitionToLoad, 'config' | 'now'> = {}): Promise<DirectoryFacts> {
    return this.#ask<DirectoryFacts>({ op: 'open', dir, ...options })
  }

  /** Every record of the .log files of each directory (or of one file), decoded without loading or changing anything. */
  async dumpRecords(...dirs: readonly string[]): Promise<RecordFacts[][]> {
    const answer = await this.#ask<{ partitions: { records: HexRecord[] }[] }>({ op: 'dump', dirs })
    return answer.partitions.map(({ records }) => records.map(decoded))
  }

  /** Makes a log directory as a broker writes it; `write.clean: false` leaves it as `kill -9` does. */
  async writeDirectory(dir: string, write: DirectoryToWrite): Promise<void> {
    await this.#ask({ op: 'write', dir, ...write })
  }

  /** writeDirectory with one of the ready-made contents. */
  async writeFixture(dir: string, kind: FixtureKind): Promise<void> {
    await this.writeDirectory(dir, fixture(kind))
  }

  /** What Kafka writes after it read each frame; null for versions that it no longer has. */
  async rewriteFrames(frames: readonly FrameToRewrite[]): Promise<(RewrittenFrame | OracleFailure | null)[]> {
    const answer = await this.#ask<{ frames: (RewrittenFrame | OracleFailure | null)[] }>({ op: 'rewrite', frames })
    return answer.frames
  }

  /** Kafka's error codes, in their order. */
  async errorCodes(): Promise<ErrorCodeFacts[]> {
    const { errors } = await this.#ask<{ errors: ErrorCodeFacts[] }>({ op: 'errors' })
    return errors
  }

  /** What Kafka's own kafka-dump-log prints for these arguments, line by line. */
  async dumpLog(...args: readonly string[]): Promise<string[]> {
    const { lines } = await this.#ask<{ lines: string[] }>({ op: 'dump-log', arguments: args })
    return lines
  }

  /** Does to a running broker what its clients do, step by step. */
  async runClients(bootstrap: string, steps: readonly ClientStep[]): Promise<void> {
    await this.#ask({ op: 'clients', bootstrap, steps })
  }

  /** Every record that a running broker serves of these topics to a consumer of committed records, by partition. */
  async consume(bootstrap: string, topics: readonly string[]): Promise<Map<string, ConsumedRecord[]>> {
    const question = { op: 'consume', bootstrap, topics }
    const answer = await this.#ask<{ partitions: { partition: string; records: HexRecord[] }[] }>(question)
    return new Map(answer.partitions.map(({ partition, records }) => [partition, records.map(decoded)]))
  }

  /** What Kafka's StandardAuthorizer says to each question, given some rules. */
  async authorize(access: AccessToJudge): Promise<boolean[]> {
    return (await this.#ask<{ decisions: boolean[] }>({ op: 'authorize', ...access })).decisions
  }

  /** Takes a broker's lock on the file, which is made if missing. Undefined when someone else holds it. Letting go deletes the file. */
  async holdLock(path: string): Promise<AsyncDisposable | undefined> {
    const { held } = await this.#ask<{ held: boolean }>({ op: 'lock', path })
    if (!held) return undefined
    return { [Symbol.asyncDispose]: async () => void (await this.#ask({ op: 'unlock', path })) }
  }

  /** Ends the JVM, and with it every lock. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    const ended = new Promise((resolve) => this.#java.once('exit', resolve))
    this.#java.stdin?.end()
    await ended
  }

  /** Questions are answered in order, so each waits for the one before. */
  async #ask<Answer>(question: object): Promise<Answer> {
    const answer = this.#last.then(() => this.#exchange(question))
    this.#last = answer.catch(() => undefined)
    return (await answer) as Answer
  }

  async #exchange(question: object): Promise<unknown> {
    this.#java.stdin?.write(`${JSON.stringify(question, withInt64)}\n`)
    const line = await this.#answers.next()
    if (line.done === true) throw new OracleError(`the oracle ended without an answer\n${this.#said}`)
    const answer: unknown = JSON.parse(line.value, fromInt64)
    if (isFailure(answer))
      throw new OracleError(`${answer.error.type}: ${answer.error.message}`, { cause: answer.error })
    return answer
  }
}

/** Kafka threw; the message begins with the class name of its exception, the cause has the rest. */
export class OracleError extends Error {}

/** A started oracle, or undefined after a note on stderr when Java or the jars are missing. It never downloads anything. */
export function kafkaOracle(): KafkaOracle | undefined {
  const missing = kafkaMissing()
  if (missing === undefined) return new KafkaOracle(oracleClassPath())
  process.stderr.write(`skipped: ${missing}\n`)
  return undefined
}

/** A record as a consumer is given it. */
type ConsumedRecord = Pick<RecordFacts, 'offset' | 'timestamp' | 'key' | 'value' | 'headers'>

interface HexRecord extends Omit<RecordFacts, 'key' | 'value' | 'headers'> {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
}

function decoded(record: HexRecord): RecordFacts {
  const headers = record.headers.map(({ key, value }) => ({ key, value: bytes(value) }))
  return { ...record, key: bytes(record.key), value: bytes(record.value), headers }
}

function bytes(hex: string | null): Uint8Array | null {
  return hex === null ? null : new Uint8Array(Buffer.from(hex, 'hex'))
}

function isFailure(answer: unknown): answer is OracleFailure {
  return typeof answer === 'object' && answer !== null && 'error' in answer
}

function withInt64(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'bigint' ? `${value}n` : value
}

/** A header key may look like a number, so `key` is never one. */
function fromInt64(name: string, value: unknown): unknown {
  const isInt64 = name !== 'key' && typeof value === 'string' && /^-?\d+n$/.test(value)
  return isInt64 ? BigInt(value.slice(0, -1)) : value
}
