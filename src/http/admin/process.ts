import { text } from '../server/operation.ts'
import { hydraNoStore, json } from '../server/response.ts'
import type { Endpoint } from '../server/route.ts'

/** `GET /admin/metrics/prometheus`: the metrics of the process in the text format of Prometheus. */
export const metrics = ({ metricsText }: { readonly metricsText: () => Promise<string> }): Endpoint => ({
  method: 'GET',
  path: '/admin/metrics/prometheus',
  face: 'plain',
  operation: {
    id: 'getPrometheusMetrics',
    tag: 'metadata',
    summary: 'Read the metrics of the process in the text format of Prometheus.',
    responses: { 200: { description: 'Samples.', type: 'text/plain', schema: text } },
    isStatic: true,
  },
  async handler() {
    return {
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
      body: await metricsText(),
    }
  },
})

/** `GET /version`, with and without the prefix `/admin`, as in Hydra. */
export const version = ({ version }: { readonly version: string }): readonly Endpoint[] =>
  ['/admin/version', '/version'].map((path) => ({
    method: 'GET',
    path,
    face: 'plain',
    operation: {
      id: 'getVersion',
      tag: 'metadata',
      summary: 'Read the version of this server.',
      responses: { 200: { description: 'A version.', schema: 'Version' } },
      isStatic: true,
    },
    handler: () => json(200, { version }, hydraNoStore),
  }))
