/** What Bun has beyond Node. */
interface Runtime {
  readonly unsafe?: { readonly setJITPolicy?: (scale: number) => void }
}

/** The binary starts with a compiler that waits so many times as many calls as is usual: what a start calls is seldom called again. */
export const startUpJitPolicy = 3

/** To open more partitions than this takes longer than the start. */
export const fewPartitionsMax = 8

/**
 * Says that from now on speed counts, not the start: this thread's compiler waits no longer than is usual, also for what was called before.
 * Costs next to nothing, may be called again, and does nothing under Node.
 */
export function endStartUp(): void {
  const { Bun: runtime } = globalThis as { readonly Bun?: Runtime }
  runtime?.unsafe?.setJITPolicy?.(1)
}
