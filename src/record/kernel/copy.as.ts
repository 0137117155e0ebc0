/** From here on the engine's own copy is faster than a loop. */
const BULK_BYTES_MIN: usize = 1024

/**
 * Copies `bytes` bytes between places that do not overlap, in steps that read and write up to 31 bytes too many: the slack
 * after every range, or what is written next, takes them.
 */
// @inline
export function copyOver(target: usize, source: usize, bytes: usize): void {
  if (bytes < BULK_BYTES_MIN) {
    let i: usize = 0
    do {
      v128.store(target + i, v128.load(source + i))
      v128.store(target + i, v128.load(source + i, 16), 16)
      i += 32
    } while (i < bytes)
  } else {
    memory.copy(target, source, bytes)
  }
}

/** As `copyOver`, in steps that suit lines of text: reads and writes up to 63 bytes too many. */
// @inline
export function copyLine(target: usize, source: usize, bytes: usize): void {
  v128.store(target, v128.load(source))
  v128.store(target, v128.load(source, 16), 16)
  if (bytes <= 32) return
  v128.store(target, v128.load(source, 32), 32)
  v128.store(target, v128.load(source, 48), 48)
  for (let i: usize = 64; i < bytes; i += 64) {
    v128.store(target + i, v128.load(source + i))
    v128.store(target + i, v128.load(source + i, 16), 16)
    v128.store(target + i, v128.load(source + i, 32), 32)
    v128.store(target + i, v128.load(source + i, 48), 48)
  }
}

/**
 * Repeats the bytes at `target - distance` up to `target + bytes`, as LZ77 matches do: source and target may overlap. Writes
 * up to 31 bytes too many.
 */
// @inline
export function copyMatch(target: usize, distance: usize, bytes: usize): void {
  const end = target + bytes
  const source = target - distance
  let period = distance
  // Each store makes the known part longer by one period, until 16 bytes can be taken at once.
  while (period < 16) {
    v128.store(source + period, v128.load(source))
    period <<= 1
  }
  for (let at = source + period; at < end; at += 16) v128.store(at, v128.load(at - period))
}
