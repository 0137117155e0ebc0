import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** A file system of its own with little room, which only root may make. */
export class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'tslog-small-disk-'))

  /** `undefined` where the machine does not let us mount, which is said on stderr. */
  static make(size: string): SmallDisk | undefined {
    const disk = new SmallDisk()
    const { uid, gid } = userInfo()
    const failure = asRoot('mount', '-t', 'tmpfs', '-o', `size=${size},uid=${uid},gid=${gid}`, 'tmpfs', disk.path)
    if (failure === undefined) return disk
    rmSync(disk.path, { recursive: true })
    process.stderr.write(`SKIPPED: tests that need a small disk: ${failure}\n`)
    return undefined
  }

  /** Gives it more room, or less. */
  resize(size: string): void {
    const failure = asRoot('mount', '-o', `remount,size=${size}`, this.path)
    if (failure !== undefined) throw new Error(failure)
  }

  remove(): void {
    asRoot('umount', '--lazy', this.path)
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** What went wrong, if anything. */
function asRoot(...words: string[]): string | undefined {
  const [program = '', ...rest] = userInfo().uid === 0 ? words : ['sudo', '-n', ...words]
  const { status, error, stderr } = spawnSync(program, rest, { encoding: 'utf8' })
  return status === 0 ? undefined : (error?.message ?? stderr.trim())
}
