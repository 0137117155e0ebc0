import type { TimestampMs } from '../../base/brands.ts'

/** A local calendar, so that tests need not live in a time zone. */
export interface LocalZone {
  /** The local date at a point in time. */
  dateOf(time: TimestampMs): { readonly year: number; readonly month: number; readonly day: number }
  /** The point in time of a local date and the time shown by a clock; days below 1 and above the month's end run over. */
  toUtc(local: LocalTime): TimestampMs
}

export interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** Ms that the clock on the wall shows since midnight. */
  readonly dayMs: number
}

/** The time zone of this process (`TZ`, or the machine's). */
export const LOCAL_ZONE: LocalZone = {
  dateOf(time) {
    const date = new Date(time)
    return { year: date.getFullYear(), month: date.getMonth() + 1, day: date.getDate() }
  },
  toUtc({ year, month, day, dayMs }) {
    const minutes = Math.floor(dayMs / 60_000)
    return new Date(year, month - 1, day, Math.floor(minutes / 60), minutes % 60, 0, dayMs % 60_000).getTime()
  },
}
