import { isDeepStrictEqual } from 'node:util'
import type { BrokerLog } from '../../broker/broker-log.ts'
import { brokerConfigOf, brokerSettings, type BrokerSettings } from '../../broker/broker-settings.ts'
import type { Broker } from '../../broker/broker.ts'
import type { KeptReplications } from './kept-replications.ts'
import { securityOf } from './security-settings.ts'
import type { ServeSettings } from './serve-settings.ts'

/** Settings that hold from when they are read again; all others hold from the start to the end. */
const liveSettings: ReadonlySet<keyof BrokerSettings> = new Set([
  'autoCreateTopics',
  'isTopicDeletionEnabled',
  'numPartitions',
  'messageBytesMax',
  'fetchBytesMax',
  'saslMechanisms',
  'isPlainWithoutTls',
  'sessionMs',
  'certificateFile',
  'keyFile',
  'keyPassword',
  'authorityFile',
  'keystoreFile',
  'keystoreType',
  'truststoreFile',
  'truststoreType',
  'certificateText',
  'keyText',
  'authorityText',
  'superUsers',
  'isOpenWithoutRules',
])

export interface Reloading {
  readonly broker: Broker
  readonly replications: KeptReplications
  /** As they were when it started. */
  readonly atStart: ServeSettings
  /** As they are now; throws what is wrong with them. */
  readonly read: () => ServeSettings
  readonly log: BrokerLog
}

/**
 * Reads settings, certificates, users, access rules and quotas again, each by itself: one that cannot be read is left as it was. The log says what was
 * read, and what has changed and needs a restart.
 */
export async function reload(reloading: Reloading): Promise<void> {
  const { broker, log } = reloading
  const { credentials, accessRules, quotaTable } = broker.services
  const parts: readonly (readonly [string, () => void | Promise<void>])[] = [
    ['users', () => credentials.reload()],
    ...(accessRules === undefined ? [] : [['access rules', () => accessRules.reload()] as const]),
    ['quotas', () => quotaTable.reload()],
    ['settings', () => reloadSettings(reloading)],
  ]
  for (const [what, act] of parts) {
    try {
      await act()
    } catch (error) {
      log.error(`${what} left as they were`, { reason: error instanceof Error ? error.message : String(error) })
      continue
    }
    log.info(`${what} read again`)
  }
}

async function reloadSettings({ broker, replications, atStart, read, log }: Reloading): Promise<void> {
  const now = read()
  // The listeners are those of the start, whatever the file says of them now.
  const security = securityOf(now.settings, atStart.listeners)
  if (security.tls !== undefined) await broker.renewTls(security.tls)
  broker.reconfigure(brokerConfigOf(now.settings), security)
  await replications.apply(now.replications)
  for (const setting of needingRestart(atStart, now)) log.warn('setting needs a restart', { setting })
}

/** Names of settings that are others than at the start, and do not hold before the next one. */
function needingRestart(atStart: ServeSettings, now: ServeSettings): string[] {
  const keys = Object.keys(brokerSettings) as (keyof BrokerSettings)[]
  const changed = keys.filter(
    (key) => !liveSettings.has(key) && !isDeepStrictEqual(atStart.settings[key], now.settings[key]),
  )
  const names = changed.map((key): string => brokerSettings[key].name)
  if (!isDeepStrictEqual(atStart.listeners, now.listeners)) names.push('listeners')
  if (!isDeepStrictEqual(atStart.metricsAddress, now.metricsAddress)) names.push('metrics.listener')
  if (atStart.directory !== now.directory) names.push('log.dirs')
  return names
}
