import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../programs/failing_device.py', import.meta.url))
const python = '/usr/bin/python3'

/** Why there can be no such device here, or `undefined`: it takes root, FUSE, loop devices and python3-fusepy. */
export function deviceMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root mounts file systems'
  if (!existsSync('/dev/fuse') || !existsSync('/dev/loop-control')) return 'the kernel has no FUSE or no loop devices'
  for (const tool of ['losetup', 'mkfs.ext4', 'fusermount3']) {
    if (spawnSync('which', [tool]).status !== 0) return `${tool} is not installed`
  }
  return spawnSync(python, ['-c', 'import fusepy']).status === 0 ? undefined : 'python3-fusepy is not installed'
}

/** An ext4 file system on a device that can be made to fail: FUSE below, a loop device on it. */
export class FailingDevice {
  readonly #home: string
  #device: ChildProcess | undefined
  #loop = ''

  /** `home`: a directory of its own, on the machine's file system. */
  constructor(home: string) {
    this.#home = home
    for (const name of ['below', 'mount']) mkdirSync(join(home, name), { recursive: true })
    writeFileSync(this.#image, '')
    truncateSync(this.#image, 64 * 1024 * 1024)
    done('mkfs.ext4', '-q', '-F', this.#image)
  }

  get #image(): string {
    return join(this.#home, 'image')
  }

  /** Where the file system is mounted. */
  get path(): string {
    return join(this.#home, 'mount')
  }

  async attach(): Promise<void> {
    const below = join(this.#home, 'below')
    this.#device = spawn(python, [program, this.#image, below], { stdio: 'ignore' })
    for (let tries = 0; !existsSync(join(below, 'disk')); tries++) {
      if (tries > 200) throw new Error('the device does not come up')
      await sleep(25)
    }
    this.#loop = done('losetup', '-f', '--show', join(below, 'disk')).trim()
    done('mount', this.#loop, this.path)
  }

  /** Takes everything apart: what only a cache had is gone. */
  async detach(): Promise<void> {
    if (this.#device === undefined) return
    done('umount', this.path)
    done('losetup', '-d', this.#loop)
    // The kernel lets go of the loop device's file a moment later.
    const isDone = (command: string): boolean => spawnSync(command, ['-u', join(this.#home, 'below')]).status === 0
    for (let tries = 0; tries < 200 && !isDone('fusermount3'); tries++) await sleep(25)
    while (this.#device.exitCode === null && this.#device.signalCode === null) await sleep(10)
    this.#device = undefined
  }

  /** From now on writes of blocks that hold `text` fail, or with `undefined` none. */
  failOn(text: string | undefined): void {
    if (text === undefined) rmSync(`${this.#image}.failing`, { force: true })
    else writeFileSync(`${this.#image}.failing`, text)
  }
}

function done(command: string, ...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}`)
  return stdout
}
