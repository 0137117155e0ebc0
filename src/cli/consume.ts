import type { CliContext } from './context.ts'
import { readRecords } from './consume/reading-run.ts'
import { type ConsumeOptions, consumeSettings } from './consume/settings.ts'
import { openStore } from './open-store.ts'

export type { ConsumeOptions }

/** `tslog consume`: records out, from the start to the end. Resolves to the exit code; throws what the user must hear. */
export async function consume(options: ConsumeOptions, context: CliContext): Promise<number> {
  const settings = consumeSettings(options, context.clock.now())
  const store = await openStore(options, context)
  try {
    return await readRecords(settings, store, context)
  } finally {
    store.close()
  }
}
