// The package brings no types; this much of it is used here.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export interface Client {
    readonly clientId: string
  }

  export interface Token {
    readonly kind: string
    readonly accountId?: string
    readonly clientId: string
  }

  export interface SignInRequest {
    readonly accountId: string
    readonly clientId: string
  }

  interface Grant {
    addOIDCScope(scope: string): void
    addResourceScope(resource: string, scope: string): void
    save(): Promise<string>
  }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    readonly Grant: new (of: { accountId: string; clientId: string }) => Grant
    backchannelResult(
      request: SignInRequest,
      grant: string,
      how: { readonly amr: readonly string[]; readonly authTime: number },
    ): Promise<void>
  }
}
