import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startIdentityProvider, type IdentityProvider } from '../../test/support/identity-provider.js'
import { table, usualRules } from '../../test/support/stint.js'
import type { BrokerMessage, BrokerState } from './broker.js'
import { startChild, type Child } from './child.js'
import type { Load, Loaded } from './load.js'
import type { StsMessage, StsState } from './sts.js'

/** What an engineer's ask says, narrowed as the command line narrows it. */
const ask = {
  role: 'orders-debug',
  reason: 'order 42 is stuck in checkout',
  window: '30m',
  resources: [table('orders')],
}

/** As many people as ask in turn, each with one token of the usual kind. */
const people = 100

interface RigOptions {
  /** Where the record is, if not in a file of its own. */
  readonly store?: string
  /** Of Node, for the broker. */
  readonly flags?: readonly string[]
}

/** All processes that a measurement of Stint needs, and nothing else of the machine. */
export interface Rig {
  readonly url: string
  readonly sts: (message?: StsMessage) => Promise<StsState>
  readonly broker: (message?: BrokerMessage) => Promise<BrokerState>
  readonly load: (load: Omit<Load, 'urls'> & { readonly urls?: readonly string[] }) => Promise<Loaded>
  /** Whole requests, one for each of the people. */
  readonly asks: (path: string) => readonly string[]
  readonly gets: (path: string, as?: 'auditor') => readonly string[]
  /** One more broker on the same store, issuers and STS. */
  readonly another: () => Promise<{ readonly url: string } & Pick<Child, 'close'>>
  close(): Promise<void>
}

export async function startRig({ store, flags = [] }: RigOptions = {}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'stint-bench-'))
  const idp = await startIdentityProvider()
  idp.rotate('RS256')
  const sts = startChild('sts')
  const broker = startChild('broker', flags)
  const load = startChild('load')
  const children = [load, broker, sts]
  const { url: stsUrl } = await sts.ask<StsState>({})
  const start = {
    config: fileOf(idp),
    env: {
      STINT_LISTEN: '127.0.0.1:0',
      STINT_STORE: store ?? join(folder, 'stint.db'),
      AWS_ENDPOINT_URL_STS: stsUrl,
      AWS_REGION: 'us-east-1',
    },
  }
  const { url } = await broker.ask<BrokerState>({ start })
  const tokens = Array.from({ length: people }, (_, n) =>
    idp.token({ sub: `person-${n}`, groups: ['engineers'] }),
  )
  const auditor = idp.token({ sub: 'auditor', groups: ['audit'] })
  return {
    url,
    sts: (message = {}) => sts.ask(message),
    broker: (message = {}) => broker.ask(message),
    load: (what) => load.ask({ urls: [url], ...what }),
    asks: (path) => tokens.map((token) => request('POST', path, token, ask)),
    gets: (path, as) => (as ? [auditor] : tokens).map((token) => request('GET', path, token)),
    async another() {
      const child = startChild('broker')
      children.unshift(child)
      const state = await child.ask<BrokerState>({ start })
      return { url: state.url, close: child.close }
    },
    async close() {
      for (const child of children) await child.close()
      await idp.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The whole of stint.yaml. */
export const fileOf = ({ issuer }: IdentityProvider): string => `
issuers:
  - issuer: ${issuer}
    directory: corp
    audience: stint
    claims: { subject: sub, groups: groups, keep: [repository] }
trustedProxies: [127.0.0.1/32]
${usualRules}`

function request(method: string, path: string, token: string, body?: object): string {
  const text = body ? JSON.stringify(body) : ''
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: stint.example.com',
    `Authorization: Bearer ${token}`,
    'X-Forwarded-For: 203.0.113.7',
    ...(body ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`] : []),
  ]
  return `${head.join('\r\n')}\r\n\r\n${text}`
}
