/** A value as Prometheus reads it. */
export interface ReadSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: string
}

export interface ReadMetrics {
  readonly types: ReadonlyMap<string, string>
  readonly helps: ReadonlyMap<string, string>
  readonly samples: readonly ReadSample[]
}

/** Reads the text format of Prometheus, version 0.0.4. Throws at the first line that is none. */
export function parseMetrics(text: string): ReadMetrics {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end')
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  const samples: ReadSample[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    const told = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.*)$/su.exec(line)
    if (told !== null) {
      const [, what, name = '', rest = ''] = told
      const into = what === 'HELP' ? helps : types
      if (into.has(name)) throw new Error(`${what} of ${name} twice`)
      into.set(name, rest)
    } else samples.push(sampleOf(line))
  }
  return { types, helps, samples }
}

function sampleOf(line: string): ReadSample {
  const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([+-]?Inf|NaN|[-+.\de]+)$/su.exec(line)
  if (parts === null) throw new Error(`no sample: ${line}`)
  const [, name = '', labels = '', value = ''] = parts
  return { name, labels: labelsOf(labels), value }
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  const one = /([a-zA-Z_]\w*)="((?:[^"\\]|\\["\\n])*)"(,|$)/suy
  while (one.lastIndex < text.length) {
    const at = one.lastIndex
    const [, name = '', value = ''] = one.exec(text) ?? []
    if (name === '') throw new Error(`no label: ${text.slice(at)}`)
    labels[name] = value.replaceAll(/\\(["\\n])/gu, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}

/** What Prometheus' own `promtool check metrics` would find wrong, and series that are there twice. */
export function faultsOfMetrics(text: string): string[] {
  const { types, helps, samples } = parseMetrics(text)
  const faults: string[] = []
  for (const [name, type] of types) {
    if (!helps.has(name)) faults.push(`${name} has no help`)
    if (type === 'counter' && !name.endsWith('_total')) faults.push(`the counter ${name} does not end with _total`)
    if (type !== 'counter' && name.endsWith('_total')) faults.push(`${name} ends as a counter`)
    if (type !== 'histogram' && /_(?:bucket|sum|count)$/u.test(name)) faults.push(`${name} ends as a histogram`)
  }
  const seen = new Set<string>()
  for (const { name, labels } of samples) {
    const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/u, '')
    if (!types.has(family)) faults.push(`${name} has no type`)
    const series = JSON.stringify([name, Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1))])
    if (seen.has(series)) faults.push(`twice: ${series}`)
    seen.add(series)
  }
  return faults
}
