import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { builtBinary } from '../support/built-binary.ts'

/** What a line typed into bash came to. */
export interface ShellOutcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * A home directory with a log and some files, as the examples of the help have them: topic `app-logs` of one partition with
 * 2,400 records, `hosts` with keys, the group `nightly`. Each line runs in a fresh copy of it.
 */
export class ShellScene {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tslog-shell-'))
  #count = 0

  constructor() {
    const programs = join(this.#directory, 'bin')
    mkdirSync(programs)
    symlinkSync(builtBinary(), join(programs, 'tslog'))
    // Every host of the examples is this one: ssh runs its last word in a shell that starts in the home directory.
    writeFileSync(join(programs, 'ssh'), '#!/bin/bash\nexec bash -c "${@: -1}"\n', { mode: 0o755 })
    this.#fill(this.#home('template'))
  }

  /** Runs `line` in bash; a failure of any part of a pipe counts, and nothing can be read from standard input. */
  run(line: string): ShellOutcome {
    return this.#bash(this.#freshHome(), line)
  }

  /** Runs `line` on a terminal and types `keys` once it shows `question`. Both streams are one there. */
  answer(line: string, question: string, keys: string): Promise<{ status: number | null; screen: string }> {
    const cwd = this.#freshHome()
    const terminal = spawn('script', ['-qefc', line, '/dev/null'], { cwd, env: this.#environment(cwd), stdio: 'pipe' })
    let screen = ''
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      const wasAsked = screen.includes(question)
      screen += text
      if (!wasAsked && screen.includes(question)) terminal.stdin.write(keys)
    })
    return new Promise((resolve, reject) => {
      terminal.on('error', reject)
      terminal.on('close', (status) => resolve({ status, screen }))
    })
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #home(name: string): string {
    return join(this.#directory, name)
  }

  #freshHome(): string {
    const home = this.#home(`run-${++this.#count}`)
    cpSync(this.#home('template'), home, { recursive: true })
    return home
  }

  #fill(home: string): void {
    for (const name of ['.local/share/bash-completion/completions', '.zfunc', '.config/fish/completions', 'notes']) {
      mkdirSync(join(home, name), { recursive: true })
    }
    const lines = Array.from({ length: 800 }, (_, index) => `${index} error: timeout after ${index} ms\n`).join('')
    writeFileSync(join(home, 'access.log'), lines)
    writeFileSync(join(home, 'access.log.1.gz'), gzipSync(lines))
    writeFileSync(join(home, 'notes/first.txt'), 'a note')
    writeFileSync(join(home, 'server.properties'), 'num.partitions=3\n')
    execFileSync('bash', ['-ec', filling], { cwd: home, env: this.#environment(home) })
  }

  #bash(home: string, line: string): ShellOutcome {
    return spawnSync('bash', ['-o', 'pipefail', '-c', line], {
      cwd: home,
      env: this.#environment(home),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    })
  }

  #environment(home: string): Record<string, string> {
    return { HOME: home, TSLOG_DIR: join(home, 'log'), PATH: `${this.#home('bin')}:${process.env['PATH'] ?? ''}` }
  }
}

const filling = `
tslog produce app-logs access.log access.log access.log.1.gz
tslog topics create hosts --config cleanup.policy=compact
echo secret | tslog users set alice --quiet
printf 'host-1:up\\nhost-2:down\\n' | tslog produce hosts -K:
tslog consume app-logs -g nightly -c 1500 > /dev/null
tslog replicate app-logs bundle:monday.bundle
`
