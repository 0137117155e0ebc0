import { parseDuration } from '../flag-value.ts'
import { badValue } from './bad-value.ts'

/** When what was written becomes durable: what `--fsync` says. */
export type FsyncPolicy =
  | { readonly kind: 'never' }
  /** Once, before the command ends. */
  | { readonly kind: 'exit' }
  /** After each batch, before it is visible. */
  | { readonly kind: 'batch' }
  | { readonly kind: 'interval'; readonly intervalMs: number }

/** Reads `never|exit|batch|interval:MS`; the interval may have a unit (`interval:2s`). Throws `UsageError`. */
export function parseFsyncPolicy(text: string, flag: string): FsyncPolicy {
  if (text === 'never' || text === 'exit' || text === 'batch') return { kind: text }
  const intervalMs = text.startsWith('interval:') ? parseDuration(text.slice('interval:'.length), 'ms') : undefined
  if (intervalMs === undefined || intervalMs < 1)
    throw badValue(flag, text, 'never, exit, batch or interval:MS', 'interval:500')
  return { kind: 'interval', intervalMs }
}
