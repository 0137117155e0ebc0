import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { builtBinary } from './built-binary.ts'
import { type BinaryRun, runBinary } from './run-binary.ts'

/** The shipped binary at work on one log directory. */
export class BinaryRunner {
  readonly directory: string
  protected readonly children: ChildProcess[] = []

  constructor(directory: string) {
    this.directory = directory
  }

  path(...names: string[]): string {
    return join(this.directory, ...names)
  }

  /** Runs a command to its end. */
  run(words: readonly string[], input: Uint8Array | string = ''): BinaryRun {
    return runBinary([...words, '-d', this.directory], input)
  }

  /** Runs a command and throws unless it ends well. Returns its standard output. */
  done(words: readonly string[], input: Uint8Array | string = ''): string {
    const { code, stdout, stderr } = this.run(words, input)
    if (code !== 0) throw new Error(`tslog ${words.join(' ')}: exit code ${code}\n${stderr}`)
    return stdout.toString()
  }

  produce(topic: string, lines: readonly string[], ...flags: string[]): BinaryRun {
    return this.run(['produce', topic, ...flags], lines.map((line) => `${line}\n`).join(''))
  }

  /** Values of all partitions, one line each. */
  values(topic: string, ...flags: string[]): string[] {
    return this.done(['consume', topic, ...flags])
      .split('\n')
      .slice(0, -1)
  }

  /** `offset value`, of one partition. */
  numbered(topic: string): { offset: number; value: string }[] {
    return this.values(topic, '-f', '%o %s\\n').map((line) => {
      const space = line.indexOf(' ')
      return { offset: Number(line.slice(0, space)), value: line.slice(space + 1) }
    })
  }

  /** Starts a command that goes on beside the caller. */
  start(words: readonly string[]): ChildProcess {
    const { PATH, HOME } = process.env
    const child = spawn(builtBinary(), [...words, '-d', this.directory], { env: { PATH, HOME } })
    this.children.push(child)
    // A command that was killed, or refused to work, does not read what it is still given.
    child.stdin.on('error', () => undefined)
    return child
  }
}

/** How a command that was started came to its end. */
export async function outcome(child: ChildProcess): Promise<BinaryRun> {
  const [stdout, stderr]: Buffer[][] = [[], []]
  child.stdout?.on('data', (data: Buffer) => stdout?.push(data))
  child.stderr?.on('data', (data: Buffer) => stderr?.push(data))
  await once(child, 'close')
  const text = Buffer.concat(stderr ?? []).toString()
  return { code: child.exitCode ?? -1, stdout: Buffer.concat(stdout ?? []), stderr: text }
}

/** Sends a signal, unless the process is gone, and waits until it is. */
export async function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  if (signal !== undefined) child.kill(signal)
  await gone
}

/** A digest of every file below a directory, with its name and when it was last changed. */
export function fingerprint(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const path = join(directory, name)
      const { mtimeMs } = statSync(path)
      const digest = statSync(path).isFile()
        ? createHash('sha256').update(readFileSync(path)).digest('hex')
        : 'directory'
      return `${name} ${mtimeMs} ${digest}`
    })
}
