import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider, SignInRequest, Token } from 'oidc-provider'
import { listen } from '../test/support/wire.js'
import { people, job, type PersonName } from './people.js'
import { quietly } from './quietly.js'

export interface IdentityProvider {
  /** Issuer of the people's tokens. */
  readonly people: string
  /** Issuer of the CI jobs' tokens. */
  readonly ci: string
  /** Signs a person in, and answers with an access token for Stint. */
  readonly signIn: (name: PersonName) => Promise<string>
  /** An access token of the CI job. */
  readonly startJob: () => Promise<string>
  readonly close: () => Promise<void>
}

/** What tokens are for: RFC 8707 calls it a resource, and it becomes the tokens' audience. */
const resource = 'urn:acme:stint'

/** Seconds; a demo that stays up should last for a working day. */
const tokenLifetime = 8 * 3600

/** OpenID Connect CIBA: the person agrees on their phone, so no browser is needed. */
const byPhone = 'urn:openid:params:grant-type:ciba'

const isPerson = (name: string): name is PersonName => Object.hasOwn(people, name)

/** What both issuers have in common: a key of their own, and JWTs for Stint (RFC 9068). */
const base = () => ({
  jwks: {
    keys: [
      {
        ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
        use: 'sig',
        alg: 'ES256',
        kid: randomBytes(8).toString('hex'),
      },
    ],
  },
  clientDefaults: { id_token_signed_response_alg: 'ES256', redirect_uris: [], response_types: [] },
  ttl: {
    AccessToken: tokenLifetime,
    BackchannelAuthenticationRequest: 60,
    ClientCredentials: tokenLifetime,
    Grant: tokenLifetime,
    IdToken: tokenLifetime,
  },
})

const features = {
  devInteractions: { enabled: false },
  resourceIndicators: {
    enabled: true,
    defaultResource: () => resource,
    useGrantedResource: () => true,
    getResourceServerInfo: () => ({
      scope: 'stint',
      audience: 'stint',
      accessTokenFormat: 'jwt',
      accessTokenTTL: tokenLifetime,
      jwt: { sign: { alg: 'ES256' } },
    }),
  },
}

/** The company's sign-in for people. Whoever is asked to agree on their phone does, at once. */
function peopleProvider(make: typeof Provider, issuer: string, secret: string): Provider {
  const agree = async (_: unknown, request: SignInRequest): Promise<void> => {
    const grant = new provider.Grant({ accountId: request.accountId, clientId: request.clientId })
    grant.addOIDCScope('openid')
    grant.addResourceScope(resource, 'stint')
    const authTime = Math.floor(Date.now() / 1000)
    await provider.backchannelResult(request, await grant.save(), { amr: ['pwd', 'swk'], authTime })
  }
  const provider: Provider = new make(issuer, {
    ...base(),
    clients: [
      {
        client_id: 'acme-laptop',
        client_secret: secret,
        grant_types: [byPhone],
        backchannel_token_delivery_mode: 'poll',
      },
    ],
    findAccount: (_: unknown, name: string) =>
      isPerson(name) ? { accountId: name, claims: () => ({ sub: name }) } : undefined,
    extraTokenClaims: (_: unknown, { accountId = '' }: Token) =>
      isPerson(accountId)
        ? { email: people[accountId].email, email_verified: true, groups: people[accountId].groups }
        : {},
    features: {
      ...features,
      ciba: {
        enabled: true,
        deliveryModes: ['poll'],
        processLoginHint: (_: unknown, name: string) => name,
        validateBindingMessage: () => {},
        validateRequestContext: () => {},
        verifyUserCode: () => {},
        triggerAuthenticationDevice: agree,
      },
    },
  })
  return provider
}

/** The CI system, whose jobs get tokens of their own that name the person behind the run. */
const ciProvider = (make: typeof Provider, issuer: string, secret: string): Provider =>
  new make(issuer, {
    ...base(),
    clients: [{ client_id: job.subject, client_secret: secret, grant_types: ['client_credentials'] }],
    extraTokenClaims: () => job.claims,
    features: { ...features, clientCredentials: { enabled: true } },
  })

/** Asks an issuer as a confidential client would; throws what it answers if that is no success. */
async function post(url: string, client: string, secret: string, form: Record<string, string>) {
  const basic = Buffer.from(`${encodeURIComponent(client)}:${secret}`).toString('base64')
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams(form),
  })
  const said = (await response.json()) as Record<string, string>
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(said)}`)
  return (field: string): string => said[field] ?? ''
}

/** Two OIDC issuers on one free port of loopback: the npm package `oidc-provider`, with keys made now. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>>()
  const server = await listen(async (request, response) => {
    const [, mount = '', path = '/'] = /^(\/[a-z]+)(\/.*)$/.exec(request.url ?? '') ?? []
    const handle = handlers.get(mount)
    if (!handle) return void response.writeHead(404).end()
    // oidc-provider makes its endpoints' addresses from what was cut off here, as under Express.
    Object.assign(request, { originalUrl: request.url, url: path })
    await handle(request, response)
  })
  const issuers = { people: `${server.url}/people`, ci: `${server.url}/ci` }
  const secret = randomBytes(24).toString('base64url')
  await quietly(async () => {
    const { Provider: make } = await import('oidc-provider')
    handlers.set('/people', peopleProvider(make, issuers.people, secret).callback())
    handlers.set('/ci', ciProvider(make, issuers.ci, secret).callback())
  })
  return {
    ...issuers,
    async signIn(name) {
      const asked = { scope: 'openid stint', login_hint: name }
      const begun = await post(`${issuers.people}/backchannel`, 'acme-laptop', secret, asked)
      const agreed = { grant_type: byPhone, auth_req_id: begun('auth_req_id') }
      return (await post(`${issuers.people}/token`, 'acme-laptop', secret, agreed))('access_token')
    },
    async startJob() {
      const asked = { grant_type: 'client_credentials', scope: 'stint' }
      return (await post(`${issuers.ci}/token`, job.subject, secret, asked))('access_token')
    },
    close: server.close,
  }
}
