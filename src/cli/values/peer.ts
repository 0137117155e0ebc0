import { UsageError } from '../../base/errors.ts'
import { quoted } from '../format/visible-text.ts'
import type { BrokerAddress } from './broker-list.ts'

/** Where the other end of a replication is. */
export type Peer =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'bundle'; readonly path: string }
  | SshPeer
  | BrokersPeer

/** A `tslog serve`, or a cluster that is not ours. */
export interface BrokersPeer {
  readonly kind: 'tcp' | 'kafka'
  readonly servers: readonly BrokerAddress[]
  readonly isTls: boolean
}

export interface SshPeer {
  readonly kind: 'ssh'
  readonly user: string | undefined
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number | undefined
  /** Absolute, or relative to the home directory. */
  readonly path: string
}

/** How a peer is written, for messages. */
const forms =
  'ssh://[user@]host[:port]/dir, tcp://host:port, kafka://host:port, bundle:FILE, or the path of a directory with a / in it'

/** Nothing that ssh could take for an option, or a shell for more than a word (CVE-2017-1000117). */
const plainName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/
const addressV6 = /^[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9_.-]{1,32})?$/
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const control = /[\u0000-\u001f\u007f]/

/** Reads a PEER. Throws `UsageError`; what another tool would have meant gets its hint. */
export function parsePeer(text: string): Peer {
  if (control.test(text)) throw bad(text, 'holds a control character')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme !== undefined) return fromUrl(text, scheme)
  if (text.startsWith('bundle:')) return bundle(text)
  const remote = /^(?:([^/@:]+)@)?([^/@:]+):(.*)$/.exec(text)
  if (remote !== null) throw otherHabit(text, remote)
  if (text.includes('/')) return { kind: 'directory', path: text }
  throw new UsageError(`${quoted(text)} is not a peer`, { hint: `a PEER is ${forms}` })
}

function bundle(text: string): Peer {
  const path = text.slice('bundle:'.length)
  if (path === '') throw bad(text, 'names no file', 'bundle:monday.bundle')
  if (path === '-')
    throw bad(text, 'is no file: all of a bundle is checked before any is applied', 'bundle:monday.bundle')
  return { kind: 'bundle', path }
}

function fromUrl(text: string, scheme: string): Peer {
  const rest = text.slice(scheme.length + 3)
  switch (scheme) {
    case 'ssh':
      return ssh(text, rest)
    case 'tcp':
    case 'tcps':
      return { kind: 'tcp', servers: [hostAndPort(text, rest)], isTls: scheme === 'tcps' }
    case 'kafka':
    case 'kafkas': {
      const servers = rest.replace(/\/$/, '').split(',')
      return { kind: 'kafka', servers: servers.map((one) => hostAndPort(text, one)), isTls: scheme === 'kafkas' }
    }
    default:
      throw new UsageError(`${quoted(text)}: ${scheme}:// is not spoken here`, { hint: `a PEER is ${forms}` })
  }
}

function ssh(text: string, rest: string): SshPeer {
  const slash = rest.indexOf('/')
  if (slash < 0) throw bad(text, 'names no directory', 'ssh://host/srv/logs')
  const authority = rest.slice(0, slash)
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? undefined : authority.slice(0, at)
  if (user !== undefined && !plainName.test(user))
    throw bad(text, 'has a user name that cannot be one', 'ssh://log@host/srv/logs')
  const { host, port } = splitHost(text, authority.slice(at + 1))
  return { kind: 'ssh', user, host, port, path: remotePath(text, rest.slice(slash)) }
}

/** `/~/dir` is under the home directory, where the far shell starts. */
function remotePath(text: string, path: string): string {
  if (path === '/') throw bad(text, 'names no directory', 'ssh://host/srv/logs')
  if (path === '/~' || path.startsWith('/~/')) return `./${path.slice(3)}`
  if (path.startsWith('/~')) throw bad(text, 'names the home directory of another user', 'ssh://host/~/logs')
  return path
}

function hostAndPort(text: string, rest: string): { host: string; port: number } {
  const { host, port } = splitHost(text, rest.replace(/\/$/, ''))
  if (port === undefined) throw bad(text, 'names no port', `${text.replace(/\/$/, '')}:9092`)
  return { host, port }
}

function splitHost(text: string, authority: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(authority)
  const host = match?.[1] ?? match?.[2] ?? ''
  const isAddress = match?.[1] !== undefined
  if (match === null || !(isAddress ? addressV6 : plainName).test(host))
    throw bad(text, 'has a host name that cannot be one')
  return { host, port: match[3] === undefined ? undefined : portOf(text, match[3]) }
}

function portOf(text: string, digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  if (port < 1 || port > 65_535) throw bad(text, 'has a port that is not 1 to 65535')
  return port
}

function bad(text: string, what: string, example = 'ssh://log@host/srv/logs'): UsageError {
  return new UsageError(`peer ${quoted(text)} ${what}`, { hint: `for example ${example}` })
}

function otherHabit(text: string, [, user, host = '', path = '']: RegExpExecArray): UsageError {
  const isAddress = user === undefined && /^\d{1,5}$/.test(path)
  const from = user === undefined ? '' : `${user}@`
  const directory = path.startsWith('/') ? path : `/~/${path}`
  const hint = isAddress
    ? `a tslog serve there is tcp://${host}:${path}, another broker kafka://${host}:${path}`
    : `over ssh that is ssh://${from}${host}${directory}`
  return new UsageError(`${quoted(text)} is not a peer`, { hint })
}
