import type { CliContext } from './context.ts'
import { readRecords } from './consume/reading-run.ts'
import { tailSettings, type TailOptions } from './consume/settings.ts'
import { openStore } from './open-store.ts'

export type { TailOptions }

/** `tslog tail`: the last records, then what comes. Resolves to the exit code; throws what the user must hear. */
export async function tail(options: TailOptions, context: CliContext): Promise<number> {
  const settings = tailSettings(options, context.clock.now())
  const store = await openStore(options, context)
  try {
    return await readRecords(settings, store, context)
  } finally {
    store.close()
  }
}
