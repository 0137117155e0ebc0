/** One value of a family, and what it is of. The parts of a histogram say which they are by the end of their name. */
export type Sample = readonly [
  labels: Readonly<Record<string, string | number>>,
  value: number,
  suffix?: '_bucket' | '_sum' | '_count',
]

/** A metric with all its values, which are read when somebody asks. */
export interface MetricFamily {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  /** What it is, in one sentence. */
  readonly help: string
  readonly samples: () => Iterable<Sample> | Promise<Iterable<Sample>>
}

/** A family of one value without labels. */
export function simpleFamily(kind: 'counter' | 'gauge', name: string, help: string, value: () => number): MetricFamily {
  return { kind, name, help, samples: () => [[{}, value()]] }
}

/** The families in Prometheus' text format, version 0.0.4. One that cannot be read, of which `onFailure` is told, has no values; the others have theirs. */
export async function metricText(
  families: readonly MetricFamily[],
  onFailure: (name: string, error: unknown) => void,
): Promise<string> {
  const texts: string[] = []
  for (const family of families) {
    const { kind, name, help } = family
    texts.push(`# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${kind}\n`)
    // With thousands of partitions a family takes some ms: clients are answered in between.
    await new Promise((resolve) => void setImmediate(resolve))
    try {
      for (const [labels, value, suffix = ''] of await family.samples()) {
        texts.push(`${name}${suffix}${labelText(labels)} ${valueText(value)}\n`)
      }
    } catch (error) {
      onFailure(name, error)
    }
  }
  return texts.join('')
}

function labelText(labels: Sample[0]): string {
  let text = ''
  for (const name in labels) {
    const value = labels[name]
    text += `${text === '' ? '{' : ','}${name}="${typeof value === 'string' ? escapedLabel(value) : value}"`
  }
  return text === '' ? '' : `${text}}`
}

function valueText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}

/** Names come from clients: none may end a line, or a label. */
function escapedLabel(text: string): string {
  return /["\\\n]/u.test(text) ? escaped(text).replaceAll('"', '\\"') : text
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
