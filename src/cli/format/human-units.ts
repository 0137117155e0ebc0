import type { TimestampMs } from '../../base/brands.ts'

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** `512 B`, `1.5 MiB`: three digits at most, in powers of 1024. */
export function humanBytes(bytes: number | bigint): string {
  return scaled(Number(bytes), 1024, byteUnits)
}

/** `999`, `12.3k`, `4M`, in powers of 1000. */
export function humanCount(count: number | bigint): string {
  return scaled(Number(count), 1000, ['', 'k', 'M', 'G', 'T', 'P', 'E']).replace(' ', '')
}

/** The two largest units of a time span: `350ms`, `12s`, `3m 20s`, `2d 4h`. */
export function humanDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '-'
  if (ms < 1000) return `${Math.round(ms)}ms`
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toString()}s`
  const seconds = Math.floor(ms / 1000)
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ]
  const first = parts.findIndex((part) => part > 0)
  const names = ['d', 'h', 'm', 's']
  return [first, first + 1]
    .filter((at) => (parts[at] ?? 0) > 0)
    .map((at) => `${parts[at]}${names[at]}`)
    .join(' ')
}

/** `2026-03-01T02:15:00.000Z`; `-` for no timestamp, and the bare number for one that no calendar has. */
export function isoTime(timestampMs: TimestampMs): string {
  if (timestampMs === -1) return '-'
  return Math.abs(timestampMs) <= 8.64e15 ? new Date(timestampMs).toISOString() : String(timestampMs)
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let size = value
  let unit = 0
  while (Math.round(size) >= step && unit < units.length - 1) {
    size /= step
    unit++
  }
  return `${threeDigits(size, unit === 0)} ${units[unit]}`.trimEnd()
}

function threeDigits(size: number, isWhole: boolean): string {
  if (isWhole || size >= 100) return String(Math.round(size))
  return String(Number(size.toFixed(size >= 10 ? 1 : 2)))
}
