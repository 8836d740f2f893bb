import type { CallerKind } from './caller.js'

/** A trusted OIDC issuer, as configured. Compiled once; never chosen by a token. */
export interface Issuer {
  /** The issuer's URL; equals the `iss` of its tokens exactly. */
  readonly issuer: string
  /** Stands before each subject: the issuer's URL, or a short name shared by issuers of the same people. */
  readonly directory: string
  readonly kind: CallerKind
  /** Which of the issuer's tokens is taken. An ID token is never taken for an access token or back. */
  readonly token: 'access' | 'id'
  /** Accepted values of the header's `typ`, lower case, without `application/`; empty: as `token` implies. */
  readonly types: readonly string[]
  readonly audience: string
  /** Accepted `azp` / `client_id`; empty: any. */
  readonly clients: readonly string[]
  readonly claims: {
    readonly subject: string
    readonly groups?: string
    readonly actor?: string
    /** Further claims kept for rules (`caller.claims.<name>`). */
    readonly keep: readonly string[]
  }
  /**
   * Who the actors of workloads are among the persons: the directory whose subjects they are and whether these are
   * e-mail addresses, or a canonical subject for each name. Without it, and for other names, an actor is known to
   * be no person's subject. `none`: nobody is behind the runs, and no claim names an actor.
   */
  readonly actors?:
    | 'none'
    | { readonly directory: string; readonly email: boolean }
    | { readonly names: Readonly<Record<string, string>> }
  /** Claims that must have exactly this value (or one of these). */
  readonly require: Readonly<Record<string, readonly (string | number | boolean)[]>>
  /** Asymmetric signature algorithms accepted. */
  readonly algorithms: readonly Algorithm[]
  /** Where the keys are, when the issuer has no discovery document. */
  readonly jwks?: string
  /** The longest time a token may live, in milliseconds; older `iat` is refused. */
  readonly maxAge: number
}

export const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const
export type Algorithm = (typeof algorithms)[number]
