import { isSafeUrl } from '../identity/fetch-json.js'
import type { Environment } from './environment.js'
import type { ConfigFault } from './fault.js'

/** Where spans go: a collector that takes OTLP over HTTP. */
export interface TracesWiring {
  readonly url: string
}

/**
 * Reads the variables that OpenTelemetry has for every program (its specification, "OTLP exporter" and "general SDK
 * configuration"); undefined where no spans are to be made. What else they say of sampling, names and headers the SDK
 * reads itself.
 */
export function readTraces(env: Environment, note: (fault: ConfigFault) => void): TracesWiring | undefined {
  // By that specification an empty variable is none.
  const of = (name: string): string | undefined => env[name] || undefined
  if (of('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || of('OTEL_TRACES_EXPORTER') === 'none')
    return undefined
  const own = of('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
  const shared = of('OTEL_EXPORTER_OTLP_ENDPOINT')
  const endpoint = own ?? shared
  if (endpoint === undefined) return undefined
  const path = own === undefined ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'

  const protocol = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'].find(
    (name) => of(name) === 'grpc',
  )
  if (protocol !== undefined)
    note({
      path: protocol,
      message: 'must not be grpc: spans are sent by HTTP, to port 4318 of most collectors',
    })
  if (!isCollector(endpoint))
    note({ path, message: 'must be an http or https URL without credentials and query' })
  const headers = of('OTEL_EXPORTER_OTLP_TRACES_HEADERS') ?? of('OTEL_EXPORTER_OTLP_HEADERS')
  if (headers !== undefined && !isSafeUrl(endpoint))
    note({ path, message: 'must be an https URL (http on loopback only): the headers for it travel over it' })
  return { url: own ?? `${endpoint.replace(/\/+$/, '')}/v1/traces` }
}

/** Spans hold no secret, so a collector beside Stint may be spoken to without encryption. */
function isCollector(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && username + password + search + hash === ''
}
