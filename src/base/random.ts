/** Where chance comes from; given to constructors, so that tests can repeat a run by its seed. */
export interface Random {
  /** Fills `target` with random bytes and returns it. */
  fill(target: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>
}

/** Unpredictable bytes of the platform. */
export const systemRandom: Random = {
  fill: (target) => {
    crypto.getRandomValues(target)
    return target
  },
}

/** A repeatable source for tests: xorshift32 from `seed` (not 0). Never for anything secret. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return {
    fill: (target) => {
      for (let i = 0; i < target.length; i++) {
        state ^= state << 13
        state ^= state >>> 17
        state ^= state << 5
        target[i] = state
      }
      return target
    },
  }
}
