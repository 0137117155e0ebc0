import { UsageError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest-name.ts'
import { type ConfigDefinition, flag, text, wholeNumber } from '../../storage/config-definition.ts'
import { quoted } from '../format/visible-text.ts'
import type { ReplicatePlan } from '../replicate/plan.ts'
import { parsePartitionList } from '../values/partition-list.ts'
import { parsePeer, type Peer } from '../values/peer.ts'

/** A replication that a server keeps up. */
export interface ReplicateEntry {
  readonly name: string
  /** As the settings name it. */
  readonly peer: string
  readonly plan: ReplicatePlan
  /** Settings of clients, for TLS and login; those of the server's own user when there is none. */
  readonly clientConfig: string | undefined
}

/** What may be said of `replicate.NAME.`; the flags of `tslog replicate`. */
export const replicateSettings = {
  peer: text('peer', { byDefault: '', example: 'ssh://log@host/srv/logs', doc: 'Where the other side is.' }),
  topics: text('topics', { byDefault: '', example: 'app-*,orders', doc: 'Topics, or patterns of their names.' }),
  from: flag('from', { byDefault: 'false', example: 'true', doc: 'Whether it is copied from the peer to here.' }),
  partitions: text('partitions', { byDefault: '', example: '0,3-5', doc: 'Only these partitions.' }),
  groups: flag('groups', { byDefault: 'false', example: 'true', doc: 'Also what groups have committed.' }),
  keep: flag('keep', {
    byDefault: 'false',
    example: 'true',
    doc: 'Whether the copy keeps what its source has no more.',
  }),
  overwrite: flag('overwrite.diverged', {
    byDefault: 'false',
    example: 'true',
    doc: 'Whether a copy that has diverged is cut back to where it left its source.',
  }),
  bwlimit: wholeNumber('bwlimit', {
    type: 'long',
    min: 0n,
    unit: 'bytes',
    byDefault: '0',
    example: '10M',
    doc: 'At most so many bytes a second; 0 for no limit.',
  }),
  compress: flag('compress', { byDefault: 'false', example: 'true', doc: 'Whether the link is slow.' }),
  sshCommand: text('ssh.command', {
    byDefault: 'ssh',
    example: 'ssh -i /etc/tslog/key',
    doc: 'The program that connects.',
  }),
  remoteTslog: text('remote.tslog', {
    byDefault: 'tslog',
    example: '/opt/tslog/bin/tslog',
    doc: 'Where tslog is on the far side.',
  }),
  clientConfig: text('client.config', {
    byDefault: '',
    example: '/etc/tslog/client.properties',
    doc: 'A file with TLS and login for the peer, as TSLOG_CLIENT_CONFIG names one.',
  }),
} as const

type Settings = {
  readonly [K in keyof typeof replicateSettings]: (typeof replicateSettings)[K] extends ConfigDefinition<infer T>
    ? T
    : never
}

const prefix = 'replicate.'

/** Takes the `replicate.NAME.` settings out of `texts`. Throws `UsageError` naming the setting; `where` is the file. */
export function takeReplicateEntries(texts: Map<string, string>, where: string): ReplicateEntry[] {
  const named = new Map<string, Map<string, string>>()
  for (const [key, value] of texts) {
    const [, name = '', rest = ''] = /^replicate\.([A-Za-z0-9_-]{1,60})\.(.+)$/.exec(key) ?? []
    if (!key.startsWith(prefix)) continue
    if (name === '')
      throw bad(where, `${key} is not replicate.NAME.SETTING`, 'such as replicate.backup.peer=ssh://host/dir')
    texts.delete(key)
    named.set(name, (named.get(name) ?? new Map<string, string>()).set(rest, value))
  }
  return Array.from(named, ([name, settings]) => entryOf(name, settings, where))
}

function entryOf(name: string, texts: ReadonlyMap<string, string>, where: string): ReplicateEntry {
  const settings = readSettings(name, texts, where)
  const patterns = settings.topics
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  if (settings.peer === '')
    throw bad(where, `${prefix}${name} has no peer`, `such as ${prefix}${name}.peer=ssh://host/srv/logs`)
  if (patterns.length === 0) throw bad(where, `${prefix}${name} has no topics`, `such as ${prefix}${name}.topics=*`)
  const peer = peerOf(settings.peer, `${where}: ${prefix}${name}.peer`)
  if (peer.kind === 'bundle')
    throw bad(where, `${prefix}${name}.peer: a bundle cannot be kept up`, `such as ssh://host/srv/logs`)
  const request = {
    patterns,
    all: false,
    partitions:
      settings.partitions === '' ? [] : parsePartitionList([settings.partitions], `${prefix}${name}.partitions`),
    groups: settings.groups,
    keepsOld: settings.keep,
    overwritesDiverged: settings.overwrite,
    follows: true,
    isDryRun: false,
    isSlow: settings.compress && peer.kind === 'tcp',
    bytesPerSecond: settings.bwlimit === 0 ? undefined : settings.bwlimit,
  }
  const ssh = { command: settings.sshCommand, remoteTslog: settings.remoteTslog, compress: settings.compress }
  return {
    name,
    peer: settings.peer,
    plan: { request, peer, isPull: settings.from, since: undefined, ssh },
    clientConfig: settings.clientConfig || undefined,
  }
}

/** `setting` says where it stands. */
function peerOf(text: string, setting: string): Peer {
  try {
    return parsePeer(text)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(`${setting}: ${error.message}`, {
      cause: error,
      ...(error.hint !== undefined && { hint: error.hint }),
    })
  }
}

function readSettings(name: string, texts: ReadonlyMap<string, string>, where: string): Settings {
  const left = new Map(texts)
  const read: Record<string, unknown> = {}
  for (const [key, definition] of Object.entries<ConfigDefinition<unknown>>(replicateSettings)) {
    const given = left.get(definition.name)
    left.delete(definition.name)
    const value = given === undefined ? { value: definition.defaultValue } : definition.read(given)
    if (value === undefined) {
      const setting = `${prefix}${name}.${definition.name}`
      throw bad(
        where,
        `${setting} cannot be ${quoted(given ?? '')}: it is ${definition.range()}`,
        `such as ${definition.example}`,
      )
    }
    read[key] = value.value
  }
  const [unknown] = left.keys()
  if (unknown !== undefined) {
    const near =
      nearest(
        unknown,
        Object.values(replicateSettings).map((one) => one.name),
      ) ?? 'topics'
    throw bad(where, `${prefix}${name}.${unknown} is not known`, `did you mean ${prefix}${name}.${near}?`)
  }
  return read as Settings
}

function bad(where: string, what: string, hint: string): UsageError {
  return new UsageError(`${where}: ${what}`, { hint })
}
