import { constants, createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { algorithms } from '../../src/identity/issuer.js'
import type { Algorithm, Issuer } from '../../src/identity/issuer.js'
import type { Clock } from '../../src/time.js'

/** A key pair of the provider. */
export interface ProviderKey {
  readonly kid: string
  readonly alg: Algorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** As it stands in the JWK set. */
  readonly jwk: Readonly<Record<string, unknown>>
}

export interface SignOptions {
  /** Of the header and of the signature: any asymmetric one, `HS256`, or `none`. Default: that of the key. */
  readonly alg?: string
  /** Members of the header, over `alg`, `kid` and `typ`; undefined removes one. */
  readonly header?: Readonly<Record<string, unknown>>
  /** Default: the newest key of the provider. For `HS256` the secret. */
  readonly key?: ProviderKey | string
  /** The header's JSON as it is, for what no object can say. */
  readonly rawHeader?: string
}

/** How a document is answered: as it should be, as something broken, or with what is given. */
export type Answer =
  'ok' | 'fail' | 'hang' | 'drip' | 'huge' | 'redirect' | 'garbage' | { readonly body: unknown }

export interface IdentityProvider {
  readonly issuer: string
  /** How often each document was asked for. */
  readonly hits: { discovery: number; jwks: number }
  /** What is answered from now on. */
  readonly answers: { discovery: Answer; jwks: Answer }
  /** The published keys, newest last. Change it to publish others. */
  keys: readonly ProviderKey[]
  /** Publishes one new key in place of all the others, and signs with it. */
  rotate(alg?: Algorithm): ProviderKey
  /** A valid access token for Stint, of one hour from now; claims over the default ones, undefined removes one. */
  token(claims?: Readonly<Record<string, unknown>>, options?: SignOptions): string
  /** The same as an ID token. */
  idToken(claims?: Readonly<Record<string, unknown>>, options?: SignOptions): string
  /** Signs anything: claims, or the payload's text as it is. */
  sign(payload: Readonly<Record<string, unknown>> | string, options?: SignOptions): string
  /** What Stint's configuration would say of this provider. */
  config(changes?: Partial<Issuer>): Issuer
  close(): Promise<void>
}

/**
 * An OpenID provider with real keys on a free port of 127.0.0.1: discovery, JWK set, and tokens of every kind,
 * among them those that no honest provider would sign.
 */
export async function startIdentityProvider(options: { now?: Clock } = {}): Promise<IdentityProvider> {
  const now = options.now ?? Date.now
  const hits = { discovery: 0, jwks: 0 }
  const answers: IdentityProvider['answers'] = { discovery: 'ok', jwks: 'ok' }
  let made = 0
  const makeKey = (alg: Algorithm) => newKey(alg, `key-${(made += 1)}`)

  const server = createServer((request, response) => {
    if (request.url === '/.well-known/openid-configuration') {
      hits.discovery += 1
      reply(response, answers.discovery, { issuer, jwks_uri: `${issuer}/jwks` })
    } else if (request.url === '/jwks') {
      hits.jwks += 1
      reply(response, answers.jwks, { keys: provider.keys.map((key) => key.jwk) })
    } else if (request.url === '/moved') {
      reply(response, 'ok', { keys: provider.keys.map((key) => key.jwk) })
    } else {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const claimsOf = (changes: Readonly<Record<string, unknown>>) => {
    const iat = Math.floor(now() / 1_000)
    return { iss: issuer, aud: 'stint', sub: 'ana', groups: [], iat, exp: iat + 3_600, ...changes }
  }

  const provider: IdentityProvider = {
    issuer,
    hits,
    answers,
    keys: [makeKey('ES256')],
    rotate(alg = 'ES256') {
      const key = makeKey(alg)
      provider.keys = [key]
      return key
    },
    token: (claims = {}, signing = {}) =>
      provider.sign(claimsOf(claims), { ...signing, header: { typ: 'at+jwt', ...signing.header } }),
    idToken: (claims = {}, signing = {}) =>
      provider.sign(claimsOf(claims), { ...signing, header: { typ: 'JWT', ...signing.header } }),
    sign(payload, { alg, header, key = provider.keys.at(-1)!, rawHeader } = {}) {
      const kid = typeof key === 'string' ? undefined : key.kid
      const algorithm = alg ?? (typeof key === 'string' ? 'HS256' : key.alg)
      const head = rawHeader ?? JSON.stringify({ alg: algorithm, kid, ...header })
      const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
      const input = `${encode(head)}.${encode(body)}`
      return `${input}.${signatureOf(input, algorithm, key)}`
    },
    config: (changes = {}) => ({
      issuer,
      directory: issuer,
      kind: 'person',
      token: 'access',
      types: [],
      audience: 'stint',
      clients: [],
      claims: { subject: 'sub', groups: 'groups', keep: [] },
      require: {},
      algorithms,
      maxAge: 24 * 3_600_000,
      ...changes,
    }),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
  return provider
}

const encode = (text: string): string => Buffer.from(text).toString('base64url')

/** A new pair that the JWK set would name so. */
export function newKey(alg: Algorithm, kid: string): ProviderKey {
  const { privateKey, publicKey } = generate(alg)
  return {
    kid,
    alg,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
  }
}

function generate(alg: Algorithm) {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  const namedCurve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg as string]
  return namedCurve
    ? generateKeyPairSync('ec', { namedCurve })
    : generateKeyPairSync('rsa', { modulusLength: 2_048 })
}

function signatureOf(input: string, alg: string, key: ProviderKey | string): string {
  if (alg === 'none') return ''
  const bytes = Buffer.from(input)
  const hash = `sha${alg.slice(2)}`
  if (typeof key === 'string') return createHmac(hash, key).update(bytes).digest('base64url')
  const { privateKey } = key
  if (alg === 'EdDSA') return signBytes(null, bytes, privateKey).toString('base64url')
  if (alg.startsWith('ES'))
    return signBytes(hash, bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  const padding = alg.startsWith('PS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return signBytes(hash, bytes, { key: privateKey, padding, saltLength }).toString('base64url')
}

function reply(response: ServerResponse, answer: Answer, document: unknown): void {
  const json = (status: number, body: string) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  if (answer === 'hang') return
  if (answer === 'drip') {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    return
  }
  if (answer === 'fail') json(503, JSON.stringify(document))
  else if (answer === 'redirect') response.writeHead(302, { location: '/moved' }).end()
  else if (answer === 'garbage') json(200, '<html>Sign in</html>')
  else if (answer === 'huge')
    json(200, JSON.stringify({ ...(document as object), padding: 'x'.repeat(200_000) }))
  else json(200, typeof answer === 'object' ? JSON.stringify(answer.body) : JSON.stringify(document))
}
