import { UsageError } from '../../base/errors.ts'
import { formatJavaProperty } from '../../storage/java-properties.ts'
import { quoted } from '../format/visible-text.ts'
import { type Location, resolveLocation } from '../location.ts'
import { SETTINGS_FILE } from '../settings-files.ts'

/** Where a log is, as a settings file says it. */
export type LocationSetting =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'brokers'; readonly list: string }

/** The text of a settings file that names `setting`, with Kafka's keys. */
export function settingsText(setting: LocationSetting): string {
  const [key, value] = setting.kind === 'directory' ? ['log.dirs', setting.path] : ['bootstrap.servers', setting.list]
  return `# Where tslog finds the log; a flag or TSLOG_DIR goes before it.\n${formatJavaProperty(key, value)}\n`
}

/** Reads the text as every command will. Throws `UsageError` when that would not find what was set, such as a name with a comma. */
export function checkSettings(text: string, setting: LocationSetting): void {
  const cwd = '/'
  const files = {
    readText: (path: string) => (path === `${cwd}/${SETTINGS_FILE}` ? text : undefined),
    exists: () => false,
  }
  const found = resolveLocation({ flags: {}, environment: {}, cwd, files })
  if (isSame(found, setting, cwd)) return
  const typed = setting.kind === 'directory' ? setting.path : setting.list
  throw new UsageError(`${quoted(typed)} cannot be kept in a settings file`, { hint: 'choose another name' })
}

function isSame(found: Location, setting: LocationSetting, cwd: string): boolean {
  if (found.kind !== setting.kind) return false
  if (found.kind !== 'directory' || setting.kind !== 'directory') return true
  return found.path === setting.path || found.path === `${cwd}/${setting.path}`
}
