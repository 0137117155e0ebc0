/**
 * Tries again and again until `isThere` says true (then true) or `waitMs` are over (then false).
 *
 * Why not let the kernel wait (`F_OFD_SETLKW`): both runtimes install their signal handlers with `SA_RESTART`, so nothing
 * but the lock ends such a wait, and it knows no time limit. It is not faster either: the README has the figures.
 */
export function waitUntil(isThere: () => boolean, waitMs: number): boolean {
  const start = performance.now()
  const cell = new Int32Array(new SharedArrayBuffer(4))
  for (let napMs = SHORTEST_NAP_MS; ; napMs *= 1.5) {
    for (let i = 0; i < TRIES_BETWEEN_NAPS; i++) if (isThere()) return true
    const waitedMs = performance.now() - start
    if (waitedMs >= waitMs) return false
    // Fractions of a microsecond are chance enough to keep many waiters out of step.
    const jitter = 0.5 + ((waitedMs * 1000) % 1)
    const longestMs = waitedMs < IMPATIENT_MS ? LONGEST_NAP_MS : LONG_HAUL_NAP_MS
    Atomics.wait(cell, 0, 0, Math.min(Math.min(napMs, longestMs) * jitter, waitMs - waitedMs))
  }
}

/** An append holds the lock for a few microseconds, so a second try at once often does it and saves two context switches. */
const TRIES_BETWEEN_NAPS = 3

const SHORTEST_NAP_MS = 0.05

/** Longer naps would give a little more throughput and let the unlucky starve: 0.3 s at 1 ms, 2.6 s at 5 ms, with an fsync in each turn. */
const LONGEST_NAP_MS = 0.5

/** After so long the holder is stopped or at some long work, and the processor is left alone. */
const IMPATIENT_MS = 2_000
const LONG_HAUL_NAP_MS = 5
