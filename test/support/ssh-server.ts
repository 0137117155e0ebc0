import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { builtBinary } from './built-binary.ts'

/** A real sshd on a free port, with keys of its own. */
export class SshServer {
  readonly port: number
  readonly #home: string
  #sshd: ChildProcess

  private constructor(home: string, port: number, sshd: ChildProcess) {
    this.#home = home
    this.port = port
    this.#sshd = sshd
  }

  static async start(): Promise<SshServer> {
    const home = mkdtempSync(join(tmpdir(), 'tslog-sshd-'))
    for (const name of ['host', 'user', 'other']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, name)])
    }
    const port = await freePort()
    const settings = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(home, 'host')}`,
      `AuthorizedKeysFile ${join(home, 'user.pub')}`,
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      // What the tester's shell reads when it starts is none of the test's business.
      `SetEnv HOME=${home}`,
    ]
    writeFileSync(join(home, 'sshd_config'), `${settings.join('\n')}\n`)
    // The directory that a sshd of root separates its privileges in.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true })
    return new SshServer(home, port, await launch(home))
  }

  /** What --ssh-command takes. */
  sshCommand(key = 'user'): string {
    const options = [
      '-o',
      'LogLevel=ERROR',
      '-F',
      'none',
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
    ]
    return ['ssh', ...options, '-o', 'IdentitiesOnly=yes', '-i', join(this.#home, key)].join(' ')
  }

  /** The words of a command line that reach a directory here. */
  peer(directory: string, tslog = builtBinary()): string[] {
    const url = `ssh://${userInfo().username}@127.0.0.1:${this.port}${directory}`
    return [url, '--ssh-command', this.sshCommand(), '--remote-tslog', tslog]
  }

  /** Takes no more connections; those that stand go on. */
  async goAway(): Promise<void> {
    this.#sshd.kill()
    await once(this.#sshd, 'exit')
  }

  /** Is there again, at the same port. */
  async comeBack(): Promise<void> {
    this.#sshd = await launch(this.#home)
  }

  async stop(): Promise<void> {
    await this.goAway()
    rmSync(this.#home, { recursive: true, force: true })
  }
}

async function launch(home: string): Promise<ChildProcess> {
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(home, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  sshd.stderr.setEncoding('utf8')
  for await (const text of sshd.stderr) if (String(text).includes('Server listening')) break
  return sshd
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
