import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { CommandSpec, OptionsOf } from '../../src/cli/command-spec.ts'
import type { CliContext } from '../../src/cli/context.ts'
import type { FlagValue } from '../../src/cli/flag-value.ts'
import { optionsOf } from '../../src/cli/options-of.ts'
import { describeError } from '../../src/cli/report-error.ts'
import { NodeFileSystem } from '../../src/disk/node-file-system.ts'
import { DirectoryStore } from '../../src/store/directory-store.ts'
import { batch, type BatchSpec, T0 } from '../support/batches.ts'

/** What a use case came to. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Invocation {
  readonly operands?: readonly string[]
  readonly flags?: Readonly<Record<string, FlagValue | FlagValue[]>>
  /** Standard output and error are terminals; standard input never is. */
  readonly onTerminal?: boolean
  readonly environment?: Readonly<Record<string, string>>
  /** False: no flag names the directory. */
  readonly namesDirectory?: boolean
}

type UseCase<Spec extends CommandSpec> = (options: OptionsOf<Spec>, context: CliContext) => Promise<number>

/** A log directory of its own for one test, and use cases run on it as the shell would. */
export class ScratchLog {
  readonly home = mkdtempSync(join(tmpdir(), 'tslog-cli-'))
  readonly directory = join(this.home, 'log')
  readonly fileSystem = new NodeFileSystem()
  readonly clock: Clock = { now: () => this.now }
  now = T0 + 3_600_000

  constructor() {
    onTestFinished(() => rmSync(this.home, { recursive: true, force: true }))
  }

  path(...names: string[]): string {
    return join(this.directory, ...names)
  }

  store(): DirectoryStore {
    return new DirectoryStore({
      fileSystem: this.fileSystem,
      clock: this.clock,
      random: systemRandom,
      path: this.directory,
      lockWaitMs: 1000,
    })
  }

  async use<T>(act: (store: DirectoryStore) => Promise<T>): Promise<T> {
    const store = this.store()
    try {
      return await act(store)
    } finally {
      store.close()
    }
  }

  async createTopic(name: string, partitionCount = 1, configs: Record<string, string> = {}): Promise<void> {
    await this.use((store) => store.createTopic({ name, partitionCount, configs: new Map(Object.entries(configs)) }))
  }

  /** Appends one batch for each spec. */
  async append(topic: string, partition: number, ...batches: readonly BatchSpec[]): Promise<void> {
    await this.appendBytes(topic, partition, ...batches.map(batch))
  }

  async appendBytes(topic: string, partition: number, ...batches: readonly Uint8Array[]): Promise<void> {
    await this.use(async (store) => {
      const appender = await store.openAppender(topic)
      for (const bytes of batches) {
        appender.append(partition, { bytes, durability: 'now', moreFollows: false })
      }
    })
  }

  /** Runs a use case on this directory, with options as a command line would give them. */
  async run<Spec extends CommandSpec>(
    spec: Spec,
    useCase: UseCase<Spec>,
    invocation: Invocation = {},
  ): Promise<Outcome> {
    const { operands = [], flags = {}, onTerminal = false, environment = {}, namesDirectory = true } = invocation
    const given = namesDirectory ? { dir: this.directory, ...flags } : flags
    mkdirSync(this.home, { recursive: true })
    const [out, err] = [join(this.home, 'stdout'), join(this.home, 'stderr')]
    const [stdout, stderr] = [openSync(out, 'w'), openSync(err, 'w')]
    const context: CliContext = {
      environment: { HOME: this.home, NO_COLOR: '1', ...environment },
      cwd: this.home,
      stdin: -1,
      stdout,
      stderr,
      isTerminal: (fd) => onTerminal && (fd === stdout || fd === stderr),
      clock: this.clock,
      random: systemRandom,
      fileSystem: () => this.fileSystem,
    }
    let thrown = ''
    let code: number
    try {
      code = await useCase(optionsOf(spec, { operands, flags: given }), context)
    } catch (error) {
      const report = describeError(error, { json: flags['json'] === true })
      code = report.exitCode
      thrown = report.text
    } finally {
      closeSync(stdout)
      closeSync(stderr)
    }
    return { code, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') + thrown }
  }
}
