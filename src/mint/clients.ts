import {
  STSClient,
  type AssumeRoleCommand,
  type AssumeRoleCommandOutput,
  type STSClientConfig,
} from '@aws-sdk/client-sts'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** The broker's own AWS credentials, given by hand instead of found by the SDK's default chain. */
export type OwnCredentials = NonNullable<STSClientConfig['credentials']>

export interface ClientOptions {
  /** Where the default chain looks up the broker's own credentials, when it must ask AWS for them. */
  readonly region?: string
  /** Replaces AWS's own address of STS in every region; else `AWS_ENDPOINT_URL_STS`, which the SDK reads. */
  readonly endpoint?: string
  readonly credentials?: OwnCredentials
}

/** One call on its way. */
interface Call {
  readonly signal: AbortSignal
  /** Told as the last thing before the socket: what fails earlier has certainly made no session. Throws to stop it. */
  readonly leaving: (request: unknown) => void
}

/** SDK clients, one a region: endpoint and signature both belong to it. */
export interface Clients {
  /** Sends a command to a region. */
  readonly send: (region: string, command: AssumeRoleCommand, call: Call) => Promise<AssumeRoleCommandOutput>
  /** The broker's own credentials, as the SDK resolves them. Rejects when there are none. */
  readonly own: () => Promise<{ readonly sessionToken?: string | undefined }>
  readonly close: () => void
}

/** At 80 ms an answer the SDK's default of 50 sockets caps a process at 600 sessions a second. */
const maxSockets = 512

/** Milliseconds for the TCP connection alone. */
const connectionTimeout = 2_000

/** Bytes. An answer of AssumeRole takes about three thousand; tokens have no documented maximum. */
const longestAnswer = 256 * 1_024

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/** Collects a body, but never more than `longestAnswer` of it: what answers may not be STS at all. */
async function collectBounded(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    size += chunk.length
    if (size > longestAnswer) throw new Error('answer too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Makes SDK clients as they are needed, all on one pool of kept-alive sockets and one set of the broker's
 * own credentials. The SDK neither retries nor logs: both are decided here, once.
 *
 * The SDK puts the steps of a call together anew for each that has options or steps of its own, which takes a quarter
 * of its time. So a call has none: its step is the client's, and finds it by the command's input, which the SDK hands
 * on as it is; the socket's end finds it by the request.
 */
export function createClients({ region, endpoint, credentials }: ClientOptions): Clients {
  const sockets = { keepAlive: true, maxSockets }
  const calls = new WeakMap<object, Call>()
  const handler = new NodeHttpHandler({
    connectionTimeout,
    httpAgent: sockets,
    httpsAgent: sockets,
    logger: silent,
  })
  const aborting: STSClientConfig['requestHandler'] = {
    metadata: handler.metadata,
    handle: (...[request, options]: Parameters<NodeHttpHandler['handle']>) => {
      const abortSignal = calls.get(request)?.signal
      return handler.handle(request, { ...options, ...(abortSignal && { abortSignal }) })
    },
    updateHttpClientConfig: (name, value) => handler.updateHttpClientConfig(name, value),
    httpHandlerConfigs: () => handler.httpHandlerConfigs(),
  }
  const shared = {
    maxAttempts: 1,
    retryMode: 'standard',
    logger: silent,
    streamCollector: collectBounded,
    requestHandler: aborting,
    cacheMiddleware: true,
    ...(endpoint === undefined ? {} : { endpoint }),
  } satisfies STSClientConfig
  const home = new STSClient({
    ...shared,
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const byRegion = new Map<string, STSClient>()
  function of(region: string): STSClient {
    const known = byRegion.get(region)
    if (known) return known
    const made = new STSClient({ ...shared, region, credentials: home.config.credentials })
    made.middlewareStack.add(
      (next) => (args) => {
        const call = calls.get(args.input)
        if (!call) throw new Error('a call that nobody knows')
        call.leaving(args.request)
        calls.set(args.request as object, call)
        return next(args)
      },
      { step: 'deserialize', priority: 'low', name: 'leaving' },
    )
    byRegion.set(region, made)
    return made
  }
  return {
    send(region, command, call) {
      calls.set(command.input, call)
      return of(region).send(command)
    },
    own: () => home.config.credentials(),
    close: () => handler.destroy(),
  }
}
