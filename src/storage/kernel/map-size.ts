/** Bytes of a slot of the map: a digest and an offset. */
const slotBytes = 24
/** How many of the slots are used at most: more makes look-ups of keys that are not there long. */
const loadFactor = 0.8
const slotsMin = 64

/** How many keys a map of `slots` takes. */
export function keysOf(slots: number): number {
  return Math.floor(slots * loadFactor)
}

/** How many slots a map may have within `mapBytes`. */
export function slotsWithin(mapBytes: number): number {
  return Math.max(slotsMin, Math.floor(mapBytes / slotBytes))
}

/** How many of `slotsMax` a map for `keys` uses: half of them stay empty where there is room, that is fastest. */
export function slotsFor(keys: number, slotsMax: number): number {
  return Math.min(slotsMax, Math.max(slotsMin, Math.ceil(keys * 2)))
}

export function bytesOfSlots(slots: number): number {
  return slots * slotBytes
}
