import { UsageError } from '../../base/errors.ts'
import { quoted } from '../format/visible-text.ts'
import type { SshPeer } from '../values/peer.ts'

export interface SshOptions {
  /** The program and words of its own, as `--ssh-command` has them. */
  readonly command: string
  /** Where tslog is on the far side. */
  readonly remoteTslog: string
  readonly compress: boolean
}

/**
 * The command line that reaches `peer`: no shell of ours sees it, nothing in it can be taken for an option, and the far shell gets one command
 * whose words are quoted.
 */
export function sshCommandLine(
  { user, host, port, path }: SshPeer,
  { command, remoteTslog, compress }: SshOptions,
): string[] {
  const words = wordsOf(command)
  if (words.length === 0)
    throw new UsageError('--ssh-command is empty', { hint: 'for example --ssh-command "ssh -i key"' })
  if (remoteTslog === '' || remoteTslog.startsWith('-')) {
    throw new UsageError(`--remote-tslog: ${quoted(remoteTslog)} is no path of a program`, {
      hint: 'for example --remote-tslog /opt/tslog',
    })
  }
  const target = user === undefined ? host : `${user}@${host}`
  // Nobody can be asked for a password: standard input carries the log.
  return [
    ...words,
    '-oBatchMode=yes',
    // A link that is gone without a word is noticed, also while there is nothing to send.
    '-oServerAliveInterval=15',
    ...(compress ? ['-C'] : []),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    target,
    `${shellQuoted(remoteTslog)} ${farSideWord} ${shellQuoted(path)}`,
  ]
}

/** Words with white space between them; quotes hold one together, as in a shell, and nothing else is special. */
function wordsOf(command: string): string[] {
  const words = command.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+|["']/g) ?? []
  if (words.some((word) => word === '"' || word === "'")) {
    throw new UsageError(`--ssh-command: a quote in ${quoted(command)} has no other end`, {
      hint: `for example --ssh-command "ssh -i '/srv/my key'"`,
    })
  }
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'))
}

/** The word by which tslog is called on the far side. */
export const farSideWord = '__replicate'

/** One word for any POSIX shell, whatever is in it. */
function shellQuoted(text: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
