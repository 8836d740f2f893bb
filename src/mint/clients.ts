import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts'
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

/** SDK clients, one a region: endpoint and signature both belong to it. */
interface Clients {
  readonly of: (region: string) => STSClient
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
 */
export function createClients({ region, endpoint, credentials }: ClientOptions): Clients {
  const sockets = { keepAlive: true, maxSockets }
  const shared = {
    maxAttempts: 1,
    retryMode: 'standard',
    logger: silent,
    streamCollector: collectBounded,
    requestHandler: new NodeHttpHandler({
      connectionTimeout,
      httpAgent: sockets,
      httpsAgent: sockets,
      logger: silent,
    }),
    ...(endpoint === undefined ? {} : { endpoint }),
  } satisfies STSClientConfig
  const home = new STSClient({
    ...shared,
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const byRegion = new Map<string, STSClient>()
  return {
    of(name) {
      const known = byRegion.get(name)
      if (known) return known
      const made = new STSClient({ ...shared, region: name, credentials: home.config.credentials })
      byRegion.set(name, made)
      return made
    },
    own: () => home.config.credentials(),
    close: () => shared.requestHandler.destroy(),
  }
}
