import type { HttpAnswer, HttpPages } from '../../network/http-endpoint.ts'
import type { Watched } from './prometheus.ts'

/** What is told to those who watch: `/metrics` for Prometheus, `/healthz` while the process answers at all, `/readyz` while clients are served. */
export function watchPages(watched: Watched): HttpPages {
  const { broker } = watched
  return {
    '/metrics': async () => {
      const { prometheusRegistry } = await import('./prometheus.ts')
      const registry = prometheusRegistry(watched)
      return { status: 200, contentType: registry.contentType, body: await registry.metrics() }
    },
    '/healthz': () => plain(200, 'ok'),
    '/readyz': () => (broker.isServing ? plain(200, 'ready') : plain(503, 'not ready')),
  }
}

function plain(status: number, text: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}
