import type { Broker } from '../../broker/broker.ts'
import type { BrokerCounters } from '../../broker/broker-counters.ts'
import type { HttpAnswer, HttpPages } from '../../network/http-endpoint.ts'

/** What is told to those who watch: `/metrics` for Prometheus, `/healthz` while the process answers at all, `/readyz` while clients are served. */
export function watchPages(broker: Broker, counters: BrokerCounters): HttpPages {
  return {
    '/metrics': async () => {
      const { prometheusRegistry } = await import('./prometheus.ts')
      const registry = prometheusRegistry({ broker, counters })
      return { status: 200, contentType: registry.contentType, body: await registry.metrics() }
    },
    '/healthz': () => plain(200, 'ok'),
    '/readyz': () => (broker.isServing ? plain(200, 'ready') : plain(503, 'not ready')),
  }
}

function plain(status: number, text: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}
