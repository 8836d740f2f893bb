import type { FastifyRequest } from 'fastify'
import { Fault } from '../fault.js'
import type { Call } from '../grant/broker.js'
import type { Caller, Identity } from '../identity/caller.js'
import type { Lifetime } from '../identity/claims.js'
import { clientAddress } from '../identity/client-address.js'
import type { Range } from '../identity/network.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What is known of who calls: the address first, the person once their token is verified. */
    origin: { readonly address: string; readonly caller?: Caller } | null
  }
}

/** Verifies a request's token. Refuses with `unauthenticated` or `keys_unavailable`. */
type Identify = (request: FastifyRequest) => Promise<Identity & Lifetime>

/** What else is known of a verified caller at this moment, and what is to be kept of them. Never rejects. */
export type Recognise = (caller: Caller) => Promise<Caller>

/** What is done with a request before any of its body is read. Throws to refuse it. */
export type Step = (request: FastifyRequest) => Promise<void>

/** Finds out where a request comes from, through trusted proxies only. */
export const locate =
  (trusted: readonly Range[]): Step =>
  async (request) => {
    const address = clientAddress(request.raw.socket.remoteAddress, forwardedFor(request), trusted)
    request.origin = { address }
  }

/** As `locate`, for what anybody may call: a proxy's own health checks come without X-Forwarded-For. */
export const locateAnybody =
  (trusted: readonly Range[]): Step =>
  async (request) =>
    locate(forwardedFor(request).length > 0 ? trusted : [])(request)

function forwardedFor(request: FastifyRequest): readonly string[] {
  const forwarded = request.raw.headers['x-forwarded-for']
  return forwarded ? [forwarded].flat() : []
}

/**
 * Finds out who calls. `failed` counts a token that does not hold, and only that: whoever shares an address with one
 * who guesses at tokens is not kept out.
 */
export const authenticate =
  (identify: Identify, recognise: Recognise, failed: Step): Step =>
  async (request) => {
    const address = addressOf(request)
    try {
      request.origin = { address, caller: await recognise({ ...(await identify(request)), address }) }
    } catch (error) {
      if (error instanceof Fault && error.code === 'unauthenticated') await failed(request)
      throw error
    }
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
