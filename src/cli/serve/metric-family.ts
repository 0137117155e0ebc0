import { Counter, Gauge, type Registry } from 'prom-client'

/** One value of a family, and what it is of. */
export type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number]

/** A metric with all its values, which are read when somebody asks. */
export interface MetricFamily {
  readonly kind: 'counter' | 'gauge'
  readonly name: string
  /** What it is, in one sentence. */
  readonly help: string
  readonly labels?: readonly string[]
  readonly samples: () => Iterable<Sample> | Promise<Iterable<Sample>>
}

/** Makes the family part of what `registry` tells. */
export function addFamily(registry: Registry, { kind, name, help, labels = [], samples }: MetricFamily): void {
  const common = { name, help, labelNames: [...labels], registers: [registry] }
  if (kind === 'gauge') {
    void new Gauge({
      ...common,
      async collect() {
        this.reset()
        for (const [of, value] of await samples()) this.set(of, value)
      },
    })
    return
  }
  void new Counter({
    ...common,
    async collect() {
      this.reset()
      for (const [of, value] of await samples()) this.inc(of, value)
    },
  })
}

/** A family of one value without labels. */
export function simpleFamily(
  kind: MetricFamily['kind'],
  name: string,
  help: string,
  value: () => number,
): MetricFamily {
  return { kind, name, help, samples: () => [[{}, value()]] }
}
