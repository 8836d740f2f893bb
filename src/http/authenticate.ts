import type { FastifyRequest } from 'fastify'
import { Fault } from '../fault.js'
import type { Call } from '../grant/broker.js'
import type { Caller, Identity } from '../identity/caller.js'
import { clientAddress } from '../identity/client-address.js'
import type { Range } from '../identity/network.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What is known of who calls: the address first, the person once their token is verified. */
    origin: { readonly address: string; readonly caller?: Caller } | null
  }
}

/** Verifies a request's token. Refuses with `unauthenticated` or `keys_unavailable`. */
export type Identify = (request: FastifyRequest) => Promise<Identity & Pick<Caller, 'expiresAt'>>

/** Finds out where a request comes from, through trusted proxies only. */
export const locate = (trusted: readonly Range[]) => async (request: FastifyRequest) => {
  const forwarded = request.raw.headers['x-forwarded-for']
  const address = clientAddress(
    request.raw.socket.remoteAddress,
    forwarded ? [forwarded].flat() : [],
    trusted,
  )
  request.origin = { address }
}

/** Finds out who calls. Runs before the body is read. */
export const authenticate = (identify: Identify) => async (request: FastifyRequest) => {
  const address = addressOf(request)
  request.origin = { address, caller: { ...(await identify(request)), address } }
}

export function addressOf({ origin }: FastifyRequest): string {
  if (!origin) throw new Fault('internal', 'The address was not looked at.')
  return origin.address
}

/** The verified caller. A route that forgot to authenticate has none, and fails. */
export function callerOf({ origin }: FastifyRequest): Caller {
  if (!origin?.caller) throw new Fault('unauthenticated', 'Sign in first.')
  return origin.caller
}

export const callOf = (request: FastifyRequest): Call => ({ caller: callerOf(request), request: request.id })
