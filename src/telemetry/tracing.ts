import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace as spans,
  type Tracer,
} from '@opentelemetry/api'
import type { Trace } from '../lib/telemetry.ts'

export interface TracingSettings {
  readonly service_name: string
  readonly deployment_environment: string | undefined
  readonly providers: {
    readonly otlp: {
      /** Host and port, with or without a scheme. */
      readonly server_url: string | undefined
      readonly insecure: boolean
      readonly sampling: { readonly sampling_ratio: number }
      readonly authorization_header: string | undefined
    }
  }
}

/** The parts of a request that its span has at the beginning: never its path, query or credentials. */
export interface BegunRequest {
  readonly listener: string
  readonly method: string
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
}

export interface RequestSpan {
  /** Runs work of this request: its spans become children of this one. */
  run<T>(work: () => T): T
  /** @param facts `route`: the pattern of the route table */
  end(facts: { readonly route: string; readonly status: number }): void
}

export interface Tracing {
  readonly trace: Trace
  /** Begins the span of a request, in the trace of the caller if `traceparent` names one (W3C Trace Context). */
  request(begun: BegunRequest): RequestSpan
  /** Sends the buffered spans, and stops. */
  close(): Promise<void>
}

/** Milliseconds: how long spans are buffered, and how long an export may take. */
const exportDelay = 1_000
const exportTimeout = 2_000

/** Traces over OTLP/HTTP. The SDK is loaded here, so only if traces are configured. */
export async function makeTracing({ providers: { otlp }, ...settings }: TracingSettings, version: string): Promise<Tracing> {
  const [sdk, { OTLPTraceExporter }, { resourceFromAttributes }, { W3CTraceContextPropagator }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/core'),
  ])
  const { server_url: server, authorization_header: authorization, insecure, sampling } = otlp
  const exporter = new OTLPTraceExporter({
    url: `${originOf(server ?? '', insecure)}/v1/traces`,
    timeoutMillis: exportTimeout,
    ...(authorization !== undefined && { headers: { authorization } }),
  })
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': settings.service_name,
      'service.version': version,
      ...(settings.deployment_environment !== undefined && { 'deployment.environment.name': settings.deployment_environment }),
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(sampling.sampling_ratio) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: exportDelay, exportTimeoutMillis: exportTimeout })],
  })
  const propagator = new W3CTraceContextPropagator()
  return spansOf(provider.getTracer('clientele', version), {
    parentOf: (headers) => propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter),
    close: () => provider.shutdown().catch(() => {}),
  })
}

const originOf = (server: string, insecure: boolean): string =>
  (server.includes('://') ? server : `${insecure ? 'http' : 'https'}://${server}`).replace(/\/$/, '')

function spansOf(tracer: Tracer, { parentOf, close }: { parentOf: (headers: object) => Context; close: () => Promise<void> }): Tracing {
  const around = new AsyncLocalStorage<Context>()
  return {
    async trace(part, work, facts = {}) {
      const context = around.getStore()
      // Work outside a request (a job, the start) has no trace.
      if (!context) return work()
      const span = tracer.startSpan(part, { attributes: facts }, context)
      try {
        return await around.run(spans.setSpan(context, span), work)
      } catch (error) {
        fail(span, error)
        throw error
      } finally {
        span.end()
      }
    },
    request({ listener, method, traceparent, tracestate }) {
      const parent = parentOf({ ...(traceparent !== undefined && { traceparent }), ...(tracestate !== undefined && { tracestate }) })
      const attributes = { 'http.request.method': method, 'clientele.listener': listener }
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent)
      const context = spans.setSpan(parent, span)
      return {
        run: (work) => around.run(context, work),
        end({ route, status }) {
          span.updateName(`${method} ${route}`)
          span.setAttributes({ 'http.route': route, 'http.response.status_code': status })
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
    close,
  }
}

/** Records only the kind of an error: its message may contain what a caller sent. */
function fail(span: Span, error: unknown): void {
  const type = (error as { reason?: { kind?: string } } | undefined)?.reason?.kind ?? (error as Error | undefined)?.name ?? 'unknown'
  span.setStatus({ code: SpanStatusCode.ERROR })
  span.setAttribute('error.type', type)
}
