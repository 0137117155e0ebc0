import type { HttpAnswer, HttpPages } from '../../network/http-endpoint.ts'
import type { Watched } from './prometheus.ts'

/** What is told to those who watch: `/metrics` for Prometheus, `/healthz` while the process answers at all, `/readyz` while clients are served. */
export function watchPages(watched: Watched): HttpPages {
  const { broker } = watched
  return {
    '/metrics': async () => {
      const { brokerFamilies } = await import('./prometheus.ts')
      const { metricText } = await import('./metric-family.ts')
      const unreadable = (metric: string, error: unknown): void => {
        const reason = error instanceof Error ? error.message : String(error)
        broker.services.log.warn('metric cannot be read', { metric, reason })
      }
      return { status: 200, contentType: metricsType, body: await metricText(brokerFamilies(watched), unreadable) }
    },
    '/healthz': () => plain(200, 'ok'),
    '/readyz': () => (broker.isServing ? plain(200, 'ready') : plain(503, 'not ready')),
  }
}

const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

function plain(status: number, text: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}
