import { systemClock, type Clock } from '../base/clock.ts'
import { systemRandom, type Random } from '../base/random.ts'
import type { FileSystem } from '../disk/file-system.ts'
import { NodeFileSystem } from '../disk/node-file-system.ts'
import { isTerminal } from './terminal.ts'

/** The world as a use case sees it; tests give another one. Everything that costs time to make is made on first use. */
export interface CliContext {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** File descriptors of the standard streams. */
  readonly stdin: number
  readonly stdout: number
  readonly stderr: number
  isTerminal(fd: number): boolean
  readonly clock: Clock
  readonly random: Random
  fileSystem(): FileSystem
}

/** The real world: this process, this machine. */
export function systemContext(): CliContext {
  let fileSystem: FileSystem | undefined
  return {
    environment: process.env,
    cwd: process.cwd(),
    stdin: 0,
    stdout: 1,
    stderr: 2,
    isTerminal,
    clock: systemClock,
    random: systemRandom,
    fileSystem: () => (fileSystem ??= new NodeFileSystem()),
  }
}
