import type { ProduceSettings } from './settings.ts'

/**
 * How messages name a record of the input: `line 7` of standard input (`-`), `app.log: line 7` of a file, and the input itself where it
 * is one record. Lines count from 1, in each input anew.
 */
export function recordPlace(name: string, line: number, { delimiter }: Pick<ProduceSettings, 'delimiter'>): string {
  if (delimiter.length === 0) return name === '-' ? 'standard input' : name
  return name === '-' ? `line ${line}` : `${name}: line ${line}`
}
