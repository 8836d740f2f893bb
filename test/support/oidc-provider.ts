import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The parts of `oidc-provider` (which brings no types) that are used here. */
interface Provider {
  callback(): RequestListener
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  on(event: string, heard: (...args: never[]) => void): void
}
interface Context {
  readonly oidc: {
    readonly provider: { Grant: new (of: object) => Grant }
    readonly client: { clientId: string }
    readonly session: { accountId: string }
  }
}
interface Grant {
  addOIDCScope(scope: string): void
  addResourceScope(resource: string, scope: string): void
  save(): Promise<string>
}

export interface OidcProvider {
  readonly issuer: string
  readonly clientId: string
  /** What the access token is for; its audience. */
  readonly resource: string
  /** How often the token endpoint was asked, by grant type. */
  readonly asked: Record<string, number>
  /** Seconds that an access token of the next moment lives. */
  lifetime: number
  close(): Promise<void>
}

/** The real `oidc-provider` on loopback, with one public client, in which `ana` signs in without typing anything. */
export async function startOidcProvider(): Promise<OidcProvider> {
  const { Provider } = (await import('oidc-provider' as string)) as {
    Provider: new (issuer: string, configuration: object) => Provider
  }
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [clientId, resource] = ['stint-cli', 'https://stint.example.com']
  const scope = 'openid offline_access'
  const handle: OidcProvider = {
    issuer,
    clientId,
    resource,
    asked: {},
    lifetime: 3_600,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
    ],
    cookies: { keys: ['of', 'a', 'test'] },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    extraTokenClaims: () => ({ groups: ['engineers'] }),
    loadExistingGrant: async ({ oidc }: Context) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      })
      grant.addOIDCScope(scope)
      grant.addResourceScope(resource, scope)
      await grant.save()
      return grant
    },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          audience: 'stint',
          accessTokenFormat: 'jwt',
          accessTokenTTL: handle.lifetime,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: { AccessToken: () => handle.lifetime },
  })
  const callback = provider.callback()
  provider.on('grant.success', ((context: { oidc: { params: { grant_type: string } } }) => {
    const kind = context.oidc.params.grant_type.split(':').at(-1)!
    handle.asked[kind] = (handle.asked[kind] ?? 0) + 1
  }) as never)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith('/interaction/')) return void callback(request, response)
    const result = { login: { accountId: 'ana' }, consent: {} }
    void provider.interactionFinished(request, response, result).catch(() => response.destroy())
  })
  return handle
}

/** A browser with cookies that follows redirects; resolves to the last page. */
export function createBrowser() {
  const cookies = new Map<string, string>()
  return async function visit(
    url: string,
    form?: Readonly<Record<string, string>>,
  ): Promise<{ url: string; text: string }> {
    let [target, body] = [url, form]
    for (let hops = 0; hops < 12; hops += 1) {
      const response = await fetch(target, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(body && { method: 'POST', body: new URLSearchParams(body) }),
      })
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        if (value) cookies.set(name, value)
        else cookies.delete(name)
      }
      const next = response.headers.get('location')
      const text = await response.text()
      if (next === null) return { url: target, text }
      ;[target, body] = [new URL(next, target).href, undefined]
    }
    throw new Error('the browser is sent round and round')
  }
}
